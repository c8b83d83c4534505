"""`qyran accept`: which nodes of a fleet must go back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands import output
from harness.config import baseline
from harness.config import contract as contracts
from harness.config.baseline import Baseline
from harness.config.contract import Contract
from harness.config.hosts import expand
from harness.errors import ConfigError
from harness.judge.fleet import baselines, file, table, verdict
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.verdict import Anchors
from harness.judge.fleet.views import Stored
from harness.reference import anchors
from harness.report import accept_document, accept_files, acceptance, junit


@dataclass(frozen=True)
class Known:
    """What is known beside the measurements. nodes : that must be there, as node[001-500]."""

    contract: Path | None = None
    baseline: Path | None = None
    nodes: str | None = None


@dataclass(frozen=True)
class Files:
    """What is written beside what is printed."""

    csv: Path | None = None
    junit: Path | None = None


def from_file(source: Path, known: Known, files: Files, *, as_json: bool) -> None:
    """Judge measurements that were made elsewhere; ends with the exit code of the worst node."""
    promised = contracts.load(known.contract) if known.contract else None
    measured = file.read(source)
    absolute = (
        anchors.of_contract(promised, measured.metrics, known.contract)
        if promised and known.contract
        else {}
    )
    level = baseline.load(known.baseline) if known.baseline else None
    stored = _stored(level, measured, known.baseline)
    found = verdict.judged(
        _complete(measured, promised, level, known.nodes), Anchors(absolute, stored)
    )
    sources = {name: one.source for name, one in absolute.items()}
    shown = accept_document.of(
        found, str(source), _text(known.contract), _text(known.baseline), sources
    )
    if files.csv:
        write(files.csv, accept_files.as_csv(found))
    if files.junit:
        junit.write(files.junit, "qyran accept", accept_files.as_tests(found, shown))
    output.show(shown, acceptance.shown(shown), as_json=as_json)
    output.end(shown.exit_code)


def _stored(level: Baseline | None, measured: Measurements, path: Path | None) -> dict[str, Stored]:
    """The stored levels; ConfigError if a metric has another unit or direction there."""
    if level is None:
        return {}
    for one in measured.metrics:
        known = level.metrics.get(one.name)
        if known and (known.unit, known.better) != (one.unit, one.better):
            raise ConfigError(
                f"{path}: metrics.{one.name}",
                f"is in {known.unit}, better {known.better}; it was measured in {one.unit}, "
                f"better {one.better}",
            )
    return baselines.stored(level, str(path))


def _complete(
    measured: Measurements, promised: Contract | None, level: Baseline | None, named: str | None
) -> Measurements:
    """With every metric and every node that is expected: none may be forgotten."""
    levels = level.metrics if level else {}
    promises = promised.metrics if promised else {}
    metrics = [Metric(name, one.unit, one.better) for name, one in levels.items()]
    metrics += [Metric(name, "1", one.better) for name, one in promises.items()]
    try:
        nodes = expand(named) if named else ()
    except ValueError as error:
        raise ConfigError("--nodes", str(error)) from error
    return table.wanting(measured, metrics, nodes)


def write(path: Path, text: str) -> None:
    """A file that was asked for; ConfigError if it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
