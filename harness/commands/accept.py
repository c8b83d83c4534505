"""`qyran accept`: which nodes of a fleet must go back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands import fleet, output
from harness.commands.fleet import Source
from harness.config import baseline
from harness.config import contract as contracts
from harness.config.baseline import Baseline
from harness.config.contract import Contract
from harness.config.hosts import expand
from harness.errors import ConfigError
from harness.judge.fleet import baselines, table, verdict
from harness.judge.fleet.file import Read
from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.verdict import Anchors, Judged
from harness.judge.fleet.views import Stored
from harness.reference import anchors
from harness.report import accept_cells, accept_document, accept_files, acceptance, junit


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
    html: Path | None = None


def accept(source: Source, known: Known, files: Files, *, as_json: bool) -> None:
    """Judge what was measured; ends with the exit code of the worst node."""
    promised = contracts.load(known.contract) if known.contract else None
    level = baseline.load(known.baseline) if known.baseline else None
    found, sources, pairs = _judged(source, known, promised, level)
    shown = accept_document.of(
        found, source.words, _text(known.contract), _text(known.baseline), sources
    )
    shown.pairs = accept_cells.pairs(found.table.nodes, pairs)
    if files.csv:
        write(files.csv, accept_files.as_csv(found))
    if files.junit:
        junit.write(files.junit, "qyran accept", accept_files.as_tests(found, shown))
    if files.html:
        from harness.commands import report

        report.write(report.of_acceptance(shown), files.html)
    output.show(shown, acceptance.shown(shown), as_json=as_json)
    output.end(shown.exit_code)


def _judged(
    source: Source, known: Known, promised: Contract | None, level: Baseline | None
) -> tuple[Judged, dict[str, str], Pairs | None]:
    """The verdicts, of each metric where its absolute anchor is from, and the pairs of nodes."""
    measured = fleet.measured(source)
    read = measured.read
    metrics = read.table.metrics + (read.pairs.table.metrics if read.pairs else ())
    absolute = (
        anchors.of_contract(promised, metrics, known.contract)
        if promised and known.contract
        else {}
    )
    if level:
        _same_class(level.environment, measured.environment, str(known.baseline))
    stored = _stored(level, metrics, known.baseline)
    complete = _complete(read, promised, level, known.nodes)
    found = verdict.judged(complete, Anchors(absolute, stored), pairs=read.pairs)
    return found, {name: one.source for name, one in absolute.items()}, read.pairs


def _same_class(stored: str, measured: str, where: str) -> None:
    """ConfigError if both are known, and differ."""
    if stored and measured and stored != measured:
        raise ConfigError(
            f"{where}: environment",
            f"is {stored}; most of the nodes are {measured}",
            fix="`qyran baseline make` for this class of nodes",
        )


def _stored(
    level: Baseline | None, metrics: tuple[Metric, ...], path: Path | None
) -> dict[str, Stored]:
    """The stored levels; ConfigError if a metric has another unit or direction there."""
    if level is None:
        return {}
    for one in metrics:
        known = level.metrics.get(one.name)
        if known and (known.unit, known.better) != (one.unit, one.better):
            raise ConfigError(
                f"{path}: metrics.{one.name}",
                f"is in {known.unit}, better {known.better}; it was measured in {one.unit}, "
                f"better {one.better}",
            )
    return baselines.stored(level, str(path))


def _complete(
    read: Read, promised: Contract | None, level: Baseline | None, named: str | None
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
    of_pairs = {one.name for one in read.pairs.table.metrics} if read.pairs else set()
    return table.wanting(read.table, [one for one in metrics if one.name not in of_pairs], nodes)


def write(path: Path, text: str) -> None:
    """A file that was asked for; ConfigError if it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
