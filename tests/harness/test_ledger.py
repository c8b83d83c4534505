"""What has been measured of each case, and what is measured again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.ledger import Ledger
from harness.measure.driver import Ending
from harness.measure.observation import Launched
from harness.outcome import Outcome
from harness.plan.case import Case, Geometry
from harness.record.result import CaseResult

GOOD = Ending(Outcome.PASS, "")
BROKEN = Ending(Outcome.ERROR, "rank 0 raised")
NO_RANKS = Ending(Outcome.INFRA, "no ranks", transient=True)


@pytest.fixture
def cases() -> list[Case]:
    one = Case("stream", 1, {"n": 1}, Geometry(1, 2, 1), 2, 1, 60.0, 1, 1.0)
    return [replace(one, parameters={"n": n}) for n in (1, 2, 3)]


def launched(*events: tuple[str, Case]) -> Launched:
    found = Launched()
    more: dict[str, Any] = {"time": 1.0, "peak_memory_B": []}
    found.take({"event": event, "case": case.id, **more} for event, case in events)
    return found


def test_a_crash_costs_the_running_case_and_the_rest_goes_on(cases: list[Case]) -> None:
    ledger = Ledger(cases)
    a, b, c = cases
    seen = launched(("case", a), ("end", a), ("case", b))
    assert ledger.take(cases, seen, BROKEN) == [c]
    assert [ledger.wants(one, 0) for one in cases] == [False, False, True]
    assert ledger.failed == {b.id: BROKEN}


def test_a_launch_in_which_no_case_ran_ends_all_of_them(cases: list[Case]) -> None:
    ledger = Ledger(cases)
    assert ledger.take(cases, Launched(), NO_RANKS) == []
    assert set(ledger.failed) == {one.id for one in cases}


def test_launches_are_wanted_one_after_the_other(cases: list[Case]) -> None:
    ledger = Ledger(cases)
    a = cases[0]
    assert ledger.wants(a, 0)
    ledger.take([a], launched(("case", a), ("end", a)), GOOD)
    assert not ledger.wants(a, 0)
    assert ledger.wants(a, 1)


@pytest.mark.parametrize(
    ("ending", "retries", "repeated"),
    [
        (NO_RANKS, 1, True),
        (NO_RANKS, 0, False),
        (replace(NO_RANKS, transient=False), 1, False),
        (BROKEN, 1, False),
        (Ending(Outcome.TIMEOUT, "late"), 1, False),
    ],
)
def test_retry_by_cause(cases: list[Case], ending: Ending, retries: int, repeated: bool) -> None:
    ledger = Ledger(cases, retries)
    a = cases[0]
    ledger.take([a], Launched(), ending)
    result = CaseResult(a, ending.outcome, ending.reason)
    assert ledger.is_to_be_repeated(result) is repeated


def test_attempts_are_counted_and_come_to_an_end(cases: list[Case]) -> None:
    ledger = Ledger(cases, retries=2)
    a = cases[0]
    for attempt in (1, 2, 3):
        assert ledger.attempt(a) == attempt
        ledger.take([a], launched(("case", a)), NO_RANKS)
        result = CaseResult(a, Outcome.INFRA, "no ranks", file=f"{attempt}.h5")
        assert ledger.is_to_be_repeated(result) is (attempt < 3)
        ledger.again(result)
        assert ledger.wants(a, 0)
    assert [one.file for one in ledger.earlier[a.id]] == ["1.h5", "2.h5", "3.h5"]


def test_slow_is_measured_once_more_and_no_oftener(cases: list[Case]) -> None:
    slow = CaseResult(cases[0], Outcome.SLOW, "below")
    assert not Ledger(cases).is_to_be_repeated(slow)
    ledger = Ledger(cases, retries=5)
    assert ledger.is_to_be_repeated(slow)
    ledger.again(slow)
    assert not ledger.is_to_be_repeated(slow)
