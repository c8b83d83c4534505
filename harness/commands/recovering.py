"""`qyran store recover`: what a run had measured when it died becomes records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness import assemble, recovery
from harness.commands import output
from harness.errors import QyranError
from harness.judge import verdict
from harness.measure.driver import Ending
from harness.outcome import GOOD, WRONG_ANSWER, Outcome
from harness.plan.case import Case
from harness.record import archive, owner, recorded, store
from harness.report import compose, stored
from harness.report.store_document import RecoverDoc, RecoveredDoc


def recover(results: Path, *, as_json: bool) -> None:
    """All runs that ended too early; exit 5 if what one of them left is damaged."""
    runs, code = [], GOOD
    for folder in store.runs(results):
        if archive.is_packed(folder) or not _has_journals(folder) or owner.is_measured(folder):
            continue
        try:
            runs.append(_of_run(folder))
        except QyranError as error:
            code = WRONG_ANSWER
            runs.append(_line(folder, [], f"cannot be recovered: {error.found}"))
    shown = RecoverDoc(results=str(results), runs=runs)
    output.show(shown, stored.recover(shown), as_json=as_json)
    output.end(code)


def _has_journals(folder: Path) -> bool:
    return any(folder.glob("launch-*")) and (folder / "run.yaml").is_file()


def _of_run(folder: Path) -> RecoveredDoc:
    """Record what there is; the journals stay, under names that nothing looks for any more."""
    claim = owner.Owner(folder)
    try:
        cases, found = recovery.unrecorded(folder)
        kept = [one for one in cases if found.seen.get(one.id) and _record(one, cases, found)]
        for path in folder.glob("launch-*"):
            path.rename(path.with_name(f"recovered-{path.name}"))
    finally:
        claim.release()
    return _line(folder, [one.id for one in kept], "" if kept else "no repetition had finished")


def _record(case: Case, cases: tuple[Case, ...], found: recovery.Recovered) -> bool:
    """The repetitions of a case, as one that was skipped: no number is made of them."""
    seen = found.seen[case.id]
    ended = sum(one.ended is not None for one in seen)
    count = sum(len(one.samples) for one in seen)
    reason = f"the run ended after {ended} of {case.launches} launches and {count} repetitions"
    raw = assemble.result(case, seen, Ending(Outcome.SKIPPED, reason))
    judged = verdict.judged(raw, oversubscribe=True)
    earlier = found.attempts.get(case.id, ())
    result = verdict.of_attempts(replace(judged, earlier=earlier))
    origin = recorded.as_members(recorded.origin(found.run, len(cases)))
    store.add(found.run, result, {**compose.of_case(result).model_dump(), **origin, "limits": {}})
    return True


def _line(folder: Path, cases: list[str], reason: str) -> RecoveredDoc:
    return RecoveredDoc(run=folder.name, path=str(folder), cases=cases, reason=reason)
