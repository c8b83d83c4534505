"""What has been measured of each case of a run: its launches, how it failed, earlier attempts."""

from __future__ import annotations

from collections.abc import Iterable

from harness.measure.driver import Ending
from harness.measure.observation import Launched, Observation
from harness.outcome import Outcome
from harness.plan.case import Case
from harness.record.result import Attempt, CaseResult


class Ledger:
    """The state of the measurement, apart from what is done with it."""

    def __init__(self, cases: Iterable[Case], retries: int = 0) -> None:
        """Retries : how often a case is measured again after it failed without its fault."""
        self._retries = retries
        self.seen: dict[str, list[Observation]] = {case.id: [] for case in cases}
        self.failed: dict[str, Ending] = {}
        self.earlier: dict[str, tuple[Attempt, ...]] = dict.fromkeys(self.seen, ())

    def wants(self, case: Case, launch: int) -> bool:
        """Whether a case has this launch before it."""
        return case.id not in self.failed and len(self.seen[case.id]) <= launch

    def take(self, cases: list[Case], launched: Launched, ending: Ending) -> list[Case]:
        """Keep what a launch measured; blame the case that was running; return the rest.

        A launch that broke while no case was running would break again: it ends all of them.
        """
        for name, seen in launched.cases.items():
            self.seen[name].append(seen)
        left = [one for one in cases if not launched.has_finished(one.id)]
        blamed = [launched.running.case] if launched.running else [one.id for one in left]
        if ending.outcome is not Outcome.PASS:
            self.failed.update(dict.fromkeys(blamed, ending))
        return [one for one in left if one.id not in blamed]

    def attempt(self, case: Case) -> int:
        """The number of the attempt that is going on, from 1."""
        return len(self.earlier[case.id]) + 1

    def is_to_be_repeated(self, result: CaseResult) -> bool:
        """Whether a result has a cause that another attempt may not have: retry by cause.

        What could not be measured is tried again as often as the run allows; a slow result is
        measured once more, to tell a disturbance from a slow machine.
        """
        attempt = self.attempt(result.case)
        if result.outcome is Outcome.WRONG:
            return False  # found before whatever ended it
        if result.outcome is Outcome.SLOW:
            return self._retries > 0 and not self._was_slow(result.case)
        ending = self.failed.get(result.case.id)
        return bool(ending and ending.transient) and attempt <= self._retries

    def again(self, result: CaseResult) -> None:
        """Begin another attempt at a case."""
        ended = Attempt(result.outcome, result.reason, result.file)
        self.earlier[result.case.id] += (ended,)
        self.seen[result.case.id] = []
        self.failed.pop(result.case.id, None)

    def _was_slow(self, case: Case) -> bool:
        return any(one.outcome is Outcome.SLOW for one in self.earlier[case.id])
