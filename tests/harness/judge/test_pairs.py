"""Which case of one side belongs to which of the other, and what is said of what has none."""

from __future__ import annotations

import pytest

from harness.judge.pairs import Pair, pairs
from tests.harness.judge.examples import STEADY, of, recorded, summary

RATE, TIME = summary(STEADY), summary(STEADY, "lower")


def the_one(found: list[Pair]) -> Pair:
    assert len(found) == 1
    return found[0]


def test_runs_of_a_side_are_pooled() -> None:
    one = the_one(pairs([of("a1", (1.0, 2.0)), of("a2", (3.0,))], [of("b", (4.0,))]))
    assert (one.first, one.second) == (((1.0, 2.0), (3.0,)), ((4.0,),))
    assert not one.missing
    assert not one.barred
    assert not one.note


def test_the_union_of_cases_and_metrics_is_there() -> None:
    mine = [recorded("a", {"rate": RATE, "old": RATE}), of("a", STEADY, kernel="gone")]
    theirs = [recorded("b", {"rate": RATE, "new": RATE}), of("b", STEADY, kernel="added")]
    found = {(one.case.kernel, one.metric): one.missing for one in pairs(mine, theirs)}
    assert found == {
        ("dgemm", "rate"): "",
        ("dgemm", "old"): "B has no metric old",
        ("dgemm", "new"): "A has no metric new",
        ("gone", "rate"): "B has no such case",
        ("added", "rate"): "A has no such case",
    }


def test_a_case_that_failed_says_how() -> None:
    one = the_one(pairs([of("a", STEADY)], [recorded("b", {})]))
    assert one.missing == "killed in B: a rank was killed by SIGKILL"
    both = the_one(pairs([recorded("a", {})], [recorded("b", {}, outcome="wrong", reason="off")]))
    assert both.metric == ""
    assert both.missing == "killed in A: a rank was killed by SIGKILL; wrong in B: off"


def test_failed_runs_among_others_are_counted() -> None:
    one = the_one(pairs([of("a", STEADY)], [of("b1", STEADY), recorded("b2", {})]))
    assert one.note == "1 of 2 runs of B have no result and are left out"
    assert one.second == (STEADY,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "B has no such case: its dgemm is of version 2, not 1"),
        ({"ranks": 4}, "B has no such case: it has 4 x 1, not 2 x 1"),
        ({"parameters": {"n": 5}}, "B has no such case"),
    ],
)
def test_what_nearly_fits_is_named(change: dict[str, object], reason: str) -> None:
    found = pairs([of("a", STEADY)], [of("b", STEADY, **change)])
    assert found[0].missing == reason
    assert len(found) == 2


def test_other_hardware_bars_unless_it_is_asked_for() -> None:
    mine, theirs = [of("a", STEADY)], [of("b", STEADY, hardware_key="h2")]
    assert the_one(pairs(mine, theirs)).barred == "the hardware differs"
    assert the_one(pairs(mine, theirs, across=True)).barred == ""
    unknown = [of("b", STEADY, hardware_key="")]
    assert the_one(pairs(mine, unknown)).barred == "the hardware of B is unknown"
    mixed = [*mine, *theirs]
    assert the_one(pairs(mixed, theirs)).barred == "A holds runs of 2 kinds of hardware"


def test_across_machines_the_ranks_may_differ_if_nothing_else_could_be_meant() -> None:
    mine, theirs = [of("a", STEADY)], [of("b", STEADY, ranks=64, hardware_key="h2")]
    one = the_one(pairs(mine, theirs, across=True))
    assert one.note == "2 x 1 in A, 64 x 1 in B"
    several = [*theirs, of("b", STEADY, ranks=32, hardware_key="h2")]
    assert len(pairs(mine, several, across=True)) == 3


def test_fitted_sizes_leave_rates_comparable_and_times_not() -> None:
    metrics = {"rate": RATE, "time": TIME}
    mine = recorded("a", metrics, fitted=("n",))
    theirs = recorded("b", metrics, fitted=("n",), parameters={**mine.parameters, "n": 5000})
    rate, time = pairs([mine], [theirs])
    assert (rate.barred, rate.note) == ("", "fitted to the machine: n 4000 in A, 5000 in B")
    assert time.barred == "a time of other work: n 4000 in A, 5000 in B"
    same = pairs([mine], [recorded("b", metrics, fitted=("n",))])
    assert [one.barred for one in same] == ["", ""]


def test_another_unit_or_direction_is_never_compared() -> None:
    mine, theirs = {"rate": RATE}, {"rate": summary(STEADY, unit="B/s")}
    barred = the_one(pairs([recorded("a", mine)], [recorded("b", theirs)])).barred
    assert barred == "its unit or its direction is another: B/s, flop/s"
