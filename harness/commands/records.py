"""`qyran show` and `qyran ls`: what has been recorded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.commands import output
from harness.errors import CorruptStore
from harness.outcome import GOOD, WRONG_ANSWER, Outcome, worst
from harness.record import archive, library, store
from harness.report import document, terminal, units
from harness.report.format import Format


def show(name: str, results: Path, form: Format) -> None:
    """A run as it was printed when it ended; exit 0, whatever its outcome was."""
    from harness.commands import showing

    showing.show(showing.recorded(store.find(results, name)), form)


def ls(results: Path, most: int, *, as_json: bool) -> None:
    """The newest runs; exit 5 if one of them cannot be read. most : 0 for all."""
    shown = listed(results, most)
    output.show(shown, terminal.runs(shown), as_json=as_json)
    output.end(WRONG_ANSWER if any(one.outcome == "corrupt" for one in shown.runs) else GOOD)


def listed(results: Path, most: int) -> document.LsDoc:
    """The newest runs, the oldest of them first. most : 0 for all."""
    found = library.runs(results, most)
    lines = [_of_index(one) or _line(one.folder) for one in found.runs]
    return document.LsDoc(results=str(results), runs=lines, earlier=found.earlier)


def _of_index(listed: library.Listed) -> document.RunLineDoc | None:
    """The line of a run whose cases are all recorded, without a look at its files; else None."""
    if listed.problem:
        return _corrupt(listed.folder, listed.problem)
    if not listed.cases or (listed.folder / "job.json").exists():
        return None
    first = listed.cases[0]
    if len(listed.cases) < first.origin.planned or _is_header_newer(listed):
        return None
    return document.RunLineDoc(
        run=first.origin.run,
        path=str(listed.folder),
        cluster=first.origin.cluster,
        suite=first.origin.suite,
        started=first.origin.run_started,
        outcome=str(worst(Outcome(one.outcome) for one in listed.cases)),
        cases=first.origin.planned,
        recorded=len(listed.cases),
        best=_best_of(
            (one.kernel, one.metrics[one.primary].value, one.metrics[one.primary].unit)
            for one in listed.cases
            if one.primary in one.metrics
        ),
    )


def _is_header_newer(listed: library.Listed) -> bool:
    """Whether run.yaml, which is written first, changed after a case: then it may be damaged."""
    stamps = [archive.stamp_or_none(listed.folder / "run.yaml")]
    stamps += [archive.stamp_or_none(one.path) for one in listed.cases]
    changed = [stamp and stamp[1] for stamp in stamps]
    return changed[0] is None or any(one is None or one < changed[0] for one in changed[1:])


def _line(folder: Path) -> document.RunLineDoc:
    from harness.commands import showing  # what it imports takes longer than all of `ls`

    try:
        shown = showing.recorded(folder)
    except CorruptStore as error:
        return _corrupt(folder, str(error).splitlines()[0])
    return document.RunLineDoc(
        run=shown.run,
        path=shown.path,
        cluster=shown.cluster,
        suite=shown.suite,
        started=shown.started,
        outcome=_state_of(folder) or shown.outcome,
        cases=len(shown.cases),
        recorded=sum(case.file is not None for case in shown.cases),
        best=_best(shown),
    )


def _state_of(folder: Path) -> str:
    """What is said of a run that was submitted and has not begun, in place of an outcome."""
    if archive.holds(folder, "run.yaml"):
        return ""
    from harness.commands import jobs

    return jobs.state_of(folder)


def _corrupt(folder: Path, reason: str) -> document.RunLineDoc:
    return document.RunLineDoc(
        run=folder.name,
        path=str(folder),
        cluster=folder.parent.name,
        suite="",
        started=0.0,
        outcome="corrupt",
        cases=0,
        recorded=0,
        best=reason,
    )


def _best(shown: document.RunDoc) -> str:
    """The primary metric of each kernel: ``hpl 93.0 Gflop/s, stream 31.2 GB/s``."""
    found = ((case.kernel, case.metrics.get(case.primary)) for case in shown.cases)
    return _best_of((kernel, one.value, one.unit) for kernel, one in found if one is not None)


def _best_of(primary: Iterable[tuple[str, float, str]]) -> str:
    words = {kernel: f"{kernel} {units.si(value, unit)}" for kernel, value, unit in primary}
    return ", ".join(words.values())
