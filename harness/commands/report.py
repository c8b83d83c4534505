"""`qyran report`: one HTML file of a run, of the history, of an acceptance, or of all."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from harness.commands import history as histories
from harness.commands import jobs, output, records
from harness.commands.rank import hpl_standing
from harness.errors import CannotMeasure, ConfigError
from harness.record import details, store
from harness.record.write_over import write_over
from harness.report import accept_older, honesty, units
from harness.report.accept_document import AcceptDoc
from harness.report.document import Doc, RunDoc
from harness.report.history_document import HistoryDoc
from harness.report.plots import listing
from harness.report.plots.listing import NoNumbers
from harness.report.report_document import DrawnDoc, ReportDoc

_NEWEST: Final = 25


@dataclass(frozen=True)
class Wanted:
    """What was asked for; of nothing, all there is. kernel : of the history, "" for all."""

    run: str
    history: bool
    kernel: str
    accept: Path | None
    output: Path
    results: Path

    @property
    def everything(self) -> bool:
        """Whether nothing was named."""
        return not (self.run or self.history or self.accept)


@dataclass(frozen=True)
class Parts:
    """What a report is made of, as far as it was asked for and is there."""

    title: str
    run: RunDoc | None = None
    environment: dict[str, Any] | None = None
    history: HistoryDoc | None = None
    accept: AcceptDoc | None = None
    plots: tuple[DrawnDoc, ...] = ()
    accepted_from: str = ""
    judged: float | None = None


def report(wanted: Wanted, *, as_json: bool) -> None:
    """Write the file that is wanted, and say what is in it."""
    parts = _parts(wanted)
    made = composed(parts)
    if wanted.everything:
        listed = records.listed(wanted.results, _NEWEST)
        made = made.model_copy(update={"runs": listed.runs, "earlier": listed.earlier})
    written = write(made, wanted.output)
    output.show(written, said(written), as_json=as_json)


def _parts(wanted: Wanted) -> Parts:
    accept = read(wanted.accept) if wanted.accept else None
    run, environment = None, None
    plots: tuple[DrawnDoc, ...] = ()
    folder = store.find(wanted.results, wanted.run) if wanted.run else None
    if wanted.everything:
        folder = next(store.newest(wanted.results), None)
    if folder:
        run, environment = _run(folder), store.header(folder).get("environment") or {}
        plots = tuple(_plots(folder))
    history = None
    if wanted.history or wanted.everything:
        history = _history(wanted.kernel, wanted.results)
    if not (accept or run or (history and history.series)):
        raise CannotMeasure(
            str(wanted.results), "holds nothing that could be reported", fix="`qyran run quick`"
        )
    return Parts(
        title=_title(wanted, run),
        run=run,
        environment=environment,
        history=history,
        accept=accept,
        plots=plots,
        accepted_from=str(wanted.accept or ""),
        judged=_judged(accept, wanted.accept),
    )


def _judged(accept: AcceptDoc | None, file: Path | None) -> float | None:
    """When its last stage ended; of numbers from elsewhere, when the document was written."""
    ended = [one.ended for one in (accept.stages if accept else ()) if one.ended is not None]
    written = file.stat().st_mtime if file else None
    return max(ended, default=written)


def _title(wanted: Wanted, run: RunDoc | None) -> str:
    if wanted.everything:
        return f"Benchmarks of {run.cluster}" if run else "Benchmarks"
    if wanted.accept:
        return "Acceptance of nodes"
    if run:
        return f"Run {run.run}"
    return f"History of {wanted.kernel}" if wanted.kernel else "History"


def _run(folder: Path) -> RunDoc:
    """A recorded run with its place in the TOP500."""
    run = jobs.shown(folder)
    standing = hpl_standing(run)
    run.standing = standing.document if standing else None
    return run


def _plots(folder: Path) -> Iterator[DrawnDoc]:
    """Every plot for which this run has the numbers."""
    run = details.of_run(folder)
    for name in listing.names():
        kind: Any = listing.load(name)
        if kind.NEEDS != "run":
            continue
        try:
            numbers: Doc = kind.numbers(run)
        except NoNumbers:
            continue
        yield DrawnDoc(plot=name, numbers=numbers.model_dump(by_alias=True, mode="json"))


def _history(kernel: str, results: Path) -> HistoryDoc:
    return histories.shown(histories.Wanted(kernel, None, "", None, None, None, True, results))


def read(path: Path) -> AcceptDoc:
    """A document of `qyran accept --json`; ConfigError if the file is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _no_document(path, "is no JSON document") from error
    if not isinstance(found, dict) or found.get("schema") != "qyran.accept/1":
        known = found.get("schema") if isinstance(found, dict) else None
        raise _no_document(path, f"is {known!r}, not 'qyran.accept/1'")
    try:
        older = accept_older.read(found)
    except ValidationError as error:
        raise _no_document(path, _wrong(error)) from error
    for name in older.unknown:
        output.note(f"{path}: {name} is of a later version, and not shown")
    if older.document.not_recorded:
        names = ", ".join(older.document.not_recorded)
        output.note(f"{path}: of another version; not recorded: {names}")
    return older.document


def _wrong(error: ValidationError) -> str:
    """What is wrong, that which is needed and not there first."""
    found = error.errors(include_url=False)
    first = next((one for one in found if one["type"] == "missing"), found[0])
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"lacks {where}, without which it cannot be shown"
    return f"{where}: {first['msg']}"


def _no_document(path: Path, found: str) -> ConfigError:
    return ConfigError(str(path), found, fix=f"`qyran accept ... --json > {path.name}`")


def of_acceptance(accept: AcceptDoc) -> ReportDoc:
    """The report of a fleet that was judged just now."""
    judged = _judged(accept, None) or time.time()
    return composed(Parts("Acceptance of nodes", accept=accept, judged=judged))


def composed(parts: Parts) -> ReportDoc:
    """The document of these parts, before it is written."""
    environment = parts.environment or {}
    return ReportDoc(
        title=parts.title,
        file="",
        bytes=0,
        sections=[],
        honesty=honesty.of(
            time.time(), parts.run, environment, parts.history, parts.accept, parts.judged
        ),
        run=parts.run,
        environment=environment,
        plots=list(parts.plots),
        history=parts.history,
        accept=parts.accept,
        accepted_from=parts.accepted_from,
    )


def write(made: ReportDoc, path: Path) -> ReportDoc:
    """Write the HTML file; what was there is replaced when all of the new one is on disk."""
    from harness.report.html import page

    sections = page.sections(made)
    text = page.html(made, sections).encode()
    try:
        write_over(path, text)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error
    names = [one.id for one in sections]
    return made.model_copy(update={"file": str(path), "bytes": len(text), "sections": names})


def said(made: ReportDoc) -> RenderableType:
    """Where it is, how large, and what a reader should know first."""
    lines = [Text(f"{made.file}: {units.si(made.bytes, 'B')}, {', '.join(made.sections)}")]
    lines += [
        Text(f"! {one.machine}: {one.reason}", style="yellow") for one in made.honesty.silent[:5]
    ]
    if made.honesty.excluded:
        left = units.counted(len(made.honesty.excluded), "file")
        lines.append(Text(f"! {left} left out, named in the report", style="yellow"))
    return Group(*lines)
