"""Verdicts on two sides: what is slower is said, what cannot be known is never said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from harness.judge.compare import Judged, Verdict, judged
from harness.judge.stats.spread import Spread
from tests.harness.judge.examples import STEADY, Better, pair, times

NAN = math.nan


def only(first: Sequence[float], second: Sequence[float], better: Better = "higher") -> Judged:
    return judged([pair(first, second, better)])[0]


@pytest.mark.parametrize(
    ("factor", "better", "verdict"),
    [
        (0.9, "higher", Verdict.SLOWER),
        (1.1, "higher", Verdict.FASTER),
        (0.9, "lower", Verdict.FASTER),
        (1.1, "lower", Verdict.SLOWER),
        (1.001, "higher", Verdict.SAME),
        (0.999, "lower", Verdict.SAME),
    ],
)
def test_a_rate_and_a_time_have_their_own_direction(
    factor: float, better: Better, verdict: Verdict
) -> None:
    found = only(STEADY, times(factor), better)
    assert found.verdict is verdict
    assert found.ratio == pytest.approx(factor)
    assert found.low is not None
    assert found.high is not None
    assert found.low < factor < found.high
    if verdict is not Verdict.SAME:
        assert found.effect == (1.0 if verdict is Verdict.FASTER else -1.0)


def test_both_directions_stand_in_one_table() -> None:
    rows = [pair(STEADY, times(0.9), "higher"), pair(STEADY, times(0.9), "lower")]
    assert [one.verdict for one in judged(rows)] == [Verdict.SLOWER, Verdict.FASTER]


@pytest.mark.parametrize(
    ("first", "second", "verdict", "reason"),
    [
        ((1.0,), (0.5,), Verdict.UNDECIDED, "one launch each: the spread between launches is unk"),
        (STEADY, (0.5,), Verdict.UNDECIDED, "5 and 1 launches: a side needs 5; run with --la"),
        (STEADY, times(0.5)[:4], Verdict.UNDECIDED, "5 and 4 launches: a side needs 5"),
        (STEADY, STEADY, Verdict.SAME, ""),
        ((1.0,) * 5, (1.0,) * 5, Verdict.SAME, ""),
        ((1.0,) * 5, (0.5,) * 5, Verdict.UNDECIDED, "each launch gave one and the same number"),
        (STEADY, (0.0, *STEADY[1:]), Verdict.NOT_COMPARABLE, "a launch of B gave 0: no ratio"),
        ((-1.0, *STEADY[1:]), STEADY, Verdict.NOT_COMPARABLE, "a launch of A gave -1: no ratio"),
        (STEADY, (NAN, *STEADY[1:]), Verdict.MISSING, "a launch of B gave no number"),
        ((math.inf, *STEADY[1:]), STEADY, Verdict.MISSING, "a launch of A gave no number"),
        (STEADY, (), Verdict.MISSING, "B has no such case"),
    ],
)
def test_what_is_no_evidence_is_never_significant_and_never_dropped(
    first: Sequence[float], second: Sequence[float], verdict: Verdict, reason: str
) -> None:
    found = only(first, second)
    assert (found.verdict, found.reason[: len(reason)]) == (verdict, reason)
    if verdict is not Verdict.SAME:
        assert found.q is None or found.q > 0.05


@pytest.mark.parametrize("counts", [(5, 9), (9, 5), (5, 40)])
def test_sides_may_have_different_numbers_of_launches(counts: tuple[int, int]) -> None:
    one, other = (tuple(np.resize(STEADY, n)) for n in counts)
    assert only(one, times(0.9, other)).verdict is Verdict.SLOWER
    assert only(one, other).verdict is Verdict.SAME


def test_a_significant_difference_below_the_threshold_is_no_regression() -> None:
    found = judged([pair(STEADY, times(0.95))], threshold=0.08)[0]
    assert found.q is not None
    assert found.q < 0.001
    assert (found.verdict, found.threshold_source) == (Verdict.SAME, "as asked for")
    assert judged([pair(STEADY, times(0.95))], threshold=0.03)[0].verdict is Verdict.SLOWER


def test_noise_is_undecided_with_the_launches_that_would_decide() -> None:
    noisy = (1.0, 1.1, 0.9, 1.05, 0.96)
    found = only(noisy, times(0.95, noisy[::-1]))
    assert found.verdict is Verdict.UNDECIDED
    assert found.more is not None
    assert found.more > 10
    assert found.reason == f"about {found.more} more launches of each side would decide"
    wide = (1.0, 3.0, 0.3, 2.0, 0.5)
    assert only(wide, wide).reason == "too noisy for a threshold of 2 %"


def test_the_launches_that_are_asked_for_decide() -> None:
    """With as many as it said, samples of the same spread are decided in most cases."""
    generator = np.random.default_rng(3)
    enough = 0
    for _ in range(40):
        one, other = generator.lognormal(0.0, 0.02, (2, 5))
        found = only(tuple(one), tuple(other))
        if found.verdict is Verdict.UNDECIDED and found.more is not None:
            more = generator.lognormal(0.0, 0.02, (2, 5 + found.more))
            enough += only(tuple(more[0]), tuple(more[1])).verdict is not Verdict.UNDECIDED
        else:
            enough += 1
    assert enough >= 20


@pytest.mark.parametrize(
    ("deviation", "threshold", "source"),
    [
        (0.001, 0.02, "the least; 12 earlier runs vary less"),
        (0.02, math.expm1(0.06), "3 times the spread of 12 earlier runs"),
    ],
)
def test_the_threshold_is_above_the_noise_of_earlier_runs(
    deviation: float, threshold: float, source: str
) -> None:
    spread = Spread(deviation, 12, 8.0, 3.0 * deviation)
    found = judged([pair(STEADY, times(0.95), spread=spread)])[0]
    assert found.threshold == pytest.approx(threshold)
    assert found.threshold_source == source


def test_earlier_runs_make_one_launch_enough() -> None:
    spread = Spread(0.004, 20, 13.0, 0.015)
    rows = [pair((1.0,), (factor,), spread=spread) for factor in (0.9, 1.1, 1.0, 0.985)]
    verdicts = [one.verdict for one in judged(rows)]
    assert verdicts == [Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNDECIDED]
    assert judged(rows)[3].reason.endswith("more runs of each side would decide")
    assert judged(rows)[3].more is None  # launches of these runs would not


@pytest.mark.parametrize(
    "spread", [Spread(0.004, 20, 13.0, 0.05), Spread(0.004, 19, 12.0, 0.01)], ids=["steps", "runs"]
)
def test_one_launch_that_may_be_disturbed_is_to_be_confirmed(spread: Spread) -> None:
    found = judged([pair((1.0,), (0.9,), spread=spread)])[0]
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason == (
        "beyond the threshold, but a launch may be disturbed: run with --launches 5"
    )
    assert found.more == 4
    assert judged([pair(STEADY, times(0.9), spread=spread)])[0].verdict is Verdict.SLOWER


def test_noise_between_runs_counts_beside_steady_launches() -> None:
    """Five launches within a minute agree, and runs of other days do not."""
    alone = judged([pair(STEADY, times(0.93))], threshold=0.02)[0]
    known = judged([pair(STEADY, times(0.93), spread=Spread(0.05, 12, 8.0, 0.1))], threshold=0.02)[
        0
    ]
    assert alone.verdict is Verdict.SLOWER
    assert known.verdict is Verdict.UNDECIDED


def test_five_runs_of_a_side_are_its_own_history() -> None:
    runs = tuple((one,) * 3 for one in STEADY)
    base = pair(STEADY, STEADY)
    made = type(base)(**{**base.__dict__, "first": runs, "second": runs})
    assert judged([made])[0].verdict is Verdict.SAME


def test_the_larger_the_table_the_stronger_the_evidence_must_be() -> None:
    doubtful = pair(STEADY, times(0.9, (1.0, 1.06, 0.94, 1.05, 0.97)))
    q = [judged([doubtful] + [pair(STEADY, STEADY)] * n)[0].q for n in (0, 9, 99)]
    assert all(one is not None and other is not None and one < other for one, other in pairwise(q))


def test_an_empty_table_is_empty() -> None:
    assert judged([]) == []
