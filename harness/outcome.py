"""How a case, and a run, can end; and the exit code of each: one table for all commands."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How a case ended. Only slow, wrong and error can blame a node."""

    PASS = "pass"  # noqa: S105 - not a password
    SLOW = "slow"
    WRONG = "wrong"
    ERROR = "error"
    TIMEOUT = "timeout"
    KILLED = "killed"
    INFRA = "infra"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    NO_REFERENCE = "no-reference"


GOOD: Final = 0
PERFORMANCE_FAILED: Final = 1
USAGE: Final = 2
NOT_MEASURED: Final = 3
INCONCLUSIVE: Final = 4
WRONG_ANSWER: Final = 5
INTERRUPTED: Final = 130

EXIT_CODES: Final = {
    Outcome.PASS: GOOD,
    Outcome.SLOW: PERFORMANCE_FAILED,
    Outcome.WRONG: WRONG_ANSWER,
    Outcome.ERROR: NOT_MEASURED,
    Outcome.TIMEOUT: NOT_MEASURED,
    Outcome.KILLED: NOT_MEASURED,
    Outcome.INFRA: NOT_MEASURED,
    Outcome.INCONCLUSIVE: INCONCLUSIVE,
    Outcome.SKIPPED: NOT_MEASURED,
    Outcome.NO_REFERENCE: INCONCLUSIVE,
}

# The worst first: a wrong answer outweighs everything, a run that measured nothing is never good.
_SEVERITY: Final = (
    Outcome.WRONG,
    Outcome.ERROR,
    Outcome.KILLED,
    Outcome.TIMEOUT,
    Outcome.INFRA,
    Outcome.SKIPPED,
    Outcome.SLOW,
    Outcome.INCONCLUSIVE,
    Outcome.NO_REFERENCE,
    Outcome.PASS,
)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a run from those of its cases; no case at all is an error."""
    found = set(outcomes)
    return next((one for one in _SEVERITY if one in found), Outcome.ERROR)


_WORST: Final = (
    INTERRUPTED,
    WRONG_ANSWER,
    USAGE,
    NOT_MEASURED,
    PERFORMANCE_FAILED,
    INCONCLUSIVE,
    GOOD,
)


def worst_code(codes: Iterable[int]) -> int:
    """The exit code of several things done in one command."""
    found = set(codes)
    return next((one for one in _WORST if one in found), NOT_MEASURED)
