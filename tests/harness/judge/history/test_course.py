"""What becomes of a suspicion: confirmed, refuted, passed, fixed, accepted, rejected."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.history.confirm import judged
from harness.judge.history.course import PERSISTS, Change, Decision, Point, follow


def ordinary(*levels: tuple[int, float], seed: int = 3) -> list[Point]:
    """Runs on levels, each (runs, relative level), with 1 % of normal noise."""
    rng = np.random.default_rng(seed)
    levelled = [level for count, level in levels for _ in range(count)]
    return [
        Point(level + 0.01 * float(rng.standard_normal()), f"r{i}")
        for i, level in enumerate(levelled)
    ]


def again(change: Change, level: float, launches: int = 5) -> Point:
    drawn = 0.01 * np.random.default_rng(4).standard_normal(launches)
    values = tuple(float(level + one) for one in drawn)
    return Point(values[0], f"again-{change.id}", values, frozenset({change.id}))


def only(points: list[Point], **more: object) -> Change:
    found = follow(points, **more).changes  # type: ignore[arg-type]
    assert len(found) == 1
    return found[0]


STEP = ordinary((30, 0.0), (2, 0.08))


def test_a_step_is_a_suspect_after_two_runs() -> None:
    found = only(STEP)
    assert (found.status, found.worse, found.first, found.raised) == ("suspect", True, 30, 31)
    assert found.current
    assert found.after - found.before == pytest.approx(0.08, abs=0.02)
    course = follow(STEP)
    assert course.segments[0].runs == list(range(30))


def test_new_launches_on_the_new_level_confirm_it() -> None:
    found = only([*STEP, again(only(STEP), 0.08)])
    assert (found.status, found.settled, found.evidence) == ("confirmed", 32, ["again-r31"])
    assert found.reason == "5 of 5 new launches lie with the new level"


def test_new_launches_on_the_old_level_refute_it() -> None:
    points = [*STEP, again(only(STEP), 0.0)]
    found = only(points)
    assert (found.status, found.current) == ("refuted", False)
    course = follow([*points, *ordinary((10, 0.0), seed=9)])
    assert len(course.changes) == 1
    assert len(course.segments) == 1
    assert course.segments[0].disturbed == [30, 31]


def test_too_few_new_launches_decide_nothing() -> None:
    suspect = only(STEP)
    two = [*STEP, again(suspect, 0.08, launches=2)]
    assert only(two).status == "suspect"
    assert "at least 3" in only(two).reason
    assert only([*two, again(suspect, 0.08, launches=3)]).status == "confirmed"


def test_new_launches_for_another_suspicion_say_nothing() -> None:
    other = again(only(STEP), 0.0)
    assert (
        only([*STEP, Point(0.0, "x", other.launches, frozenset({"s-other"}))]).status == "suspect"
    )


def test_runs_that_stay_confirm_it_in_time() -> None:
    stayed = ordinary((30, 0.0), (PERSISTS, 0.08))
    assert only(stayed[:-1]).status == "suspect"
    assert only(stayed).status == "confirmed"
    assert follow(stayed).segments[1].runs == list(range(30, 30 + PERSISTS))


def test_a_disturbance_that_passes_is_no_suspect_for_ever() -> None:
    found = only(ordinary((30, 0.0), (2, 0.08), (10, 0.0)))
    assert (found.status, found.current, found.runs) == ("passed", False, [30, 31])


def test_a_spike_is_nothing() -> None:
    assert follow(ordinary((30, 0.0), (1, 0.3), (10, 0.0))).changes == ()


def test_a_fixed_regression_stays_listed() -> None:
    start = [*STEP, again(only(STEP), 0.08)]
    later = [Point(one.value, f"later{i}") for i, one in enumerate(ordinary((12, 0.08), (3, 0.0)))]
    regression, back = follow([*start, *later]).changes
    assert (regression.status, regression.current) == ("fixed", False)
    assert not back.worse


def test_a_second_step_is_another_regression() -> None:
    found = follow(ordinary((30, 0.0), (20, 0.08), (12, 0.18))).changes
    assert [one.status for one in found] == ["confirmed", "confirmed"]
    assert all(one.current for one in found)


def test_an_accepted_level_is_the_new_one() -> None:
    said = {"r31": Decision(accepted=True, by="Aru", reason="safer flags")}
    points = ordinary((30, 0.0), (20, 0.08))
    found = only(points, decisions=said)
    assert (found.status, found.reason) == ("accepted", "Aru: safer flags")
    assert follow(points, decisions=said).segments[-1].runs == list(range(30, 50))


def test_what_is_rejected_and_stays_is_suspected_anew() -> None:
    said = {"r31": Decision(accepted=False, by="Aru", reason="the fan was broken")}
    points = ordinary((30, 0.0), (4, 0.08))
    first, second = follow(points, decisions=said).changes
    assert (first.status, second.status) == ("rejected", "suspect")


def test_no_suspicion_by_an_event_that_explains_the_step() -> None:
    points = ordinary((30, 0.0), (20, 0.08))
    points[30] = Point(points[30].value, "r30", event="new driver")
    course = follow(points)
    assert course.changes == ()
    assert [one.begins for one in course.segments] == ["", "new driver"]


def test_an_improvement_is_a_change_and_no_regression() -> None:
    found = only(ordinary((30, 0.0), (2, -0.08)))
    assert (found.worse, found.status) == (False, "suspect")


def test_a_course_is_the_same_whenever_it_is_followed() -> None:
    """What was said after 40 runs is said after 60 of the first 40."""
    points = ordinary((30, 0.0), (30, 0.04), seed=11)
    early, late = follow(points[:40]).changes, follow(points).changes
    assert [one.id for one in early] == [one.id for one in late][: len(early)]


@pytest.mark.parametrize(
    ("beyond", "n", "verdict"),
    [
        (5, 5, "confirmed"), (4, 5, "confirmed"), (3, 5, "undecided"), (2, 5, "undecided"),
        (1, 5, "refuted"), (0, 5, "refuted"), (3, 3, "confirmed"), (2, 3, "undecided"),
        (0, 3, "refuted"), (2, 2, "undecided"), (0, 2, "undecided"), (0, 0, "undecided"),
    ],
)  # fmt: skip
def test_four_fifths_of_the_launches_decide(beyond: int, n: int, verdict: str) -> None:
    launches = [0.05] * beyond + [0.0] * (n - beyond)
    assert judged(launches, 0.0, 0.05) == verdict
    assert judged([-one for one in launches], 0.0, -0.05) == verdict
