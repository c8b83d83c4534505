"""HPL.dat: written and read again, read as netlib reads it, and refused with its line."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels._support.hpl_dat import (
    BROADCASTS,
    FACTORISATIONS,
    LINES,
    MPI_BROADCAST,
    ORDERS,
    SWAPS,
    HplDat,
    HplDatError,
    Variant,
    read,
    variant,
    write,
)
from kernels.contract import IllegalParameter

# The file that comes with netlib HPL 2.3, values and comments.
NETLIB = """\
HPLinpack benchmark input file
Innovative Computing Laboratory, University of Tennessee
HPL.out      output file name (if any)
6            device out (6=stdout,7=stderr,file)
4            # of problems sizes (N)
29 30 34 35  Ns
4            # of NBs
1 2 3 4      NBs
0            PMAP process mapping (0=Row-,1=Column-major)
3            # of process grids (P x Q)
2 1 4        Ps
2 4 1        Qs
16.0         threshold
3            # of panel fact
0 1 2        PFACTs (0=left, 1=Crout, 2=Right)
2            # of recursive stopping criterium
2 4          NBMINs (>= 1)
1            # of panels in recursion
2            NDIVs
3            # of recursive panel fact.
0 1 2        RFACTs (0=left, 1=Crout, 2=Right)
1            # of broadcast
0            BCASTs (0=1rg,1=1rM,2=2rg,3=2rM,4=Lng,5=LnM)
1            # of lookahead depth
0            DEPTHs (>=0)
2            SWAP (0=bin-exch,1=long,2=mix)
64           swapping threshold
0            L1 in (0=transposed,1=no-transposed) form
0            U  in (0=transposed,1=no-transposed) form
1            Equilibration (0=no,1=yes)
8            memory alignment in double (> 0)
"""


def _several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, min_size=1, max_size=20).map(tuple)


def _integers(least: int) -> st.SearchStrategy[tuple[int, ...]]:
    return _several(st.integers(least, 99_999_999))


FILES = st.builds(
    HplDat,
    ns=_integers(0),
    nbs=_integers(1),
    grids=_several(st.tuples(st.integers(1, 9999), st.integers(1, 9999))),
    order=st.sampled_from(ORDERS),
    threshold=st.floats(min_value=0.0, exclude_min=True, allow_infinity=False),
    pfacts=_several(st.sampled_from(FACTORISATIONS)),
    nbmins=_integers(1),
    ndivs=_integers(2),
    rfacts=_several(st.sampled_from(FACTORISATIONS)),
    bcasts=_several(st.sampled_from(BROADCASTS)),
    depths=_integers(0),
    swap=st.sampled_from(SWAPS),
    swap_threshold=st.integers(0, 99_999_999),
    l1_transposed=st.booleans(),
    u_transposed=st.booleans(),
    equilibration=st.booleans(),
    alignment=st.integers(1, 4096),
)


def _with(line: int, text: str) -> str:
    """Netlib's file with another line."""
    lines = NETLIB.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


@given(FILES)
def test_what_is_written_is_read_again(values: HplDat) -> None:
    text = write(values)
    assert text.count("\n") == 31
    assert read(text) == values


def test_the_file_of_netlib() -> None:
    assert read(NETLIB) == HplDat(
        ns=(29, 30, 34, 35),
        nbs=(1, 2, 3, 4),
        grids=((2, 2), (1, 4), (4, 1)),
        pfacts=("left", "crout", "right"),
        nbmins=(2, 4),
        rfacts=("left", "crout", "right"),
        bcasts=("1rg",),
        depths=(0,),
    )
    assert read(NETLIB.replace("\n", "\r\n")) == read(NETLIB)
    assert read(NETLIB + "0 lines of hpcc follow\n") == read(NETLIB)


def test_combinations_in_the_order_of_netlibs_loops() -> None:
    tests = list(read(NETLIB).combinations())
    assert len(tests) == 3 * 4 * 4 * 3 * 2 * 3
    assert tests[0] == {
        "p": 2, "q": 2, "order": "row", "n": 29, "nb": 1, "depth": 0, "bcast": "1rg",
        "rfact": "left", "pfact": "left", "nbmin": 2, "ndiv": 2,
        "swap": "mix", "swap_threshold": 64,
    }  # fmt: skip
    fastest = ["nbmin", "pfact", "rfact", "nb", "n", "p"]
    changed = [
        next(i for i, test in enumerate(tests) if test[name] != tests[0][name]) for name in fastest
    ]
    assert changed == [1, 2, 6, 18, 72, 288]


def test_values_are_those_that_the_count_asks_for() -> None:
    text = _with(5, "1").replace("29 30 34 35  Ns", "29 30 34 35")
    assert read(text).ns == (29,)
    assert read(_with(13, "1.6e1")).threshold == 16.0
    assert read(_with(6, " 29 30 34 35")).ns == (29, 30, 34, 35)
    assert read(_with(2, "")) == read(NETLIB)


@pytest.mark.parametrize(
    ("line", "text", "found"),
    [
        (5, "0  # of problem sizes", "'0'"),
        (5, "21 # of problem sizes", "'21'"),
        (6, "29 30 34 Ns", "'29 30 34 Ns'"),
        (6, "29 30 34", "'29 30 34'"),
        (6, "29 30 34 1d4 Ns", "'29 30 34 1d4'"),
        (6, "29 -30 34 35 Ns", "'-30'"),
        (6, "29 3e4 34 35 Ns", "'3e4'"),
        (6, "   29 30 34 35", "'30' at a distance at which netlib HPL reads '29'"),
        (6, "29    30 34 35", "'34' at a distance at which netlib HPL reads '30'"),
        (6, "", "''"),
        (6, "29 30 34 35 " + "x" * 250, "262 characters"),
        (6, "29 30 34 2147483648", "'2147483648'"),
        (8, "0 2 3 4 NBs", "'0'"),
        (
            9,
            "3 # of process grids (P x Q)",
            "no process mapping, but '3 # of process grids (p x q)'",
        ),
        (9, "2  PMAP", "2"),
        (11, "2 1 0 Ps", "'0'"),
        (13, "-16.0 threshold", "threshold '-16.0'"),
        (13, "0.0", "threshold '0.0'"),
        (13, "1.6d1", "threshold '1.6d1'"),
        (13, "inf", "threshold 'inf'"),
        (13, "", "nothing"),
        (15, "0 1 3 PFACTs", "3"),
        (19, "1 NDIVs", "'1'"),
        (23, "6 BCASTs", "6"),
        (25, "-1 DEPTHs", "'-1'"),
        (26, "3 SWAP", "3"),
        (27, "-1 swapping threshold", "'-1'"),
        (27, "sixty", "'sixty'"),
    ],
)
def test_an_illegal_line_is_named(line: int, text: str, found: str) -> None:
    with pytest.raises(HplDatError) as error:
        read(_with(line, text), "some/HPL.dat")
    assert (error.value.name, error.value.line) == ("some/HPL.dat", line)
    assert error.value.found == found
    assert error.value.known
    assert f"some/HPL.dat:{line}: " in str(error.value)


@pytest.mark.parametrize("lines", [0, 1, 5, 26])
def test_a_file_that_ends_too_early(lines: int) -> None:
    text = "\n".join(NETLIB.splitlines()[:lines])
    with pytest.raises(HplDatError, match=f"the file ends after {max(lines, 1)} lines"):
        read(text)


@pytest.mark.parametrize("lines", [27, 28, 29, 30])
def test_the_last_lines_may_be_missing_as_with_netlib(lines: int) -> None:
    found = read("\n".join(NETLIB.splitlines()[:lines]))
    # L1, U, equilibration, alignment: netlib has its last line again, 64, 0, 0 and 1.
    last = {27: (True, 64), 28: (False, 4), 29: (False, 4), 30: (True, 1)}[lines]
    assert (found.equilibration, found.alignment) == last
    assert dataclasses.replace(found, equilibration=True, alignment=8) == read(NETLIB)


def test_values_without_effect_are_repaired_as_netlib_does() -> None:
    found = read(_with(28, "2").replace("8            memory", "0 memory"))
    assert found.l1_transposed
    assert found.alignment == 4
    assert not read(_with(28, "1")).l1_transposed
    assert not read(_with(29, "1")).u_transposed


@pytest.mark.parametrize(
    ("change", "name"),
    [({"bcasts": ("1rg", MPI_BROADCAST)}, "bcast"), ({"swap": "none"}, "swap")],
)
def test_a_word_without_a_number_is_not_written(change: dict[str, Any], name: str) -> None:
    with pytest.raises(IllegalParameter) as error:
        write(dataclasses.replace(read(NETLIB), **change))
    assert error.value.name == name


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(HplDatError, match="21"):
        write(dataclasses.replace(read(NETLIB), ns=tuple(range(21))))


VARIANTS = st.builds(
    Variant,
    order=st.sampled_from(ORDERS),
    depth=st.integers(0, 20),
    bcast=st.sampled_from((*BROADCASTS, MPI_BROADCAST)),
    rfact=st.sampled_from(FACTORISATIONS),
    ndiv=st.integers(2, 100),
    pfact=st.sampled_from(FACTORISATIONS),
    nbmin=st.integers(1, 1000),
)


@given(VARIANTS)
def test_the_variant_of_a_code(one: Variant) -> None:
    assert variant(one.code) == one


def test_codes_are_those_of_netlib() -> None:
    one = Variant("row", 1, "1rM", "crout", 2, "right", 4)
    assert one.code == "WR11C2R4"
    assert dataclasses.replace(one, order="column", bcast=MPI_BROADCAST).code == "WC16C2R4"


@pytest.mark.parametrize("text", ["", "WR11C2R", "WX11C2R4", "WR17C2R4", "WR11C2R4 1000"])
def test_other_texts_are_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="WR11C2R4"):
        variant(text)


def test_lines_are_those_of_the_file() -> None:
    lines = NETLIB.splitlines()
    words = {"n": "Ns", "nb": "NBs", "order": "PMAP", "p": "Ps", "q": "Qs", "bcast": "BCASTs"}
    assert all(words[name] in lines[LINES[name] - 1] for name in words)
