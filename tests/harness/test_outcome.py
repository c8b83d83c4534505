"""The table of exit codes."""

from __future__ import annotations

import itertools

import pytest

from harness import outcome
from harness.outcome import EXIT_CODES, Outcome, worst

TABLE = {
    "pass": 0,
    "slow": 1,
    "wrong": 5,
    "error": 3,
    "timeout": 3,
    "killed": 3,
    "infra": 3,
    "inconclusive": 4,
    "skipped": 3,
    "no-reference": 4,
}


def test_the_table() -> None:
    assert {str(one): code for one, code in EXIT_CODES.items()} == TABLE
    assert set(EXIT_CODES) == set(Outcome)
    assert outcome.USAGE == 2
    assert outcome.INTERRUPTED == 130


def test_only_pass_is_good() -> None:
    assert [one for one, code in EXIT_CODES.items() if code == 0] == [Outcome.PASS]


def test_the_worst_of_each_pair() -> None:
    order = [
        "wrong",
        "error",
        "killed",
        "timeout",
        "infra",
        "skipped",
        "slow",
        "inconclusive",
        "no-reference",
        "pass",
    ]
    assert set(order) == {str(one) for one in Outcome}
    for bad, better in itertools.combinations([Outcome(name) for name in order], 2):
        assert worst([better, bad]) is bad
        assert worst([bad, better, better]) is bad


@pytest.mark.parametrize("one", list(Outcome))
def test_the_worst_of_one(one: Outcome) -> None:
    assert worst([one]) is one
    assert worst(iter([one, one])) is one


def test_nothing_measured_is_never_good() -> None:
    assert EXIT_CODES[worst([])] != 0
