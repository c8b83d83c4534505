"""xhpl: its HPL.dat, and its table; the recorded outputs are those of netlib HPL 2.3."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels._support import hpl_dat
from kernels.contract import IllegalParameter, Value
from kernels.external.xhpl.kernel import Xhpl
from kernels.program import UnclearOutput

DATA = Path(__file__).parent / "data"
CASE: dict[str, Value] = {"n": 500, "nb": 64, "p": 1, "q": 2}
RECORDED: dict[str, tuple[dict[str, Value], int]] = {"xhpl-500-1x2.txt": (CASE, 2)}


def _without(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"^.*{pattern}.*\n", "", text, flags=re.MULTILINE)


def _with(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


CORRUPTIONS: dict[str, Callable[[str], str]] = {
    "failed": _with("PASSED", "FAILED"),
    "neither": _with("PASSED", "PASSE"),
    "residual_nan": _with("4.97290273e-03", "nan"),
    "residual_too_large": _with("4.97290273e-03", "1.70000000e+01"),
    "residual_no_number": _with("4.97290273e-03", "**************"),
    "no_residual": _without("PASSED"),
    "no_result": _without("WR11C2R4"),
    "no_end": _without("End of Tests"),
    "one_failed": _with("0 tests completed and failed", "1 tests completed and failed"),
    "skipped": _with("0 tests skipped", "1 tests skipped"),
    "no_count": _without("tests completed and passed"),
    "two_tests": _with("Finished      1 tests", "Finished      2 tests"),
    "another_algorithm": _with("WR11C2R4", "WR10C2R4"),
    "another_grid": _with("64     1     2 ", "64     2     1 "),
    "an_error": lambda text: text + "HPL ERROR from process # 1, on line 1 of function HPL_x:\n",
}


def rates(text: str) -> list[tuple[str, str]]:
    """Lines with a rate, and the rate."""
    return [(one[0], one[1]) for one in re.finditer(r"^WR11C2R4.* (\S+)$", text, re.MULTILINE)]


def test_the_rate_is_the_printed_one() -> None:
    case = Xhpl(n=500, nb=64, p=1, q=2)
    found = case.parse((DATA / "xhpl-500-1x2.txt").read_text(), 2)
    (phase,) = case.phases()
    value = phase.metric.value(phase.work(2), found.seconds["solve"])
    assert value == pytest.approx(2.7276e10, rel=1e-15)
    assert (found.check.error, found.check.tolerance) == (4.97290273e-03, 16.0)
    assert found.facts == {"program": "HPLinpack 2.3", "code": "WR11C2R4"}


def test_a_failed_residual_is_a_failed_check_whatever_it_is() -> None:
    """A real output: the threshold in its HPL.dat was 1e-9."""
    case = Xhpl(n=500, nb=64, p=1, q=2)
    text = (DATA / "xhpl-500-1x2-failed.txt").read_text()
    assert not case.parse(text, 2).check.passed
    above = case.parse(text.replace("4.97290273e-03", "2.50000000e+04"), 2).check
    assert (above.error, above.passed) == (2.5e4, False)
    assert not case.parse(text.replace("4.97290273e-03", "nan"), 2).check.passed


def test_its_input_asks_for_this_one_test() -> None:
    case = Xhpl(n=700, nb=32, p=2, q=3, order="column", bcast="Lng", pfact="left", depth=0)
    (text,) = case.files(6).values()
    values = hpl_dat.read(text)
    (only,) = values.combinations()
    assert {key: getattr(case, key) for key in only} == only
    assert values.threshold == 16.0


def test_the_error_says_what_was_looked_for() -> None:
    case = Xhpl(n=500, nb=64, p=1, q=2)
    with pytest.raises(UnclearOutput, match=r"a T/V line .*, found no such line; the last"):
        case.parse("", 2)
    with pytest.raises(UnclearOutput, match="the last one is 'Killed'"):
        case.parse("HPLinpack 2.3\nKilled\n\n", 2)


def test_sizes_and_grid_are_fitted() -> None:
    fitted = Xhpl.fit({}, memory_B=2**30, llc_B=0, ranks=6)
    n = int(fitted["n"])
    assert (fitted["p"], fitted["q"], n % 192) == (2, 3, 0)
    needed = [6 * Xhpl(n=m, p=2, q=3).memory_B(6) for m in (n, n + 192)]
    assert needed[0] <= 2**30 < needed[1]
    assert Xhpl.fit({"q": 6, "n": 7}, memory_B=2**30, llc_B=0, ranks=6) == {"p": 1}
    with pytest.raises(IllegalParameter, match="n = 1 needs"):
        Xhpl.fit({}, memory_B=1, llc_B=0, ranks=1)
    with pytest.raises(IllegalParameter, match="p x q must be 6: 1 x 6, 2 x 3"):
        Xhpl(n=5, p=2, q=2).check_geometry(6)
    with pytest.raises(IllegalParameter, match="p x q must be 6"):
        Xhpl.fit({"p": 4}, memory_B=2**30, llc_B=0, ranks=6)
