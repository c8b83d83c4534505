"""The documents of `qyran store`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.report.document import Doc


class ClusterDoc(Doc):
    """The runs of a cluster; first, last : ids of its oldest and newest run that has a case."""

    cluster: str
    runs: int
    cases: int
    first: str
    last: str


class StoreDoc(Doc):
    """What `qyran store ls` prints. index : its file; tags : {name: runs}; damaged : files."""

    schema_id: Literal["qyran.store/1"] = Field("qyran.store/1", alias="schema")
    results: str
    index: str
    clusters: list[ClusterDoc]
    tags: dict[str, int]
    damaged: list[str]


class FindingDoc(Doc):
    """A file that is not as it should be; ``damaged`` alone is an error."""

    path: str
    kind: Literal["damaged", "newer", "orphan", "duplicate"]
    reason: str


class FsckDoc(Doc):
    """What `qyran store fsck` prints."""

    schema_id: Literal["qyran.fsck/1"] = Field("qyran.fsck/1", alias="schema")
    results: str
    exit_code: int
    runs: int
    files: int
    findings: list[FindingDoc]


class RecoveredDoc(Doc):
    """A run that ended too early. cases : those of which launches became records."""

    run: str
    path: str
    cases: list[str]
    reason: str


class RecoverDoc(Doc):
    """What `qyran store recover` prints."""

    schema_id: Literal["qyran.recover/1"] = Field("qyran.recover/1", alias="schema")
    results: str
    runs: list[RecoveredDoc]


class ReindexDoc(Doc):
    """What `qyran store reindex` prints.

    seconds : how long it took; dropped : indexes of other results folders, which are gone.
    """

    schema_id: Literal["qyran.reindex/1"] = Field("qyran.reindex/1", alias="schema")
    results: str
    index: str
    cases: int
    damaged: int
    seconds: float
    dropped: int


class ItemDoc(Doc):
    """A group or a dataset in a file; its attributes as they are."""

    path: str
    kind: Literal["group", "dataset"]
    type: str
    shape: list[int]
    unit: str


class FileDoc(Doc):
    """What `qyran store show` prints: a file, whatever its version.

    problem : why it cannot be used, "" if it can; sealed : it is as it was written, byte by byte.
    """

    schema_id: Literal["qyran.file/1"] = Field("qyran.file/1", alias="schema")
    path: str
    bytes: int
    schema_version: str
    creator: str
    run: str
    case: str
    content_sha256: str
    sealed: bool
    problem: str
    items: list[ItemDoc]


class TagDoc(Doc):
    """What `qyran store tag` prints."""

    schema_id: Literal["qyran.tag/1"] = Field("qyran.tag/1", alias="schema")
    tag: str
    removed: bool
    runs: list[str]


class PackedDoc(Doc):
    """A zip, the runs that are in it now, and those that stayed folders: {run: why}."""

    path: str
    runs: list[str]
    stayed: dict[str, str]


class PackDoc(Doc):
    """What `qyran store pack` prints."""

    schema_id: Literal["qyran.pack/1"] = Field("qyran.pack/1", alias="schema")
    results: str
    packed: list[PackedDoc]


class ExportDoc(Doc):
    """What `qyran store export --format json` prints: one metric of one case a row."""

    schema_id: Literal["qyran.export/1"] = Field("qyran.export/1", alias="schema")
    results: str
    selection: str
    rows: list[dict[str, Any]]
    damaged: list[str]
