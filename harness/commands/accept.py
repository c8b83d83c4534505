"""`qyran accept`: which nodes of a fleet must go back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands import output
from harness.config import contract as contracts
from harness.config.contract import Contract
from harness.config.hosts import expand
from harness.errors import ConfigError
from harness.judge.fleet import file, table, verdict
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.verdict import Anchors
from harness.reference import anchors
from harness.report import accept_document, acceptance


@dataclass(frozen=True)
class Known:
    """What is known beside the measurements. nodes : that must be there, as node[001-500]."""

    contract: Path | None = None
    baseline: Path | None = None
    nodes: str | None = None


def from_file(source: Path, known: Known, csv: Path | None, *, as_json: bool) -> None:
    """Judge measurements that were made elsewhere; ends with the exit code of the worst node."""
    promised = contracts.load(known.contract) if known.contract else None
    measured = file.read(source)
    absolute = (
        anchors.of_contract(promised, measured.metrics, known.contract)
        if promised and known.contract
        else {}
    )
    found = verdict.judged(_complete(measured, promised, known), Anchors(absolute))
    sources = {name: one.source for name, one in absolute.items()}
    shown = accept_document.of(
        found, str(source), _text(known.contract), _text(known.baseline), sources
    )
    if csv:
        write(csv, acceptance.as_csv(found))
    output.show(shown, acceptance.shown(shown), as_json=as_json)
    output.end(shown.exit_code)


def _complete(measured: Measurements, promised: Contract | None, known: Known) -> Measurements:
    """With every metric that is promised and every node that is expected: none may be forgotten."""
    metrics = [
        Metric(name, "1", one.better)
        for name, one in (promised.metrics if promised else {}).items()
    ]
    try:
        nodes = expand(known.nodes) if known.nodes else ()
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
