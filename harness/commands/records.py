"""`qyran show` and `qyran ls`: what has been recorded."""

from __future__ import annotations

from pathlib import Path

from harness.commands import jobs, output, run
from harness.errors import CorruptStore
from harness.outcome import GOOD, WRONG_ANSWER
from harness.record import store
from harness.report import document, terminal, units
from harness.report.format import Format


def show(name: str, results: Path, form: Format) -> None:
    """A run as it was printed when it ended; exit 0, whatever its outcome was."""
    run.show(jobs.shown(store.find(results, name)), form)


def ls(results: Path, *, as_json: bool) -> None:
    """All runs; exit 5 if one of them cannot be read."""
    lines = [_line(folder) for folder in store.runs(results)]
    shown = document.LsDoc(results=str(results), runs=lines)
    output.show(shown, terminal.runs(shown), as_json=as_json)
    output.end(WRONG_ANSWER if any(one.outcome == "corrupt" for one in lines) else GOOD)


def _line(folder: Path) -> document.RunLineDoc:
    try:
        shown = jobs.shown(folder)
    except CorruptStore as error:
        return _corrupt(folder, str(error).splitlines()[0])
    return document.RunLineDoc(
        run=shown.run,
        path=shown.path,
        cluster=shown.cluster,
        suite=shown.suite,
        started=shown.started,
        outcome=jobs.state_of(folder) or shown.outcome,
        cases=len(shown.cases),
        recorded=sum(case.file is not None for case in shown.cases),
        best=_best(shown),
    )


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
    words = {}
    for case in shown.cases:
        metric = case.metrics.get(case.primary)
        if metric is not None:
            words[case.kernel] = f"{case.kernel} {units.si(metric.value, metric.unit)}"
    return ", ".join(words.values())
