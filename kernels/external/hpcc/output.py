"""What hpcc writes into hpccoutf.txt: sections with verdicts, and a summary of key=value lines.

Source: hpcc 1.5.0, src/io.c (summary), src/hpcc.c (sections), and each test's own report.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from kernels._support.hpl_table import THRESHOLD, only_test
from kernels._support.output import number, only, positive, same
from kernels.contract import Check, Value
from kernels.program import Parsed, UnclearOutput

if TYPE_CHECKING:
    from kernels.external.hpcc.kernel import Hpcc

_ACCESS: Final = tuple(
    f"{where}RandomAccess{kind}" for kind in ("", "_LCG") for where in ("MPI", "Star", "Single")
)
_ALONE: Final = tuple(
    f"{where}{test}" for test in ("DGEMM", "STREAM", "FFT") for where in ("Star", "Single")
)
_SECTIONS: Final = (*_ACCESS, *_ALONE, "PTRANS", "MPIFFT", "LatencyBandwidth", "HPL", "Summary")
_WRONG_WORDS: Final = 0.01
"""The fraction of wrong words that RandomAccess allows (its look-ahead may lose updates)."""
_KEY: Final = re.compile(r"([A-Za-z]\w*)=(.*)")
# Phase -> key of the summary, what one of its units is, and whether it is a mean over the ranks.
_RATES: Final = {
    "hpl": ("HPL_Tflops", 1e12, False),
    "star_dgemm": ("StarDGEMM_Gflops", 1e9, True),
    "single_dgemm": ("SingleDGEMM_Gflops", 1e9, False),
    "star_copy": ("StarSTREAM_Copy", 1e9, True),
    "star_scale": ("StarSTREAM_Scale", 1e9, True),
    "star_add": ("StarSTREAM_Add", 1e9, True),
    "star_triad": ("StarSTREAM_Triad", 1e9, True),
    "ptrans": ("PTRANS_GBs", 1e9, False),
    "random_access": ("MPIRandomAccess_GUPs", 1e9, False),
    "fft": ("MPIFFT_Gflops", 1e9, False),
    "pingpong": ("MaxPingPongLatency_usec", 1e-6, False),
    "pingpong_2MB": ("MinPingPongBandwidth_GBytes", 1e9, False),
    "ring": ("RandomlyOrderedRingLatency_usec", 1e-6, False),
    "ring_2MB": ("RandomlyOrderedRingBandwidth_GBytes", 1e9, False),
}


def parsed(case: Hpcc, text: str, ranks: int) -> Parsed:
    """The report of one run; raises UnclearOutput."""
    sections = {name: _section(text, name) for name in _SECTIONS}
    only(r"End of HPC Challenge tests\. *", text, "the line 'End of HPC Challenge tests.'")
    summary = _summary(sections["Summary"])
    _as_asked(case, summary, ranks)
    hpl = only_test(sections["HPL"])
    same("N of HPL's table", case.n, hpl.n)
    verdicts = [hpl.check, *_verdicts(sections, summary)]
    failed = [one for one in verdicts if not one.passed]
    return Parsed(
        seconds=_seconds(case, summary, ranks),
        check=failed[0] if failed else hpl.check,
        facts={key: _typed(word) for key, word in summary.items()},
    )


def _section(text: str, name: str) -> str:
    """What stands between the begin and the end of a section, which is there once."""
    begin = only(rf"Begin of {name} section\. *", text, f"the line 'Begin of {name} section.'")
    end = only(rf"End of {name} section\. *", text, f"the line 'End of {name} section.'")
    return text[begin.end() : end.start()]


def _summary(section: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, section.splitlines())):
        pair = _KEY.fullmatch(line)
        if pair is None:
            raise UnclearOutput("key=value in the summary", repr(line))
        if pair[1] in found:
            raise UnclearOutput(f"{pair[1]}= in the summary, once", "it is there twice")
        found[pair[1]] = pair[2]
    return found


def _value(summary: Mapping[str, str], key: str) -> str:
    if key not in summary:
        raise UnclearOutput(f"{key}= in the summary", "no such line")
    return summary[key]


def _as_asked(case: Hpcc, summary: Mapping[str, str], ranks: int) -> None:
    """The run is the one that was asked for, on all ranks, with the sizes that follow."""
    wanted = {
        "CommWorldProcs": ranks,
        "HPL_N": case.n,
        "HPL_NB": case.nb,
        "HPL_nprow": case.p,
        "HPL_npcol": case.q,
        "HPL_depth": case.depth,
        "DGEMM_N": case.product(),
        "STREAM_VectorSize": case.elements(),
        "PTRANS_n": case.n // 2,
        "MPIRandomAccess_N": case.table(ranks),
        "MPIFFT_N": case.transform(ranks),
    }
    for key, value in wanted.items():
        same(key, str(value), _value(summary, key))


def _seconds(case: Hpcc, summary: Mapping[str, str], ranks: int) -> dict[str, float]:
    seconds = {}
    for phase in case.phases():
        key, unit, mean = _RATES[phase.name]
        value = positive(_value(summary, key), key) * unit * (ranks if mean else 1)
        seconds[phase.name] = phase.metric.seconds(phase.work(ranks), value)
    return seconds


def _verdicts(sections: Mapping[str, str], summary: Mapping[str, str]) -> list[Check]:
    """Every verdict beside that of HPL."""
    alone = [name for name in (*_ACCESS, *_ALONE) if not name.startswith("MPI")]
    return [
        *(_nodes_with_error(name, sections[name]) for name in alone),
        *(_wrong_words(name, sections[name]) for name in _ACCESS if name.startswith("MPI")),
        *(_failed_words(name, sections[name]) for name in _ACCESS),
        *_transposition(sections["PTRANS"]),
        _product(sections["StarDGEMM"]),
        _stream(sections["StarSTREAM"]),
        _transform(summary),
        Check("Success=1 in the summary", 1.0 - number(_value(summary, "Success"), "Success"), 0.0),
    ]


def _nodes_with_error(name: str, section: str) -> Check:
    line = only(r"Node\(s\) with error (\d+) *", section, f"'Node(s) with error' of {name}")
    return Check(f"{name}: nodes with an error", float(line[1]), 0.0)


def _wrong_words(name: str, section: str) -> Check:
    """The fraction of wrong words, from the counts."""
    line = only(
        r"Found +(\S+) +errors in +(\S+) +locations \((?:passed|failed)\)\. *",
        section,
        f"'Found ... errors in ... locations' of {name}",
    )
    share = number(line[1], "errors") / positive(line[2], "locations")
    return Check(f"{name}: fraction of wrong words", share, _WRONG_WORDS)


def _failed_words(name: str, section: str) -> Check:
    """What it says itself of its words; rank 0 speaks, so the Single tests may be silent."""
    said = re.findall(r"^Found .* locations \((\w+)\)\. *$", section, re.MULTILINE)
    bad = sum(one != "passed" for one in said)
    if not said and "Single" not in name:
        raise UnclearOutput(f"'Found ... errors' of {name}", "no such line")
    return Check(f"{name}: verdicts that are not 'passed'", float(bad), 0.0)


def _transposition(section: str) -> list[Check]:
    """Every row of the table, and the closing counts."""
    rows = re.findall(r"^WALL +(?:\d+ +){6}\S+ +(\S+) +\S+ +\S+ *$", section, re.MULTILINE)
    if not rows:
        raise UnclearOutput("a row 'WALL ... PASSED' of PTRANS", "no such line")
    total = only(r"Finished +(\d+) tests, with the following results: *", section, "'Finished'")
    same("rows of PTRANS", int(total[1]), len(rows))
    good = only(r" +(\d+) tests completed and passed residual checks\. *", section, "'passed'")
    bad = sum(one != "PASSED" for one in rows)
    return [
        Check("PTRANS: rows that are not PASSED", float(bad), 0.0),
        Check("PTRANS: tests that did not pass", float(int(total[1]) - int(good[1])), 0.0),
    ]


def _product(section: str) -> Check:
    line = only(r"Scaled residual: +(\S+) *", section, "'Scaled residual' of StarDGEMM")
    return Check("StarDGEMM: scaled residual", number(line[1], "StarDGEMM"), THRESHOLD)


def _stream(section: str) -> Check:
    if "Failed Validation" in section:
        return Check("StarSTREAM: arrays that failed validation", math.inf, 0.0)
    line = only(r"Solution Validates: .*", section, "'Solution Validates' of StarSTREAM")
    return Check(f"StarSTREAM: {line[0].strip()}", 0.0, 0.0)


def _transform(summary: Mapping[str, str]) -> Check:
    """The rule of hpcc: the error of the round trip over eps log(N) (FFT/mpifft.c)."""
    n = positive(_value(summary, "MPIFFT_N"), "MPIFFT_N")
    error = number(_value(summary, "MPIFFT_maxErr"), "MPIFFT_maxErr")
    scaled = error / max(math.log(n), 1.0) / 2.0**-53
    return Check("MPIFFT: error of the round trip over eps log(N)", scaled, THRESHOLD)


def _typed(word: str) -> Value:
    """A word of the summary as the number it is; NaN and infinity stay words."""
    try:
        value = float(word)
    except ValueError:
        return word
    return int(word) if word.lstrip("-").isdecimal() else value if math.isfinite(value) else word
