"""Measurements that were made elsewhere: CSV or JSON lines, a value a line."""

from __future__ import annotations

import csv
import json
import shlex
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from harness.errors import ConfigError, did_you_mean
from harness.judge.fleet import hints
from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Ints, Measurements, Metric
from harness.record.foreign.model import in_base_units

REQUIRED: Final = ("node", "metric", "value", "unit", "better")
OPTIONAL: Final = ("rank", "repetition", "time", "peer")
_FORMS: Final = (
    "node, metric, value, unit, better; and rank, repetition, time, peer if there are any"
)
_NO_VALUE: Final = frozenset({"", "-", "na", "n/a", "nan", "none", "null"})
_MOST: Final = 10_000_000
_SHOWN: Final = 60
"""Characters of what was found that are shown."""
_BETTER: Final[dict[str, Literal["higher", "lower"]]] = {"higher": "higher", "lower": "lower"}

Row = Sequence[Any]
"""The cells of a line in the order of ``REQUIRED`` and ``OPTIONAL``; None where there is none."""


@dataclass
class _Columns:
    """The table while it is read; a line of the file each.

    of_pairs : its nodes are pairs, with names made here; line : where each value stands.
    """

    name: str
    of_pairs: bool = False
    nodes: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    known: list[Metric] = field(default_factory=list)
    spelled: dict[tuple[str, str, str], tuple[int, float]] = field(default_factory=dict)
    node: array[int] = field(default_factory=lambda: array("q"))
    metric: array[int] = field(default_factory=lambda: array("q"))
    rank: array[int] = field(default_factory=lambda: array("q"))
    repetition: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))
    line: array[int] = field(default_factory=lambda: array("q"))

    def wrong(
        self, line: int, column: str, found: object, known: str, fix: str = ""
    ) -> ConfigError:
        text = repr(found)
        short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        return ConfigError(f"{self.name}:{line}: {column}", f"found {short}", known, fix)

    def named(self, line: int, column: str, name: str, what: str) -> str:
        """A name without blanks around it; ConfigError if it is none, or cannot be printed."""
        if not name.strip():
            raise self.wrong(line, column, name, f"the name of {what}")
        if problem := hints.of_name(name.strip()):
            raise ConfigError(f"{self.name}:{line}: {column}", problem)
        return name.strip()

    def add(self, line: int, row: Row) -> None:
        """Take a line; ConfigError names the line and the column of what is wrong."""
        node, metric, value, unit, better, rank, repetition, _, _ = row
        known = self.spelled.get((metric, unit, better))
        at, factor = known or self._new(line, metric, unit, better)
        place = self.nodes.get(node)
        self.node.append(self._node(line, node) if place is None else place)
        self.metric.append(at)
        self.value.append(self._value(line, value) * factor)
        self.rank.append(self._index(line, "rank", rank))
        self.repetition.append(self._index(line, "repetition", repetition))
        self.line.append(line)

    def _node(self, line: int, node: str) -> int:
        name = node if self.of_pairs else self.named(line, "node", node, "a node")
        return self.nodes.setdefault(name, len(self.nodes))

    def _new(self, line: int, metric: str, unit: str, better: str) -> tuple[int, float]:
        """A metric that is new, or known and now written in another way."""
        name = self.named(line, "metric", metric, "a metric")
        way = _BETTER.get(better.strip().casefold())
        if way is None:
            raise self.wrong(line, "better", better, "higher, lower")
        if not unit.strip() or hints.of_name(unit.strip()):
            raise self.wrong(line, "unit", unit, "a unit such as GB/s, Gflop/s, us; 1 for a number")
        factor, base = in_base_units(1.0, unit)
        made = Metric(name, base, way)
        at = self.metrics.setdefault(name, len(self.known))
        if at == len(self.known):
            self.known.append(made)
        before = self.known[at]
        if before.unit != base:
            fix = "one unit for a metric, or two names"
            known_ = f"{before.unit}, with factors such as G and M, in the lines before"
            raise self.wrong(line, "unit", unit, known_, fix)
        if before != made:
            fix = "one direction for a metric, or two names"
            raise self.wrong(line, "better", better, f"{before.better}, in the lines before", fix)
        self.spelled[metric, unit, better] = at, factor
        return at, factor

    def _value(self, line: int, value: Any) -> float:
        try:
            if value is None or isinstance(value, bool):
                raise ValueError
            if isinstance(value, str) and "_" in value:  # 1_000 is a number to Python alone
                raise ValueError
            return float(value)
        except (TypeError, ValueError, OverflowError):
            if value is None or (isinstance(value, str) and value.strip().casefold() in _NO_VALUE):
                return float("nan")
            fix = hints.of_value(value)
            raise self.wrong(line, "value", value, "a number, or nan", fix) from None

    def _index(self, line: int, column: str, value: Any) -> int:
        """-1 where the file does not say it."""
        if value is None or value == "":
            return -1
        try:
            found = -1 if isinstance(value, bool | float) else int(value)
        except (TypeError, ValueError):
            found = -1
        if not 0 <= found <= _MOST:
            raise self.wrong(line, column, value, f"a whole number from 0 to {_MOST}")
        return found


@dataclass(frozen=True)
class Read:
    """What a file holds. table : of nodes, the ends of pairs among them; pairs : None if none."""

    table: Measurements
    pairs: Pairs | None


class _PairNames:
    """Pairs as rows of a table of their own: a link has no direction."""

    def __init__(self) -> None:
        self.ends: dict[str, tuple[str, str]] = {}

    def name(self, node: str, peer: str) -> str:
        one, two = sorted((node, peer), key=natural)
        made = f"{one}\0{two}"
        self.ends[made] = one, two
        return made


def read(path: Path) -> Read:
    """The table of a file; ``.jsonl``, ``.ndjson`` and ``.json`` hold JSON lines, else it is CSV.

    Lines without a repetition are counted as they come. Raises ConfigError with file, line and
    column for what cannot be read, and for a value that is there twice.
    """
    lines = _json_lines if path.suffix in (".jsonl", ".ndjson", ".json") else _csv_lines
    nodes, pairs, names = _Columns(str(path)), _Columns(str(path), of_pairs=True), _PairNames()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in lines(nodes.name, file):
                peer = row[-1]
                if peer is None or peer == "":
                    nodes.add(line, row)
                else:
                    pair = _pair(nodes, names, line, row[0], peer)
                    pairs.add(line, (pair, *row[1:]))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        where, fix = hints.undecodable(path)
        raise ConfigError(where, "is not UTF-8 text", fix=fix) from error
    if not nodes.value and not pairs.value:
        raise ConfigError(str(path), "holds no measurement", known=_FORMS, fix=hints.of_head(""))
    if both := set(nodes.metrics) & set(pairs.metrics):
        raise ConfigError(
            str(path), f"metric {min(both)!r} is of nodes and of pairs", fix="two names"
        )
    return _read(nodes, pairs, names)


def _pair(columns: _Columns, names: _PairNames, line: int, node: str, peer: Any) -> str:
    if not isinstance(peer, str) or not peer.strip() or peer.strip() == node.strip():
        raise columns.wrong(line, "peer", peer, "the name of another node")
    return names.name(
        columns.named(line, "node", node, "a node"), columns.named(line, "peer", peer, "a node")
    )


def _read(nodes: _Columns, pairs: _Columns, names: _PairNames) -> Read:
    """Both tables; nodes that only pairs name are nodes too."""
    ends = [one for both in names.ends.values() for one in both]
    for name in ends:
        nodes.nodes.setdefault(name, len(nodes.nodes))
    table = _table(nodes)
    if not pairs.value:
        return Read(table, None)
    made = _table(pairs)
    place = {name: at for at, name in enumerate(table.nodes)}
    at = [[place[end] for end in names.ends[pair]] for pair in made.nodes]
    return Read(table, Pairs(made, np.array(at, np.int64)))


def _csv_lines(name: str, file: Iterable[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(file, strict=True)
    try:
        head = [one.strip().casefold() for one in next(reader, [])]
        if not any(head):
            where = f"{name}:1" if reader.line_num else name
            raise ConfigError(where, "is empty", known=_FORMS, fix=hints.of_head(""))
        take = _places(name, head)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(head):
                where = f"{name}:{reader.line_num}"
                found = f"has {len(cells)} columns, the first line has {len(head)}"
                raise ConfigError(where, found, known=", ".join(head))
            yield reader.line_num, take(cells)
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        reason = "a quotation mark is not closed" if unclosed else error
        raise ConfigError(f"{name}:{reader.line_num}", f"is not CSV: {reason}") from error


def _places(name: str, head: list[str]) -> Callable[[list[str]], Row]:
    """From the cells of a line to a `Row`."""
    for wanted in REQUIRED:
        if wanted not in head:
            near = [one for one in head if one not in (*REQUIRED, *OPTIONAL)]
            hint = did_you_mean(wanted, near)
            found = f"column {wanted!r} is missing{hint}"
            fix = "" if hint else hints.of_head(",".join(head))
            raise ConfigError(f"{name}:1", found, known=_FORMS, fix=fix)
    if twice := {one for one in head if head.count(one) > 1}:
        raise ConfigError(f"{name}:1", f"column {min(twice)!r} is there twice", known=_FORMS)
    at = [head.index(one) if one in head else len(head) for one in (*REQUIRED, *OPTIONAL)]
    pick = itemgetter(*at)

    def take(cells: list[Any]) -> Row:
        cells.append(None)  # stands for every column that is not there
        row: Row = pick(cells)
        return row

    return take


def _json_lines(name: str, file: Iterable[str]) -> Iterator[tuple[int, Row]]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{name}:{line}", f"is not JSON: {error}") from error
        if not isinstance(found, dict):
            fix = f"an object a line: jq -c '.[]' {shlex.quote(name)} > lines.jsonl"
            raise ConfigError(f"{name}:{line}", "is no JSON object", known=_FORMS, fix=fix)
        for wanted in REQUIRED:
            if wanted not in found:
                hint = did_you_mean(wanted, set(found) - {*REQUIRED, *OPTIONAL})
                raise ConfigError(f"{name}:{line}", f"{wanted!r} is missing{hint}", known=_FORMS)
            if wanted != "value" and not isinstance(found[wanted], str):
                raise ConfigError(f"{name}:{line}: {wanted}", f"found {found[wanted]!r}", "text")
        yield line, [found.get(one) for one in (*REQUIRED, *OPTIONAL)]


def _table(columns: _Columns) -> Measurements:
    """Nodes in natural order: node2 before node10."""
    node, metric, rank, repetition, line = (
        np.frombuffer(one, np.int64)
        for one in (
            columns.node, columns.metric, columns.rank, columns.repetition, columns.line
        )
    )  # fmt: skip
    names = list(columns.nodes)
    order = sorted(range(len(names)), key=lambda one: natural(names[one]))
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    found = Measurements(
        nodes=tuple(names[one] for one in order),
        metrics=tuple(columns.known),
        node=place[node],
        metric=metric,
        repetition=repetition,
        rank=rank,
        value=np.frombuffer(columns.value, np.float64),
    )
    return _counted(found, columns.name, line)


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts node2 before node10."""
    key: list[tuple[int, int, str]] = []
    digits = ""
    for one in name + "\0":
        if one.isascii() and one.isdigit():
            digits += one
            continue
        if digits:
            key.append((0, int(digits), digits))
            digits = ""
        key.append((1, 0, one))
    return key


def _counted(table: Measurements, name: str, line: Ints) -> Measurements:
    """Repetitions that the file does not number are numbered; the same one twice is an error."""
    key = table.cell * (int(table.rank.max(initial=-1)) + 2) + table.rank + 1
    order = np.lexsort((line, table.repetition, key))
    same = np.zeros(len(order), bool)
    same[1:] = key[order][1:] == key[order][:-1]
    given = table.repetition[order]
    twice = np.flatnonzero(same & (given >= 0) & (given == np.roll(given, 1)))
    if twice.size:
        first, second = line[order[twice[0] - 1]], line[order[twice[0]]]
        raise ConfigError(
            f"{name}:{second}: repetition",
            f"{given[twice[0]]} of this node, metric and rank stands in line {first} already",
        )
    start = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    repetition = np.empty_like(given)
    repetition[order] = np.where(given < 0, np.arange(len(order)) - start, given)
    return Measurements(
        table.nodes, table.metrics, table.node, table.metric, repetition, table.rank, table.value
    )
