"""The record of an acceptance, to which lines are added and nothing else.

``results/<cluster>/<id>/accept.jsonl``: what was asked for, which node ended which stage how, and
the runs that belong to it. Killed at any moment it holds all that was finished: a line that is torn
is the last one, and was not finished.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.record import store

NAME: Final = store.ACCEPTANCE
SCHEMA: Final = "qyran.acceptance/1"

How = Literal["passed", "re-test", "rejected", "not tested"]
"""How a node ended a stage: the first two go on to the next one."""
GOES_ON: Final = ("passed", "re-test")


@dataclass(frozen=True)
class Asked:
    """What was asked for; an acceptance that is resumed goes on with it.

    nodes : all of them, in order; words : of the command line, for messages; cluster_file,
    contract, baseline : paths or ""; runner : here or queue; timeout_s : in the queue.
    """

    id: str
    nodes: tuple[str, ...]
    stages: tuple[str, ...]
    runner: str
    cluster: str
    partition: str | None
    cluster_file: str
    launcher: str | None
    contract: str
    baseline: str
    quick: bool
    at_once: int
    timeout_s: float | None
    command: tuple[str, ...]
    started: float

    @property
    def tag(self) -> str:
        """The tag of all its runs: ``accept-a1b2c3``."""
        return f"accept-{self.short}"

    @property
    def short(self) -> str:
        """What it is called on a command line: ``a1b2c3``."""
        return self.id.rpartition("-")[2]


@dataclass(frozen=True)
class NodeEnd:
    """How a node ended a stage. run : its folder, or ""."""

    node: str
    ended: How
    reason: str = ""
    run: str = ""


@dataclass
class StageRecord:
    """A stage that was begun. nodes : those that came to it; ended : s since 1970, or None."""

    stage: str
    nodes: tuple[str, ...]
    started: float
    ended: float | None = None
    ends: dict[str, NodeEnd] = field(default_factory=dict)


def new(now: float) -> str:
    """``20261128T231500Z-accept-a1b2c3``."""
    return store.new_id("accept", now)


class Log:
    """The record of one acceptance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / NAME

    def begin(self, asked: Asked) -> None:
        """Make the folder and the first line; CannotMeasure if that is impossible."""
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise CannotMeasure(
                str(self.folder),
                f"the results folder cannot be made: {error.strerror}",
                fix="record elsewhere with --results DIR",
            ) from error
        self._add("asked", schema=SCHEMA, **asdict(asked))

    def stage(self, stage: str, nodes: tuple[str, ...]) -> None:
        """A stage begins."""
        self._add("stage", stage=stage, nodes=nodes, time=time.time())

    def run(self, stage: str, node: str, run: str) -> None:
        """A run of a stage was finished: its node need not be measured again."""
        self._add("run", stage=stage, node=node, run=run)

    def node(self, stage: str, end: NodeEnd) -> None:
        """A node ended a stage."""
        self._add("node", stage=stage, **asdict(end))

    def end(self, stage: str) -> None:
        """All nodes ended a stage."""
        self._add("end", stage=stage, time=time.time())

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """What a stage found, for those after it and for the report."""
        self._add("kept", name=name, content=content)

    def _add(self, event: str, **what: Any) -> None:
        line = json.dumps({"event": event, **what}, separators=(",", ":")) + "\n"
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(descriptor, self._mend() + line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise CannotMeasure(
                str(self._file), f"cannot be written: {error.strerror}", fix="free some space"
            ) from error

    def _mend(self) -> bytes:
        """A newline behind a line that a killed process left torn."""
        with self._file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if not size:
                return b""
            file.seek(size - 1)
            return b"" if file.read(1) == b"\n" else b"\n"


@dataclass
class Known:
    """What a record holds. runs : (stage, node) -> name of the finished run; kept : by name."""

    asked: Asked
    stages: dict[str, StageRecord] = field(default_factory=dict)
    runs: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)


def read(folder: Path) -> Known:
    """The record of an acceptance; CorruptStore if it has no beginning."""
    where = folder / NAME
    events = _events(where)
    first = next(events, {})
    names = {one.name for one in fields(Asked)}
    if first.get("schema") != SCHEMA or names - first.keys():
        raise CorruptStore(str(where), "is no record of an acceptance", known=SCHEMA)
    known = Known(Asked(**{name: _tuple(first[name]) for name in names}))
    for one in events:
        _take(known, one)
    return known


def _events(where: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = where.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise CorruptStore(str(where), f"cannot be read: {error.strerror}") from error
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue  # torn
        if isinstance(found, dict):
            yield found


def _take(known: Known, one: dict[str, Any]) -> None:
    match one.get("event"):
        case "stage":
            begun = StageRecord(one["stage"], tuple(one["nodes"]), one["time"])
            known.stages.setdefault(one["stage"], begun)
        case "run":
            known.runs[one["stage"], one["node"]] = one["run"]
        case "node":
            end = NodeEnd(one["node"], one["ended"], one["reason"], one["run"])
            known.stages[one["stage"]].ends[one["node"]] = end
        case "end":
            known.stages[one["stage"]].ended = one["time"]
        case "kept":
            known.kept[one["name"]] = one["content"]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def folders(results: Path) -> list[Path]:
    """The folders of all acceptances, oldest first."""
    found = [one.parent for cluster in store.clusters(results) for one in cluster.glob(f"*/{NAME}")]
    return sorted(found, key=lambda one: one.name)


def find(results: Path, name: str) -> Path:
    """An acceptance by its id, a part of it, or "last"; ConfigError if it is not found."""
    known = folders(results)
    fitting = known[-1:] if name == "last" else [one for one in known if name in one.name]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(one.name for one in known[-5:]) or "none"
    found = f"{name!r} fits {len(fitting)} acceptances in {results}" if fitting else (
        f"there is no acceptance {name!r} in {results}"
    )  # fmt: skip
    raise ConfigError("--resume", found, known=names)
