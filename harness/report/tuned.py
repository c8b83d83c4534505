"""A tuning for people: the table of its trials, why each value was kept, and the suite's text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import yaml
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.config.suite import SCHEMA
from harness.report import units
from harness.report.tuning_document import StageDoc, TrialDoc, TuneDoc


def table(document: TuneDoc) -> RenderableType:
    """All trials, the best rate first; then the choices, and what to type next."""
    names = list(dict.fromkeys(name for stage in document.stages for name in stage.parameters))
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*names, document.metric, "95 % interval", "to chosen", ""):
        right = name in ("to chosen", document.metric)
        made.add_column(name, justify="right" if right else "left")
    for trial in _newest(document):
        made.add_row(*(str(trial.parameters[name]) for name in names), *_figures(document, trial))
    return Group(made, Text(""), *(Text(line) for line in _words(document)))


def _newest(document: TuneDoc) -> list[TrialDoc]:
    """Each combination once, as it was measured last, the best first and failures at the end."""
    trials = {trial.case: trial for stage in document.stages for trial in stage.trials}
    return sorted(trials.values(), key=lambda one: one.ratio or 0.0, reverse=True)


def _figures(document: TuneDoc, trial: TrialDoc) -> tuple[str, str, str, str]:
    if trial.value is None or trial.low is None or trial.high is None:
        return "-", "", "", f"{trial.outcome}: {trial.reason}"
    return (
        units.si(trial.value, document.unit),
        units.si_range(trial.low, trial.high, document.unit),
        "" if trial.ratio is None else units.signed_percent(trial.ratio - 1.0),
        "chosen" if trial.case == document.case else "",
    )


def _words(document: TuneDoc) -> Iterator[str]:
    yield "Differences are those of cases of one run, stage by stage. A value is exchanged"
    yield "only for one whose whole interval is better:"
    for stage in document.stages:
        yield f"  {stage.name}: {_chosen(stage)}; run {stage.trials[0].run}"
    if document.file is None:
        yield f"{document.outcome} (exit {document.exit_code}); no suite was written"
    else:
        yield f"wrote {document.file}; next: {document.run_next}"


def _chosen(stage: StageDoc) -> str:
    if not stage.chosen:
        return stage.reason
    values = " ".join(f"{name}={value}" for name, value in stage.chosen.items())
    return stage.reason if stage.reason.startswith(f"{values} ") else f"{values}, {stage.reason}"


def suite(document: TuneDoc) -> str:
    """The text of a suite of one case with the best parameters, and where they came from."""
    return "".join(f"{line}\n" for line in _suite(document))


def _suite(document: TuneDoc) -> Iterator[str]:
    when = datetime.fromtimestamp(document.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    sizes = ", ".join(f"{name} = {value}" for name, value in document.sizes.items())
    shape = f"{document.ranks} x {document.threads} ranks x threads"
    yield f"# What `qyran tune {document.kernel}` found best on {when}."
    yield f"# Cluster {document.cluster}: {document.machine}."
    yield f"# Tried at {sizes} on {units.counted(document.nodes, 'node')}, {shape}."
    for stage in document.stages:
        yield f"#   {stage.name}: {_chosen(stage)}; run {stage.trials[0].run}"
    yield f"schema: {SCHEMA}"
    yield f"title: {document.kernel} as tuned on {document.cluster}"
    yield ""
    yield "cases:"
    case = {
        "kernel": document.kernel,
        "nodes": document.nodes,
        "ranks": document.ranks,
        "threads": document.threads,
        "parameters": document.best,
    }
    text = yaml.safe_dump([case], sort_keys=False, allow_unicode=True)
    yield from (f"  {line}" for line in text.splitlines())
