"""Which reference a metric is judged by: of the entries that fit, the most specific one.

A hardware key says more than the model of a CPU, that more than a cluster; then exact conditions on
parameters and geometry count, then bounds. Of entries as specific the one with the newer date wins.
What a suite says of its own case comes before all files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from harness.config.conditions import Condition
from harness.config.references import Placed
from harness.errors import ConfigError, unknown
from harness.plan.case import Case, Expected
from harness.plan.metrics import metrics

_SYSTEM: Final = {"hardware_key": 4, "cpu": 2, "cluster": 1}


@dataclass(frozen=True)
class Site:
    """The machine that is judged; "" where something is not known."""

    cluster: str = ""
    hardware_key: str = ""
    cpu: str = ""


@dataclass(frozen=True)
class Subject:
    """What is judged, without its numbers."""

    kernel: str
    parameters: Mapping[str, object]
    nodes: int
    ranks: int
    threads: int


@dataclass(frozen=True)
class Match:
    """An entry held against a case: the conditions that hold, and those that do not."""

    placed: Placed
    held: tuple[str, ...]
    failed: tuple[str, ...]
    rank: tuple[int, int, int]

    @property
    def fits(self) -> bool:
        """Whether all conditions hold."""
        return not self.failed

    @property
    def why(self) -> str:
        """``cluster laptop, n >= 20000``."""
        return ", ".join(self.held) or f"every {self.placed.entry.kernel}"


def applied(cases: Sequence[Case], entries: Sequence[Placed], site: Site) -> tuple[Case, ...]:
    """The cases with the references of the files that fit them.

    Raises ConfigError for a metric that the kernel has not, a unit that is not its own, and entries
    between which nothing decides.
    """
    return tuple(_applied(one, entries, site) for one in cases)


def _applied(case: Case, entries: Sequence[Placed], site: Site) -> Case:
    mine = [one for one in entries if one.entry.kernel == case.kernel]
    if not mine:
        return case
    found = {name: expected(one) for name, one in chosen(mine, subject(case), site).items()}
    units = {name: one.metric.unit for name, one in metrics(case.instance()).items()}
    for one in mine:
        _refuse_other(one, units)
    return replace(case, references={**found, **case.references})


def subject(case: Case) -> Subject:
    """A case as references see it."""
    at = case.geometry
    return Subject(case.kernel, case.parameters, at.nodes, at.ranks, at.threads)


def _refuse_other(one: Placed, units: Mapping[str, str]) -> None:
    entry = one.entry
    if entry.metric not in units:
        raise unknown(one.where, "metric", entry.metric, units)
    if entry.value.unit not in ("", units[entry.metric]):
        found = f"is in {entry.value.unit}, and {entry.metric} in {units[entry.metric]}"
        raise ConfigError(one.valued, found)


def chosen(entries: Sequence[Placed], judged: Subject, site: Site) -> dict[str, Match]:
    """Metric -> the entry that it is judged by; ConfigError if two are equal in everything."""
    found: dict[str, Match] = {}
    for one in matches(entries, judged, site):
        metric = one.placed.entry.metric
        other = found.get(metric)
        if one.fits and (other is None or _order(one) > _order(other)):
            found[metric] = one
        elif one.fits and other is not None and _order(one) == _order(other):
            raise ConfigError(
                one.placed.place,
                f"is as specific as {other.placed.place}, for {judged.kernel}.{metric}",
                fix="give one of them a further condition, or a newer date",
            )
    return found


def matches(entries: Sequence[Placed], judged: Subject, site: Site) -> list[Match]:
    """Every entry of the kernel, held against the case."""
    return [_match(one, judged, site) for one in entries if one.entry.kernel == judged.kernel]


def near(entries: Sequence[Placed], judged: Subject, site: Site, metric: str) -> list[Match]:
    """All entries of a metric, those that fail the fewest conditions first."""
    found = [one for one in matches(entries, judged, site) if one.placed.entry.metric == metric]
    return sorted(found, key=lambda one: len(one.failed))


def expected(match: Match) -> Expected:
    """What an entry says, with the place and the conditions that it was chosen by."""
    entry = match.placed.entry
    return Expected(
        value=entry.value.value,
        tolerance=entry.tolerance,
        source=entry.source,
        below=entry.below,
        above=entry.above,
        date=entry.date or "",
        n=entry.n,
        place=match.placed.place,
        why=match.why,
    )


def _order(one: Match) -> tuple[tuple[int, int, int], str]:
    return one.rank, one.placed.entry.date or ""


def _match(placed: Placed, judged: Subject, site: Site) -> Match:
    held: list[str] = []
    failed: list[str] = []
    for words, holds, found in _conditions(placed, judged, site):
        if holds:
            held.append(words)
        else:
            failed.append(f"{words} (here {found or 'unknown'})")
    system, entry = placed.entry.system, placed.entry
    conditions = [*entry.parameters.values(), *_geometry(placed).values()]
    exact = sum(one.is_exact for one in conditions)
    weight = sum(weight for name, weight in _SYSTEM.items() if getattr(system, name) is not None)
    return Match(placed, tuple(held), tuple(failed), (weight, exact, len(conditions) - exact))


def _conditions(placed: Placed, judged: Subject, site: Site) -> Iterator[tuple[str, bool, str]]:
    """Each condition in words, whether it holds, and what was found."""
    for name in _SYSTEM:
        wanted, found = getattr(placed.entry.system, name), getattr(site, name)
        if wanted is not None:
            yield f"{name} {wanted}", fnmatchcase(found.casefold(), wanted.casefold()), found
    for name, condition in placed.entry.parameters.items():
        value = judged.parameters.get(name)
        yield _said(name, condition), condition.holds(value), str(value)
    for name, condition in _geometry(placed).items():
        value = getattr(judged, name)
        yield _said(name, condition), condition.holds(value), str(value)


def _geometry(placed: Placed) -> dict[str, Condition]:
    at = placed.entry.geometry
    named = {"nodes": at.nodes, "ranks": at.ranks, "threads": at.threads}
    return {name: one for name, one in named.items() if one is not None}


def _said(name: str, condition: Condition) -> str:
    return f"{name} {condition}"
