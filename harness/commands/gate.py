"""`qyran gate`: run a suite, compare it with the stored baseline, and end by the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness import session
from harness.commands import compare, output, run
from harness.errors import ConfigError, NoReference
from harness.outcome import INTERRUPTED, worst_code
from harness.prepare import Request, prepare
from harness.record import library, selection
from harness.report import comparison, gates, junit, terminal
from harness.report.document import RunDoc
from harness.report.gate_document import GateDoc

DEFAULT_BASELINE: Final = "tag:baseline"
LAUNCHES: Final = 5
"""What a comparison needs of each side where no earlier runs tell how much launches vary."""


def gate(request: Request, against: str, options: compare.Options, *, as_json: bool) -> None:
    """Measure, compare, and end with the worse of both exit codes; see docs/compare.md."""
    run.heed_signals()
    if options.junit is not None:
        junit.refuse_unwritable(options.junit)
    baseline = f"{against},suite:{Path(request.name).stem}"
    prepared = prepare(_launched(request))  # a suite that is not there has no baseline either
    refuse_without(baseline, against, request)
    measured = session.run(prepared, run.display(stderr=as_json))
    shown = _gated(measured, baseline, request, options)
    if options.junit is not None:
        junit.write(
            options.junit, f"qyran gate {request.name}", gates.tests(shown), measured.started
        )
    output.show(shown, _table(shown, options), as_json=as_json)
    output.end(shown.exit_code)


def refuse_without(baseline: str, against: str, request: Request) -> None:
    """NoReference if the store has nothing to compare with: said before anything is measured."""
    try:
        found = library.find(request.results, selection.parse(baseline, request.results))
        why = "" if found.cases else f"selects no recorded case of {request.name}"
    except ConfigError as error:
        why = error.found
    if why:
        kind, _, name = against.partition(":")
        tag = name if kind == "tag" and name else "baseline"
        raise NoReference(
            against,
            f"there is no baseline: {why}",
            fix=f"qyran run {request.name} --launches {LAUNCHES} --tag {tag}, or "
            f"`qyran store tag {tag} RUN` for one that is recorded",
        )


def _launched(request: Request) -> Request:
    """With enough launches to decide, unless the user says how many."""
    changes = request.overrides
    if changes.launches is not None:
        return request
    return replace(request, overrides=replace(changes, launches=LAUNCHES))


def _gated(measured: RunDoc, baseline: str, request: Request, options: compare.Options) -> GateDoc:
    recorded = any(case.file is not None for case in measured.cases)
    if measured.exit_code == INTERRUPTED or not recorded:
        return GateDoc(
            baseline=baseline, run=measured, comparison=None, exit_code=measured.exit_code
        )
    found = compare.document(baseline, f"run:{measured.run}", request.results, options)
    return GateDoc(
        baseline=baseline,
        run=measured,
        comparison=found,
        exit_code=worst_code([measured.exit_code, found.exit_code]),
    )


def _table(shown: GateDoc, options: compare.Options) -> RenderableType:
    parts: list[RenderableType] = [terminal.run(shown.run)]
    if shown.comparison is not None:
        parts += [Text(), comparison.table(shown.comparison, everything=options.everything)]
    return Group(*parts, Text(gates.sentence(shown)))
