"""When to stop repeating: enough repetitions, a median known well enough, or no time left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.measure.interval import median_interval
from harness.plan.case import MEASURE_S, Case

MINIMUM: Final = 6  # fewer samples give no 95 % interval of a median
MAXIMUM: Final = 100
TARGET: Final = 0.01  # half the width of the interval, relative to the median
BUDGET_SHARE: Final = 0.75  # the rest of the budget belongs to the verification


@dataclass(frozen=True)
class Rule:
    """The stopping rule of one case; times are seconds since its set-up began.

    duration_s : of a kernel that repeats for a time, where no number was asked for.
    """

    repetitions: int | None
    budget_s: float
    duration_s: float | None = None

    def reason(self, samples: Sequence[float], started_s: float, now_s: float) -> str | None:
        """Why to stop after these repetitions, or None to go on.

        samples : times of the primary phase; started_s : when the first repetition began.
        "repetitions", "duration" and "converged" are good ends; "budget" and "time" say that the
        number is less certain than asked for.
        """
        n = len(samples)
        if n == 0:
            return None
        if n >= self._most:
            return "repetitions"
        # A repetition is more than its primary phase: other phases, and restoring the input.
        each_s = (now_s - started_s) / n
        if now_s + each_s > BUDGET_SHARE * self.budget_s:
            return "budget"
        if self.duration_s is not None:
            # Half a repetition may be too much or too little.
            return "duration" if now_s - started_s + each_s / 2.0 > self.duration_s else None
        if self.repetitions is None:
            return self._open_ended(samples, now_s - started_s + each_s)
        return None

    @property
    def _most(self) -> float:
        if self.duration_s is not None:
            return math.inf
        return self.repetitions or MAXIMUM

    def _open_ended(self, samples: Sequence[float], next_end_s: float) -> str | None:
        if len(samples) >= MINIMUM and median_interval(samples).relative <= TARGET:
            return "converged"
        return "time" if next_end_s > MEASURE_S else None


def rule(case: Case) -> Rule:
    """The stopping rule of a case."""
    asked = case.repetitions
    return Rule(asked, case.budget_s, case.instance().duration_s if asked is None else None)
