"""How a comparison ends: one exit code for its whole table (docs/compare.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.judge.compare import Judged, Verdict
from harness.outcome import (
    GOOD,
    INCONCLUSIVE,
    NOT_MEASURED,
    PERFORMANCE_FAILED,
    WRONG_ANSWER,
    Outcome,
)

DECIDED: Final = frozenset({Verdict.FASTER, Verdict.SLOWER, Verdict.SAME})


def exit_code(rows: Sequence[Judged], *, strict: bool = False) -> int:
    """5 a wrong answer in B, 1 something slower, 3 something missing in B, 4 nothing decided, 0.

    The first that applies. strict : 4 already if one metric is not decided.
    """
    verdicts = {one.verdict for one in rows}
    if any(_is_wrong(one) for one in rows):
        return WRONG_ANSWER
    if Verdict.SLOWER in verdicts:
        return PERFORMANCE_FAILED
    if verdicts <= {Verdict.MISSING} or any(_lost(one) for one in rows):
        return NOT_MEASURED
    open_ = verdicts - DECIDED - {Verdict.MISSING}
    return INCONCLUSIVE if not verdicts & DECIDED or (strict and open_) else GOOD


def _lost(one: Judged) -> bool:
    """Whether B has no result; what only B has is new, and no fault of it."""
    return one.verdict is Verdict.MISSING and bool(one.pair.first or not one.pair.second)


def _is_wrong(one: Judged) -> bool:
    case = one.pair.cases[1]
    return one.verdict is Verdict.MISSING and case is not None and case.outcome == Outcome.WRONG
