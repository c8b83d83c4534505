"""stream_c: the table of STREAM 5.10; recorded with one of two million elements on two threads."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels.contract import IllegalParameter, Value
from kernels.external.stream_c.kernel import StreamC
from kernels.memory.stream.kernel import Stream

DATA = Path(__file__).parent / "data"
N = 2_000_000
RECORDED: dict[str, tuple[dict[str, Value], int]] = {"stream_c-2000000.txt": ({"n": N}, 1)}

CORRUPTIONS: dict[str, Callable[[str], str]] = {
    "no_verdict": lambda text: re.sub(r"Solution Validates.*\n", "", text),
    "failed": lambda text: re.sub(
        r"Solution Validates.*\n",
        "Failed Validation on array a[], AvgRelAbsErr > epsilon (1.000000e-13)\n"
        "     Expected Value: 1.1e+12, AvgAbsErr: 1.0e+08, AvgRelAbsErr: 8.928571e-05\n",
        text,
    ),
    "failed_and_good": lambda text: text + "Failed Validation on array b[]\n",
    "failed_by_nan": lambda text: text + "     Expected Value: 1, AvgRelAbsErr: nan\n",
    "looser_limit": lambda text: text.replace("less than 1.000000e-13", "less than 1.000000e-06"),
    "single_precision": lambda text: text.replace("uses 8 bytes", "uses 4 bytes"),
    "no_triad": lambda text: re.sub(r"Triad:.*\n", "", text),
    "triad_twice": lambda text: re.sub(r"(Triad:.*\n)", r"\1\1", text),
    "no_size": lambda text: re.sub(r"Array size.*\n", "", text),
}


def rates(text: str) -> list[tuple[str, str]]:
    """Lines with a rate, and the rate."""
    rows = re.finditer(r"^(?:Copy|Scale|Add|Triad): +(\S+) .*$", text, re.MULTILINE)
    return [(one[0], one[1]) for one in rows]


def test_the_rates_are_the_printed_ones() -> None:
    case = StreamC(n=N)
    found = case.parse((DATA / "stream_c-2000000.txt").read_text(), 1)
    printed = {"copy": 42447.1, "scale": 44694.5, "add": 41408.2, "triad": 18412.9}
    for phase in case.phases():
        value = phase.metric.value(phase.work(1), found.seconds[phase.name])
        assert value == pytest.approx(1e6 * printed[phase.name], rel=1e-15)
    assert found.facts == {"program": "STREAM 5.10", "threads": 2}


def test_a_failed_validation_is_a_failed_check() -> None:
    """A real output, of a STREAM whose triad adds 1000 to one element."""
    check = StreamC(n=N).parse((DATA / "stream_c-2000000-failed.txt").read_text(), 1).check
    assert (check.error, check.passed) == (8.928571e-05, False)


def test_it_counts_like_the_kernel_stream() -> None:
    ours = {phase.name: (phase.metric, phase.work(1)) for phase in Stream(n=N).phases()}
    theirs = {phase.name: (phase.metric, phase.work(1)) for phase in StreamC(n=N).phases()}
    assert set(ours) - set(theirs) == {"dot"}
    assert {name: ours[name] for name in theirs} == theirs
    assert Stream(n=N).memory_B(1) == StreamC(n=N).memory_B(1)


def test_it_runs_on_one_rank() -> None:
    StreamC(n=N).check_geometry(1)
    with pytest.raises(IllegalParameter, match="--ranks 1 --threads"):
        StreamC(n=N).check_geometry(2)
