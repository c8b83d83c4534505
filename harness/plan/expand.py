"""From a suite and the command line to drafts: one for each combination of swept values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.config import parameters as checking
from harness.config import suite as suites
from harness.config.yaml_file import Document, Path_
from harness.errors import ConfigError, unknown
from harness.plan import scaling
from harness.plan.case import Kind
from kernels import listing
from kernels.contract import Kernel, Value, parameters


@dataclass(frozen=True)
class Overrides:
    """What the command line changes in every case of a suite."""

    ranks: tuple[int, ...] | None = None
    threads: tuple[int, ...] | None = None
    nodes: tuple[int, ...] | None = None
    set: Mapping[str, str] = field(default_factory=dict)
    sweep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repetitions: int | None = None
    launches: int | None = None
    budget_s: float | None = None
    oversubscribe: bool = False
    scaling: Kind | None = None


@dataclass(frozen=True)
class Series:
    """A scaling series: an entry of the suite with one combination of swept values."""

    kind: Kind
    entry: int
    combination: int


@dataclass(frozen=True)
class Draft:
    """A case before its sizes are fitted. ``places`` says where each parameter was given.

    series : the scaling series it is part of; share : of the free memory that sizes chosen by
    `auto` may fill.
    """

    entry: suites.Case
    kernel: type[Kernel[Any]]
    given: dict[str, Value]
    places: dict[str, str]
    nodes: int
    ranks: int | None
    threads: int
    where: str
    series: Series | None = None
    share: float = 1.0


def drafts(suite: suites.Suite, document: Document, overrides: Overrides) -> list[Draft]:
    """All drafts of a suite; ConfigError for an unknown kernel, parameter or value."""
    kernels = [_kernel(entry, document, i) for i, entry in enumerate(suite.cases)]
    _all_used(kernels, overrides)
    return [
        draft
        for i, (entry, kernel) in enumerate(zip(suite.cases, kernels, strict=True))
        for draft in _of_entry(entry, kernel, document, i, overrides)
    ]


def _kernel(entry: suites.Case, document: Document, i: int) -> type[Kernel[Any]]:
    if entry.kernel not in listing.names():
        where = document.where(("cases", i, "kernel"))
        raise unknown(where, "kernel", entry.kernel, listing.names(), "`qyran list` shows them")
    return listing.load(entry.kernel)


def _all_used(kernels: list[type[Kernel[Any]]], overrides: Overrides) -> None:
    """A name given on the command line must belong to some kernel of the suite."""
    known = sorted({one.name for kernel in kernels for one in parameters(kernel)})
    for flag, names in (("--set", overrides.set), ("--sweep", overrides.sweep)):
        for name in names:
            if name not in known:
                raise unknown(flag, "parameter", name, known)


def _of_entry(
    entry: suites.Case,
    kernel: type[Kernel[Any]],
    document: Document,
    i: int,
    overrides: Overrides,
) -> Iterator[Draft]:
    choices, places = _choices(entry, kernel, document, i, overrides)
    kind = overrides.scaling or entry.scaling
    where = document.where(("cases", i))
    geometries = _geometries(entry, overrides, kind, where)
    combinations = [dict(zip(choices, one, strict=True)) for one in _product(choices)]
    for (nodes, ranks, threads), (j, given) in itertools.product(
        geometries, enumerate(combinations)
    ):
        series = Series(kind, i, j) if kind else None
        yield Draft(entry, kernel, given, places, nodes, ranks, threads, where, series)


def _geometries(
    entry: suites.Case, overrides: Overrides, kind: Kind | None, where: str
) -> list[scaling.Place]:
    nodes = overrides.nodes or entry.nodes
    ranks = overrides.ranks or entry.ranks or (None,)
    threads = overrides.threads or entry.threads
    each = None if overrides.ranks else entry.ranks_per_node
    if each and not kind:
        return [(one, each * one, count) for one, count in itertools.product(nodes, threads)]
    if each:
        raise ConfigError(where, "ranks_per_node makes no scaling series", fix="give `ranks`")
    if kind:
        return scaling.places(nodes, ranks, threads, where)
    return list(itertools.product(nodes, ranks, threads))


def _product(choices: dict[str, list[Value]]) -> Iterator[tuple[Value, ...]]:
    return itertools.product(*choices.values())


def _choices(
    entry: suites.Case,
    kernel: type[Kernel[Any]],
    document: Document,
    i: int,
    overrides: Overrides,
) -> tuple[dict[str, list[Value]], dict[str, str]]:
    """The values of each parameter given for this entry, and where each was given."""
    places: dict[str, str] = {}
    choices: dict[str, list[Value]] = {}
    fixed = {} if entry.parameters == "auto" else entry.parameters
    assert isinstance(fixed, dict)  # noqa: S101 - for the type checker
    for key, block in (("parameters", fixed), ("sweep", entry.sweep)):
        for name, value in block.items():
            path: Path_ = ("cases", i, key, name)
            where = places[name] = document.where(path)
            listed = value if key == "sweep" else [value]
            choices[name] = [checking.checked(kernel, name, one, where) for one in listed]
            _not_empty(choices[name], where)
    mine = {one.name for one in parameters(kernel)}
    for flag, values in (("--set", _single(overrides.set)), ("--sweep", overrides.sweep)):
        for name in (one for one in values if one in mine):
            where = places[name] = f"{flag} {name}"
            choices[name] = [checking.from_text(kernel, name, text, where) for text in values[name]]
    return choices, places


def _single(values: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: (text,) for name, text in values.items()}


def _not_empty(values: list[Value], where: str) -> None:
    if not values:
        raise ConfigError(where, "is an empty list: there is nothing to run")
