"""`qyran store`: what looks after the results folder itself."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from harness.commands import output
from harness.errors import CannotMeasure, ConfigError
from harness.outcome import GOOD, WRONG_ANSWER
from harness.record import check, export, index, inside, library, pack, selection, store, tags
from harness.record.library import Selection
from harness.report import stored
from harness.report.document import text
from harness.report.store_document import (
    ClusterDoc,
    ExportDoc,
    FileDoc,
    FindingDoc,
    FsckDoc,
    ItemDoc,
    PackDoc,
    PackedDoc,
    ReindexDoc,
    StoreDoc,
    TagDoc,
)


def ls(results: Path, *, as_json: bool) -> None:
    """What there is, cluster by cluster; exit 5 if something is known to be damaged."""
    known = library.overview(results)
    shown = StoreDoc(
        results=str(results),
        index=str(index.file(results)),
        clusters=[ClusterDoc(**vars(one)) for one in known.clusters],
        tags=known.tags,
        damaged=[str(one) for one in known.damaged],
    )
    output.show(shown, stored.store(shown), as_json=as_json)
    output.end(WRONG_ANSWER if known.damaged else GOOD)


def show(name: Path, results: Path, *, as_json: bool) -> None:
    """One file; exit 5 if it is damaged."""
    found = inside.look(path := _file(name, results))
    shown = FileDoc(
        path=str(path),
        bytes=found.size_B,
        schema_version=found.about.get("schema_version", "1.0" if found.about else ""),
        creator=" ".join(found.about.get(one, "") for one in ("creator", "creator_version")),
        run=found.about.get("run", ""),
        case=found.about.get("case", ""),
        content_sha256=found.about.get("content_sha256", ""),
        sealed=found.sealed,
        problem=found.problem,
        items=[
            ItemDoc.model_validate(vars(one) | {"shape": list(one.shape)}) for one in found.items
        ],
    )
    output.show(shown, stored.file(shown), as_json=as_json)
    output.end(WRONG_ANSWER if found.problem else GOOD)


def _file(name: Path, results: Path) -> Path:
    """The file that is named, or the one of a run; ConfigError if there is none."""
    if name.suffix == ".h5":
        return name
    if name.is_file():
        raise ConfigError(str(name), "is no file of results", fix="name a .h5 file of a run")
    return _only(store.find(results, str(name)))


def _only(folder: Path) -> Path:
    """The file of a run that has one."""
    files = [name for numbered in store.attempts(folder).values() for name in numbered.values()]
    if len(files) != 1:
        known = ", ".join(str(folder / name) for name in files[:5])
        raise ConfigError(str(folder), f"holds {len(files)} files", known, "name one of them")
    return folder / files[0]


def fsck(results: Path, *, as_json: bool) -> None:
    """Read everything; exit 5 if a file is damaged."""
    looked = check.Check(results)
    findings = list(looked.findings())
    damaged = {one.path: one.reason for one in findings if one.kind == "damaged"}
    index.mark(results, damaged)
    code = WRONG_ANSWER if damaged else GOOD
    shown = FsckDoc(
        results=str(results),
        exit_code=code,
        runs=looked.runs,
        files=looked.files,
        findings=[
            FindingDoc(path=str(one.path), kind=one.kind, reason=one.reason) for one in findings
        ],
    )
    output.show(shown, stored.fsck(shown), as_json=as_json)
    output.end(code)


def reindex(results: Path, *, as_json: bool) -> None:
    """Make the index anew, and delete those of results folders that are gone."""
    index.forget(results)
    began = time.monotonic()
    known = library.overview(results)
    shown = ReindexDoc(
        results=str(results),
        index=str(index.file(results)),
        cases=sum(one.cases for one in known.clusters),
        damaged=len(known.damaged),
        seconds=time.monotonic() - began,
        dropped=index.forget_deleted(),
    )
    output.show(shown, stored.reindex(shown), as_json=as_json)
    output.end(GOOD)


def tag(name: str, runs: list[str], results: Path, *, remove: bool, as_json: bool) -> None:
    """Give a tag to runs, or take it from them."""
    tags.check(name)
    found = [store.find(results, one).name for one in runs]
    if remove:
        begun = [run for run in found if name not in tags.given(results).get(run, ())]
        if begun:
            raise ConfigError(
                "tag", f"{name!r} was not given to {begun[0]} by `qyran store tag`",
                fix="a tag that a run was begun with stays",
            )  # fmt: skip
        tags.remove(results, name, found)
    else:
        tags.add(results, name, found)
    shown = TagDoc(tag=name, removed=remove, runs=found)
    output.show(shown, stored.tag(shown), as_json=as_json)
    output.end(GOOD)


def pack_(results: Path, before: str, *, as_json: bool) -> None:
    """Put finished months into zips."""
    made = list(pack.pack(results, before))
    shown = PackDoc(
        results=str(results),
        packed=[PackedDoc(path=str(p.path), runs=list(p.runs), stayed=p.stayed) for p in made],
    )
    output.show(shown, stored.pack(shown), as_json=as_json)
    output.end(GOOD)


def export_(results: Path, words: str, form: str, into: Path | None) -> None:
    """A table of recorded metrics, into a file or to standard output."""
    wanted = selection.parse(words, results) if words else Selection()
    found = library.find(results, wanted)
    for one in found.skipped:
        output.note(f"left out: {one.path}: {one.reason}")
    if not found.cases:
        raise CannotMeasure(
            words or str(results),
            f"selects no recorded case in {results}" if words else "holds no recorded case",
            fix="`qyran ls` shows the runs",
        )
    table = list(export.rows(found.cases))
    match form:
        case "csv":
            content = export.as_csv(table).encode()
        case "parquet":
            content = export.as_parquet(table)
        case _:
            shown = ExportDoc(
                results=str(results), selection=words, rows=table,
                damaged=[str(one.path) for one in found.skipped],
            )  # fmt: skip
            content = (text(shown) + "\n").encode()
    _write(content, into, form)
    output.end(GOOD)


def _write(content: bytes, into: Path | None, form: str) -> None:
    if into is not None:
        try:
            into.write_bytes(content)
        except OSError as error:
            raise ConfigError(str(into), f"cannot be written: {error.strerror}") from error
    elif form != "parquet":
        output.plain(content.decode())
    elif sys.stdout.isatty():
        raise ConfigError("--format parquet", "is not for a terminal", fix="--output FILE")
    else:
        sys.stdout.buffer.write(content)
