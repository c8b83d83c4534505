"""What a person sees of `qyran store`."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.store_document import (
    FileDoc,
    FsckDoc,
    PackDoc,
    RecoverDoc,
    ReindexDoc,
    StoreDoc,
    TagDoc,
)
from harness.report.table import new_table

_STYLE: Final = {"damaged": "bold red", "newer": "yellow", "orphan": "yellow", "duplicate": "cyan"}
_SIGN: Final = {"damaged": "x", "newer": ">", "orphan": "!", "duplicate": "="}


def store(document: StoreDoc) -> RenderableType:
    """A row for each cluster, then tags and damage."""
    found = units.counted(len(document.damaged), "file")
    unusable = [Text(f"{found} cannot be used: qyran store fsck")] if document.damaged else []
    if not document.clusters:
        fix = "" if unusable else "; `qyran run quick` makes some"
        return Group(Text(f"no recorded cases in {document.results}{fix}"), *unusable)
    table = new_table("cluster", "runs", "cases", "first run", "last run")
    for one in document.clusters:
        table.add_row(one.cluster, str(one.runs), str(one.cases), one.first, one.last)
    tags = ", ".join(f"{tag} ({n})" for tag, n in document.tags.items()) or "none"
    return Group(table, Text(f"tags: {tags}"), *unusable)


def fsck(document: FsckDoc) -> RenderableType:
    """Every finding with its file, then how much was looked at."""
    lines = []
    for one in document.findings:
        line = Text(f"{_SIGN[one.kind]} {one.kind:9} ", style=_STYLE[one.kind])
        lines.append(line.append(f"{one.path}: {one.reason}", style=""))
    damaged = sum(one.kind == "damaged" for one in document.findings)
    looked = f"{units.counted(document.files, 'file')} in {units.counted(document.runs, 'run')}"
    verdict = f"{damaged} damaged" if damaged else "none damaged"
    return Group(*lines, Text(f"{looked} checked: {verdict}", style="bold"))


def recover(document: RecoverDoc) -> RenderableType:
    """A line for each run."""
    if not document.runs:
        return Text(f"nothing to recover in {document.results}")
    lines = []
    for one in document.runs:
        what = units.counted(len(one.cases), "case") + " recorded from its journals"
        lines.append(Text(f"{one.run}: {one.reason or what}"))
    return Group(*lines, Text("`qyran resume RUN` measures what is missing"))


def reindex(document: ReindexDoc) -> RenderableType:
    """A line, and one about other folders if there is something to say."""
    cases = units.counted(document.cases, "case")
    more = f", {document.damaged} damaged: qyran store fsck" if document.damaged else ""
    lines = [Text(f"{document.index}: {cases} in {units.seconds(document.seconds)}{more}")]
    if document.dropped:
        gone = "1 index" if document.dropped == 1 else f"{document.dropped} indexes"
        lines.append(Text(f"deleted {gone} of results folders that are gone"))
    return Group(*lines)


def file(document: FileDoc) -> RenderableType:
    """What a file is, then what is in it."""
    about = new_table("", "")
    for name, value in (
        ("file", document.path),
        ("size", f"{document.bytes} B"),
        ("schema", document.schema_version),
        ("written by", document.creator),
        ("run", document.run),
        ("case", document.case),
        ("content", document.content_sha256),
        ("sealed", "yes" if document.sealed else "no"),
        ("problem", document.problem or "none"),
    ):
        about.add_row(name, value)
    table = new_table("path", "type", "shape", "unit")
    table.columns[0].no_wrap = True  # the words of a type are folded in its place
    for one in document.items:
        shape = " x ".join(map(str, one.shape))
        table.add_row(one.path, one.type, shape, one.unit)
    return Group(about, Text(""), table)


def tag(document: TagDoc) -> RenderableType:
    """One line."""
    runs = ", ".join(document.runs)
    return Text(f"{document.tag} {'taken from' if document.removed else 'given to'} {runs}")


def pack(document: PackDoc) -> RenderableType:
    """A line for each zip, and one for each run that stayed."""
    if not document.packed:
        return Text(f"no month of {document.results} is over")
    lines = []
    for one in document.packed:
        if one.runs:
            lines.append(Text(f"{one.path}: {units.counted(len(one.runs), 'run')}"))
        lines += [
            Text(f"! {run} stays: it {why}", style="yellow") for run, why in one.stayed.items()
        ]
    return Group(*lines)
