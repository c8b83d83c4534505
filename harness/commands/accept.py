"""`qyran accept`: which nodes of a fleet must go back, of what was measured already."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Group

from harness.acceptance import drain
from harness.acceptance.judging import Judge, Known, Verdicts
from harness.commands import fleet, output
from harness.commands.fleet import Source
from harness.errors import ConfigError
from harness.report import accept_cells, accept_document, accept_files, acceptance, drained, junit
from harness.report.accept_document import AcceptDoc
from harness.report.drained import DrainedDoc
from harness.report.stage_document import NOTHING, More


@dataclass(frozen=True)
class Files:
    """What is done beside printing.

    drain : rejected nodes are drained in Slurm; dry_run : it is only told how.
    """

    csv: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    drain: bool = False
    dry_run: bool = False


def accept(source: Source, known: Known, files: Files, *, as_json: bool) -> None:
    """Judge what was measured; ends with the exit code of the worst node."""
    measured = fleet.measured(source)
    known = replace(known, blocks=measured.blocks)
    judge = Judge(known)
    verdicts = judge(measured.read, measured.environment)
    more = More(repeat=lambda nodes: _repeat(nodes, source)) if source.runs else NOTHING
    show(verdicts, source.words, known, files, more, as_json=as_json)


def show(
    verdicts: Verdicts, source: str, known: Known, files: Files, more: More, *, as_json: bool
) -> None:
    """Write and print the verdicts; ends with the exit code of the worst node."""
    found = verdicts.found
    contract = _text(known.contract) or (known.site[1] if known.site else None)
    shown = accept_document.of(
        found, source, contract, _text(known.baseline), verdicts.sources, more
    )
    shown.pairs = accept_cells.pairs(found.table.nodes, verdicts.pairs, known.blocks)
    shown.paired = accept_cells.paired(verdicts.pairs)
    if files.drain:
        shown.drained = _drained(shown, dry_run=files.dry_run)
    if files.csv:
        write(files.csv, accept_files.as_csv(found, shown))
    if files.junit:
        junit.write(files.junit, "qyran accept", accept_files.as_tests(found, shown))
    if files.html:
        from harness.commands import report

        report.write(report.of_acceptance(shown), files.html)
    text = Group(acceptance.shown(shown), drained.shown(shown.drained))
    output.show(shown, text, as_json=as_json)
    output.end(shown.exit_code)


def _drained(shown: AcceptDoc, *, dry_run: bool) -> list[DrainedDoc]:
    """The rejected nodes, each with its first evidence as the reason."""
    rejected = {one.node: _why(one) for one in shown.nodes if one.verdict == "reject"}
    name = shown.id or Path(shown.source.split(" ", 1)[-1]).name
    done = drain.drain(rejected, acceptance=name, dry_run=dry_run)
    return [DrainedDoc(**asdict(one)) for one in done]


def _why(node: accept_document.NodeVerdictDoc) -> str:
    first = next((one for one in node.evidence if one.deficit is not None), None)
    if first is None or first.deficit is None:
        return node.reason
    change = first.deficit if first.better == "lower" else -first.deficit
    return f"{first.metric} {100.0 * change:+.0f} %"


def _repeat(nodes: str, source: Source) -> str:
    """Runs say nothing of how their nodes are reached: the words are for where that is."""
    return f"qyran accept {nodes} --stages node; or measure them again and qyran accept " + (
        source.words
    )


def write(path: Path, text: str) -> None:
    """A file that was asked for; ConfigError if it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
