"""HPL.dat, the input file of netlib HPL and of hpcc, and the T/V code of HPL's output.

Format and rules are those of netlib HPL 2.3, testing/ptest/HPL_pdinfo.c: two lines of header, then
one value a line or a count followed by a line of that many values; what follows the values is a
comment. Lines after the 31st do not belong to it (hpccinf.txt has some).

Where netlib would go on with something else than what is written, `read` refuses: a word that is
no integer (netlib: the digits it starts with, or 0), a number that names no algorithm (netlib: its
own choice), too few values (netlib: words of the comment), values at a distance at which netlib
reads one of them twice, an exponent with d (netlib: no exponent), a line longer than netlib's
buffer, and a threshold of 0 or less (netlib: no check). Only the last four values, which change
no result, are taken as netlib takes them: repaired, and for a missing line the last one again.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kernels.contract import IllegalParameter

FACTORISATIONS: Final = ("left", "crout", "right")
BROADCASTS: Final = ("1rg", "1rM", "2rg", "2rM", "Lng", "LnM")
SWAPS: Final = ("binary", "long", "mix")
ORDERS: Final = ("row", "column")
MPI_BROADCAST: Final = "mpi"
"""The MPI library's own broadcast: no HPL.dat can ask for it; in a T/V code it is digit 6."""

LINES: Final = {
    "n": 6,
    "nb": 8,
    "order": 9,
    "p": 11,
    "q": 12,
    "threshold": 13,
    "pfact": 15,
    "nbmin": 17,
    "ndiv": 19,
    "rfact": 21,
    "bcast": 23,
    "depth": 25,
    "swap": 26,
    "swap_threshold": 27,
    "l1_transposed": 28,
    "u_transposed": 29,
    "equilibration": 30,
    "alignment": 31,
}
"""The line on which the values of each parameter stand, the first being 1."""

_MOST_VALUES = 20  # HPL_MAX_PARAM
_LONGEST_LINE = 252  # fgets of HPL_LINE_MAX - 2 characters, one of them the end of the line
_LARGEST = 2**31 - 1
_INTEGER = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CODE = re.compile(r"W([RC])([0-9]+)([0-6])([LCR])([0-9]+)([LCR])([0-9]+)")


class HplDatError(ValueError):
    """A file that `read` refuses.

    name : of the file; line : its line, from 1; found : what stands there; known : what may.
    """

    def __init__(self, name: str, line: int, found: str, known: str) -> None:
        super().__init__(f"{name}:{line}: {found}; known: {known}")
        self.name = name
        self.line = line
        self.found = found
        self.known = known


@dataclass(frozen=True, kw_only=True)
class HplDat:
    """The values of an HPL.dat; the names of algorithms are words, as in the kernel hpl."""

    ns: tuple[int, ...]
    nbs: tuple[int, ...]
    grids: tuple[tuple[int, int], ...]
    order: str = "row"
    threshold: float = 16.0
    pfacts: tuple[str, ...] = ("right",)
    nbmins: tuple[int, ...] = (4,)
    ndivs: tuple[int, ...] = (2,)
    rfacts: tuple[str, ...] = ("crout",)
    bcasts: tuple[str, ...] = ("1rM",)
    depths: tuple[int, ...] = (1,)
    swap: str = "mix"
    swap_threshold: int = 64
    l1_transposed: bool = True
    u_transposed: bool = True
    equilibration: bool = True
    alignment: int = 8

    @property
    def count(self) -> int:
        """The number of tests that the file asks for."""
        return math.prod(len(values) for values in self._loops)

    def combinations(self) -> Iterator[dict[str, int | str]]:
        """Every test of the file as parameters, in the order of netlib's loops (HPL_pddriver.c)."""
        names = ("n", "nb", "depth", "bcast", "rfact", "pfact", "nbmin", "ndiv")
        for (p, q), *chosen in itertools.product(*self._loops):
            values: dict[str, int | str] = {"p": p, "q": q, "order": self.order}
            values.update(zip(names, chosen, strict=True))
            yield {**values, "swap": self.swap, "swap_threshold": self.swap_threshold}

    @property
    def _loops(self) -> tuple[tuple[Any, ...], ...]:
        return (
            self.grids, self.ns, self.nbs, self.depths, self.bcasts,
            self.rfacts, self.pfacts, self.nbmins, self.ndivs,
        )  # fmt: skip


def read(text: str, name: str = "HPL.dat") -> HplDat:
    """The values of a file's text; raises HplDatError with ``name`` and the line of the fault."""
    lines = _Lines(text, name)
    order = lines.order()
    count = LINES["p"] - 1
    p, q = (lines.integers(LINES[one], least=1, count=count) for one in ("p", "q"))
    return HplDat(
        ns=lines.integers(LINES["n"], least=0),
        nbs=lines.integers(LINES["nb"], least=1),
        order=order,
        grids=tuple(zip(p, q, strict=True)),
        threshold=lines.threshold(),
        pfacts=lines.words(LINES["pfact"], FACTORISATIONS),
        nbmins=lines.integers(LINES["nbmin"], least=1),
        ndivs=lines.integers(LINES["ndiv"], least=2),
        rfacts=lines.words(LINES["rfact"], FACTORISATIONS),
        bcasts=lines.words(LINES["bcast"], BROADCASTS),
        depths=lines.integers(LINES["depth"], least=0),
        swap=lines.word(LINES["swap"], SWAPS),
        swap_threshold=lines.integer(LINES["swap_threshold"], least=0),
        l1_transposed=lines.repaired(LINES["l1_transposed"], range(2), 0) == 0,
        u_transposed=lines.repaired(LINES["u_transposed"], range(2), 0) == 0,
        equilibration=lines.repaired(LINES["equilibration"], range(2), 1) == 1,
        alignment=lines.repaired(LINES["alignment"], range(1, _LARGEST), 4),
    )


def write(values: HplDat) -> str:
    """The 31 lines of a file with these values.

    Raises IllegalParameter for a word without a number, HplDatError for what `read` would refuse.
    """
    rows = [
        *_list("problem sizes (N)", values.ns, "Ns"),
        *_list("NBs", values.nbs, "NBs"),
        _row(_number("order", values.order, ORDERS), "PMAP process mapping (0=Row-,1=Column-)"),
        *_list("process grids (P x Q)", [p for p, _ in values.grids], "Ps"),
        _row(" ".join(str(q) for _, q in values.grids), "Qs"),
        _row(repr(float(values.threshold)), "threshold"),
        *_words("panel fact", "pfact", values.pfacts, FACTORISATIONS),
        *_list("recursive stopping criterium", values.nbmins, "NBMINs (>= 1)"),
        *_list("panels in recursion", values.ndivs, "NDIVs"),
        *_words("recursive panel fact.", "rfact", values.rfacts, FACTORISATIONS),
        *_words("broadcast", "bcast", values.bcasts, BROADCASTS),
        *_list("lookahead depth", values.depths, "DEPTHs (>=0)"),
        _row(_number("swap", values.swap, SWAPS), "SWAP (0=bin-exch,1=long,2=mix)"),
        _row(values.swap_threshold, "swapping threshold"),
        _row(int(not values.l1_transposed), "L1 in (0=transposed,1=no-transposed) form"),
        _row(int(not values.u_transposed), "U  in (0=transposed,1=no-transposed) form"),
        _row(int(values.equilibration), "Equilibration (0=no,1=yes)"),
        _row(values.alignment, "memory alignment in double (> 0)"),
    ]
    head = ["HPLinpack benchmark input file", "written by qyran"]
    output = [_row("HPL.out", "output file name (if any)"), _row(6, "device out (6=stdout)")]
    text = "\n".join([*head, *output, *rows]) + "\n"
    read(text, "the HPL.dat to write")
    return text


@dataclass(frozen=True)
class Variant:
    """The choices of algorithm that a line of HPL's output encodes, as in ``WR11C2R4``."""

    order: str
    depth: int
    bcast: str
    rfact: str
    ndiv: int
    pfact: str
    nbmin: int

    @property
    def code(self) -> str:
        """W, R or C, depth, broadcast, rfact, ndiv, pfact, nbmin (HPL_pdtest.c)."""
        order, rfact, pfact = (word[0].upper() for word in (self.order, self.rfact, self.pfact))
        bcast = (*BROADCASTS, MPI_BROADCAST).index(self.bcast)
        return f"W{order}{self.depth}{bcast}{rfact}{self.ndiv}{pfact}{self.nbmin}"


def variant(code: str) -> Variant:
    """The choices behind a T/V code; raises ValueError for any other text."""
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"{code!r} is no T/V code of HPL; known: the form of WR11C2R4")
    order, depth, bcast, rfact, ndiv, pfact, nbmin = found.groups()
    return Variant(
        order=_by_letter(ORDERS, order),
        depth=int(depth),
        bcast=(*BROADCASTS, MPI_BROADCAST)[int(bcast)],
        rfact=_by_letter(FACTORISATIONS, rfact),
        ndiv=int(ndiv),
        pfact=_by_letter(FACTORISATIONS, pfact),
        nbmin=int(nbmin),
    )


def _by_letter(words: Sequence[str], letter: str) -> str:
    return next(word for word in words if word[0].upper() == letter)


class _Lines:
    """The lines of a file, read as netlib reads them; ``number`` is a line's number, from 1."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._lines = text.removesuffix("\n").split("\n")

    def order(self) -> str:
        """The process mapping, a line that files of HPL 1.0 do not have."""
        number = LINES["order"]
        comment = self._line(number).lower()
        if "grid" in comment and "map" not in comment:
            known = "line 9 of files since HPL 1.0a: 0 PMAP (0=Row-,1=Column-major); insert it"
            raise self._refusal(number, f"no process mapping, but {comment.strip()!r}", known)
        return self.word(number, ORDERS)

    def threshold(self) -> float:
        """A finite number above 0; netlib takes others as the wish not to check."""
        number = LINES["threshold"]
        word = self._first(number, "a number above 0")
        value = float(word) if _REAL.fullmatch(word) else math.nan
        if not (math.isfinite(value) and value > 0.0):
            known = "a number above 0, usually 16.0; a result without a check is no result"
            raise self._refusal(number, f"threshold {word!r}", known)
        return value

    def integers(self, number: int, least: int, count: int = 0) -> tuple[int, ...]:
        """As many integers as line ``count`` says, by default the line before."""
        count = count or number - 1
        wanted = self.integer(count, least=1, most=_MOST_VALUES)
        words = self._line(number).split()[:wanted]
        if len(words) < wanted or not _INTEGER.fullmatch(words[-1]):
            known = f"{wanted} integers, as line {count} says"
            raise self._refusal(number, repr(" ".join(words)), known)
        self._check_distances(number, words)
        return tuple(self._parsed(number, word, least, _LARGEST) for word in words)

    def integer(self, number: int, least: int, most: int = _LARGEST) -> int:
        """The integer at the start of a line."""
        return self._parsed(number, self._first(number, "an integer"), least, most)

    def words(self, number: int, names: Sequence[str]) -> tuple[str, ...]:
        """Names of algorithms, from their numbers."""
        return tuple(self._named(number, one, names) for one in self.integers(number, least=0))

    def word(self, number: int, names: Sequence[str]) -> str:
        """The name of one algorithm, from its number."""
        return self._named(number, self.integer(number, least=0), names)

    def repaired(self, number: int, legal: range, otherwise: int) -> int:
        """A value without effect on the result, as netlib takes it, whatever is there."""
        word = self._first(min(number, len(self._lines)), "an integer")
        digits = _INTEGER.match(word)
        value = int(digits.group()) if digits else 0
        return value if value in legal else otherwise

    def _named(self, number: int, index: int, names: Sequence[str]) -> str:
        if index >= len(names):
            known = ", ".join(f"{i} ({one})" for i, one in enumerate(names))
            raise self._refusal(number, str(index), known)
        return names[index]

    def _parsed(self, number: int, word: str, least: int, most: int) -> int:
        value = int(word) if _INTEGER.fullmatch(word) else least - 1
        if not least <= value <= most:
            raise self._refusal(number, repr(word), f"an integer from {least} to {most}")
        return value

    def _check_distances(self, number: int, words: list[str]) -> None:
        """Netlib goes on one character after the length of a word, wherever the word stood."""
        line, start = self._line(number), 0
        for word in words:
            seen = line[start:].split()[0]
            if seen != word:
                found = f"{word!r} at a distance at which netlib HPL reads {seen!r}"
                raise self._refusal(number, found, "values from the first column, one space apart")
            start += len(word) + 1

    def _first(self, number: int, known: str) -> str:
        words = self._line(number).split()
        if not words:
            raise self._refusal(number, "nothing", known)
        return words[0]

    def _line(self, number: int) -> str:
        if number > len(self._lines):
            found = f"the file ends after {len(self._lines)} lines"
            raise self._refusal(len(self._lines), found, f"{LINES['alignment']} lines")
        line = self._lines[number - 1]
        if len(line) > _LONGEST_LINE:
            found, known = f"{len(line)} characters", f"at most {_LONGEST_LINE}"
            raise self._refusal(number, found, known)
        return line

    def _refusal(self, number: int, found: str, known: str) -> HplDatError:
        return HplDatError(self._name, number, found, known)


def _row(value: object, comment: str) -> str:
    return f"{value!s:<12} {comment}"


def _list(what: str, values: Sequence[int], comment: str) -> list[str]:
    joined = " ".join(str(value) for value in values)
    return [_row(len(values), f"# of {what}"), _row(joined, comment)]


def _words(what: str, name: str, words: Sequence[str], names: Sequence[str]) -> list[str]:
    comment = ",".join(f"{index}={one}" for index, one in enumerate(names))
    numbers = [_number(name, word, names) for word in words]
    return _list(what, numbers, f"{name.upper()}s ({comment})")


def _number(name: str, word: str, names: Sequence[str]) -> int:
    if word not in names:
        raise IllegalParameter(name, word, f"HPL.dat has numbers for {', '.join(names)}")
    return names.index(word)
