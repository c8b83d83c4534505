"""What the table of a run says beside its numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands import listing
from harness.record.result import CaseResult
from harness.report import compose, terminal


def shown(made: Any, *results: CaseResult) -> str:
    """The table of a run, as it is printed on a pipe."""
    console = terminal.console()
    cases = [compose.of_case(one) for one in results]
    with console.capture() as captured:
        console.print(terminal.run(compose.of_run(made.run(Path("/r")), cases)))
    return str(captured.get())


@pytest.fixture
def dgemm(made: Any) -> CaseResult:
    """2 ranks: 2e9 flop in 25 ms each, 1e7 cycles of the clock in as long."""
    result: CaseResult = made.result(made.case("dgemm", {"n": 1000}), [[[0.025, 0.02]] * 6])
    return result


def test_a_clock_gives_the_flop_a_cycle_and_core(made: Any, dgemm: CaseResult) -> None:
    assert dgemm.metrics["clock_frequency"].value == pytest.approx(4e8)
    expected = f"{dgemm.case.id}: star: 200 flop a cycle and core at 400 MHz"
    assert expected in shown(made, dgemm)


def test_a_clock_that_varies_gives_none(made: Any, dgemm: CaseResult) -> None:
    clock = replace(dgemm.metrics["clock_frequency"], low=3.7e8)
    assert "a cycle" not in shown(
        made, replace(dgemm, metrics={**dgemm.metrics, "clock_frequency": clock})
    )


def test_threads_that_share_cores_give_none(made: Any, dgemm: CaseResult) -> None:
    assert "a cycle" not in shown(made, replace(dgemm, notes=("oversubscribed",)))


def test_other_kernels_and_failed_cases_give_none(made: Any) -> None:
    others = made.result(), made.result(made.case("hpl", {"n": 64}))
    assert "a cycle" not in shown(made, *others, made.failed(made.case("dgemm", {"n": 64})))


def test_metrics_above_their_bound_are_named_in_one_sentence(made: Any) -> None:
    stream = made.result(made.case("stream", {"n": 64}))
    metrics = {
        name: replace(one, bound=one.value / 1.5) if name.startswith(("copy", "triad")) else one
        for name, one in stream.metrics.items()
    }
    text = " ".join(shown(made, replace(stream, metrics=metrics)).split())
    assert "copy_bandwidth is 1.50, triad_bandwidth is 1.50 of its bound: impossible" in text


def test_all_metrics_of_a_phase_stand_in_one_row(made: Any) -> None:
    """One time, two rates: the interval is that of the first."""
    result = made.result(made.case("reduce", {"rows": 10**6}), [[[0.001, 0.001]] * 6])
    (row,) = [line for line in shown(made, result).splitlines() if " norm_2 " in line]
    assert "1.00 Grow/s, 8.00 GB/s" in row


def test_counts_are_told_with_all_their_digits(made: Any, dgemm: CaseResult) -> None:
    told = {"words": (((1234567.0,),),), "error": (((0.001234567,),),)}
    text = shown(made, replace(dgemm, series=told))
    assert "words: 1234567\n" in text
    assert "error: 0.00123\n" in text


@pytest.mark.parametrize(("peak_MiB", "told"), [(900, ""), (1100, ": ABOVE THE LIMIT")])
def test_the_memory_of_a_limited_case_is_told(made: Any, peak_MiB: int, told: str) -> None:
    limited = made.result(made.case("reduce", {"rows": 10**6, "memory": 2**30}))
    peaks = ((peak_MiB * 2**19,) * 2,) * 2
    text = " ".join(shown(made, replace(limited, peak_memory_B=peaks)).split())
    assert f"memory: {peak_MiB if peak_MiB < 1024 else 1.07} " in text
    assert f"of 1 GiB at most{told}" in text


def test_the_bounds_of_a_parameter_are_given_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    listing.show("hpl", as_json=False)
    shown = capsys.readouterr().out
    assert ">= 1, <= 2147483646 " in shown
    assert "e+" not in shown
