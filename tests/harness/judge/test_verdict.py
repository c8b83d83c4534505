"""From raw results to outcomes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from harness.judge import verdict
from harness.judge.verdict import judged
from harness.outcome import Outcome
from harness.plan.case import Expected, Geometry
from harness.record.result import Calls, CaseResult
from kernels.contract import Check, Metric

TIMES = [[[0.01 * (10 + i), 0.05] for i in range(6)]]


@pytest.fixture
def raw(made: Any) -> CaseResult:
    result: CaseResult = made.raw(made.case(), TIMES)
    return result


def judge(result: CaseResult, *, oversubscribe: bool = False) -> CaseResult:
    return judged(result, oversubscribe=oversubscribe)


def test_pass(raw: CaseResult) -> None:
    found = judge(raw)
    assert (found.outcome, found.reason, found.notes) == (Outcome.PASS, "", ())
    assert found.primary == "triad_bandwidth"
    phases = [phase.name for phase in raw.case.instance().phases()]
    assert list(found.metrics) == [f"{name}_bandwidth" for name in phases]
    assert list(found.work) == phases


def test_the_rate_is_that_of_the_slowest_rank(raw: CaseResult) -> None:
    value = judge(raw).metrics["triad_bandwidth"]
    bytes_moved = 24.0 * 4096 * 2
    assert value.value == pytest.approx(bytes_moved * (1 / 0.12 + 1 / 0.13) / 2)
    assert value.low == pytest.approx(bytes_moved / 0.15)
    assert value.high == pytest.approx(bytes_moved / 0.10)
    assert (value.n, value.phase) == (6, "triad")


def test_all_launches_count(made: Any) -> None:
    value = judge(made.raw(made.case(), TIMES * 3)).metrics["copy_bandwidth"]
    assert value.n == 18


def test_no_verification(raw: CaseResult) -> None:
    found = judge(replace(raw, check=None))
    assert found.outcome is Outcome.ERROR
    assert found.reason == "the ranks ended without a verification"
    assert found.metrics == {}


@pytest.mark.parametrize("error", [1e-12, 1.0, math.nan, math.inf, -math.inf])
def test_a_failed_check_is_wrong_and_has_no_number(raw: CaseResult, error: float) -> None:
    found = judge(replace(raw, check=Check("largest error", error, 1e-13)))
    assert found.outcome is Outcome.WRONG
    assert found.reason.startswith("largest error: ")
    assert found.reason.endswith(" is not within 1e-13")
    assert (found.metrics, found.primary) == ({}, "")
    assert found.samples == raw.samples


def test_a_check_at_its_tolerance_passes(raw: CaseResult) -> None:
    assert judge(replace(raw, check=Check("x", 1e-13, 1e-13))).outcome is Outcome.PASS


def test_wrong_outweighs_a_broken_placement(raw: CaseResult) -> None:
    found = judge(replace(raw, check=Check("x", 1.0, 0.0), places=()))
    assert found.outcome is Outcome.WRONG


def test_an_invalid_placement_is_no_result(raw: CaseResult, made: Any) -> None:
    places = (made.place(0), made.place(1, cpus=(0,)))
    found = judge(replace(raw, places=(places,)))
    assert found.outcome is Outcome.INFRA
    assert found.reason == "invalid placement: 2 threads share 1 CPUs on node1"
    assert found.metrics == {}
    assert judge(replace(raw, places=(places,)), oversubscribe=True).outcome is Outcome.PASS


@pytest.mark.parametrize("broken", [0, 1])
def test_every_launch_must_have_been_placed_as_asked(made: Any, broken: int) -> None:
    good = made.place(0), made.place(1)
    places = [good, good]
    places[broken] = (made.place(0), made.place(1, host="node2"))
    found = judge(made.raw(made.case(launches=2), [*TIMES, *TIMES], places=tuple(places)))
    assert found.outcome is Outcome.INFRA
    assert found.reason == "invalid placement: asked for 1 nodes, ran on 2: node1, node2"


def test_no_placement_is_no_result(raw: CaseResult) -> None:
    found = judge(replace(raw, places=()))
    assert (found.outcome, found.metrics) == (Outcome.INFRA, {})
    assert found.reason == "invalid placement: asked for 2 ranks, 0 reported"


@pytest.mark.parametrize("seconds", [0.0, math.nan])
def test_no_time_is_no_rate(made: Any, seconds: float) -> None:
    found = judge(made.raw(made.case(), [[[0.1, 0.1], [seconds, seconds]]]))
    assert found.outcome is Outcome.ERROR
    assert found.reason == "copy took no time that the clock can measure: raise its size"
    assert found.metrics == {}


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.PASS])
def test_another_outcome_stays(raw: CaseResult, outcome: Outcome) -> None:
    found = judge(replace(raw, outcome=outcome, reason="why"))
    assert (found.outcome, found.reason, found.metrics) == (outcome, "why", {})
    assert found.samples == raw.samples
    assert found.work


def test_a_case_that_never_started(made: Any) -> None:
    found = made.failed(outcome=Outcome.INFRA)
    assert (found.outcome, found.metrics, found.samples) == (Outcome.INFRA, {}, {})


def against(raw: CaseResult, expected: Expected, better: str = "higher") -> CaseResult:
    """The verdict of the triad, whose interval is set to [90, 110] about 100."""
    found = judge(raw)
    value = found.metrics["triad_bandwidth"]
    metric = Metric("x", "1", "lower" if better == "lower" else "higher", "bytes_moved")
    value = replace(value, metric=metric, value=100.0, low=90.0, high=110.0)
    case = replace(found.case, references={"triad_bandwidth": expected})
    found = replace(found, case=case, metrics={"triad_bandwidth": value})
    outcome, reason = verdict._against_references(found)
    return replace(found, outcome=outcome, reason=reason)


@pytest.mark.parametrize(
    ("better", "expected", "outcome"),
    [
        ("higher", 90.0, Outcome.PASS),
        ("higher", 50.0, Outcome.PASS),
        ("higher", 94.0, Outcome.PASS),
        ("higher", 100.0, Outcome.INCONCLUSIVE),
        ("higher", 115.0, Outcome.INCONCLUSIVE),
        ("higher", 116.0, Outcome.SLOW),
        ("lower", 110.0, Outcome.PASS),
        ("lower", 500.0, Outcome.PASS),
        ("lower", 105.0, Outcome.PASS),
        ("lower", 100.0, Outcome.INCONCLUSIVE),
        ("lower", 86.0, Outcome.INCONCLUSIVE),
        ("lower", 85.0, Outcome.SLOW),
    ],
)
def test_against_a_reference(
    raw: CaseResult, better: str, expected: float, outcome: Outcome
) -> None:
    found = against(raw, Expected(expected, 0.05, "a sheet"), better)
    assert found.outcome is outcome
    if outcome is not Outcome.PASS:
        assert found.reason == (
            f"triad_bandwidth: 100 1 in [90, 110] against {expected:.4g} within 5 % (a sheet)"
        )


def test_slow_outweighs_inconclusive(made: Any) -> None:
    low, high = (24.0 * 4096 * 2 / seconds for seconds in (0.15, 0.10))
    for names in (("add", "triad"), ("triad", "add")):
        references = {
            f"{names[0]}_bandwidth": Expected((low + high) / 2, 0.0, ""),
            f"{names[1]}_bandwidth": Expected(10 * high, 0.0, ""),
        }
        found = made.result(made.case(references=references), TIMES)
        assert found.outcome is Outcome.SLOW
        assert found.reason.startswith(f"{names[1]}_bandwidth")


def test_a_reference_that_is_reached(made: Any) -> None:
    references = {"triad_bandwidth": Expected(1.0, 0.05, "")}
    assert made.result(made.case(references=references)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("repetitions", "stopped", "note"),
    [
        (None, ("converged",), ""),
        (6, ("repetitions",), ""),
        (9, ("budget",), "the budget ended it after 6 of 9 repetitions"),
        (None, ("budget",), "the budget ended it after 6 repetitions"),
        (None, ("time",), "the median is known less well than asked for: time ran out"),
    ],
)
def test_notes(made: Any, repetitions: int | None, stopped: tuple[str, ...], note: str) -> None:
    raw = made.raw(made.case(repetitions=repetitions), TIMES, stopped=stopped, notes=())
    assert judge(raw).notes == ((note,) if note else ())


def test_notes_of_before_stay_and_unbound_ranks_are_noted(made: Any) -> None:
    places = (tuple(made.place(rank, cpus=(0, 1)) for rank in range(2)),)
    found = judge(made.raw(made.case(), TIMES, places=places, notes=("oversubscribed",)))
    assert found.notes == ("oversubscribed", "ranks were not bound to cores")


def test_a_single_rank(made: Any) -> None:
    case = made.case(geometry=Geometry(1, 1, 1))
    assert made.result(case, [[[0.1]]]).outcome is Outcome.PASS


def test_every_metric_of_a_phase_is_of_the_same_times(curved: CaseResult) -> None:
    latency = curved.metrics["ping_8B_latency"]
    rate = curved.metrics["ping_8B_message_rate"]
    assert latency.phase == rate.phase == "ping_8B"
    assert latency.value == pytest.approx(0.125 / 2)
    assert rate.value == pytest.approx(2 / 0.125, rel=0.01)
    assert curved.primary == "fma_float64_flop_rate"


def test_calls_over_all_repetitions_belong_to_costs(curved: CaseResult) -> None:
    """2 messages a call: the extremes are those of all calls, the rest is the median."""
    assert curved.metrics["ping_8B_latency"].calls == Calls(0.25, 1.5, 2.0, 4.5)
    assert curved.metrics["ping_8B_message_rate"].calls is None
    assert curved.metrics["ping_4096B_latency"].calls is None
    assert curved.metrics["load_32KiB_bandwidth"].calls is None


def test_a_launch_without_repetitions_has_no_calls(made: Any, curved: CaseResult) -> None:
    calls = {"ping_0B": (((1.0, 2.0, 3.0, 4.0),), ())}
    raw = replace(made.raw(curved.case, [[[0.1, 0.1]], []]), calls=calls)
    found = verdict.judged(raw, oversubscribe=False)
    assert found.metrics["ping_0B_latency"].calls == Calls(0.5, 1.0, 1.5, 2.0)


def test_what_is_to_be_noticed_about_the_samples_is_noted(made: Any) -> None:
    level = [[[0.1, 0.1]] * 20, [[0.2, 0.2]] * 20]
    found = made.result(
        seconds=[[[a * (1 + 1e-4 * i), b] for i, (a, b) in enumerate(launch)] for launch in level]
    )
    assert any(one.startswith("triad_bandwidth has two modes: 50%") for one in found.notes)
    assert found.outcome is Outcome.PASS  # it is said, and nothing is deleted
    assert found.metrics["triad_bandwidth"].n == 40
