"""Two sides of a comparison, each some recorded runs: what of one belongs to what of the other.

Cases meet by their series. What only one side has, or what failed there, stays in the table with
the reason: nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from harness.judge.stats.spread import Spread
from harness.record.recorded import Recorded, Summary

Name = Literal["A", "B"]
Runs = tuple[tuple[float, ...], ...]
"""The median of each launch: [run][launch], in the base unit of the metric."""


@dataclass(frozen=True)
class Pair:
    """A metric on both sides, before it is judged.

    series : of side A, else of side B; cases : one of each side, None where there is none; first,
    second : empty where a side has no result; missing, barred : why it cannot be compared because
    a side lacks it, or although both have it; note : what the reader should know; spread : of
    earlier runs.
    """

    series: str
    cases: tuple[Recorded | None, Recorded | None]
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    primary: bool
    first: Runs
    second: Runs
    missing: str = ""
    barred: str = ""
    note: str = ""
    spread: Spread | None = None

    @property
    def case(self) -> Recorded:
        """The case of one side, for its name and parameters."""
        return next(one for one in self.cases if one is not None)


Spreads = Mapping[tuple[str, str], Spread | None]
"""(series, metric) -> the spread of earlier runs."""
Sided = Mapping[str, Sequence[Recorded]]
"""The cases of a side by series."""


def pairs(
    first: Iterable[Recorded],
    second: Iterable[Recorded],
    spreads: Spreads | None = None,
    *,
    across: bool = False,
) -> list[Pair]:
    """A pair for each metric that a side has; for a case without any, one without a metric.

    across : machines may differ, and cases that are alike but for ranks and threads may meet.
    """
    one, other = _by_series(first), _by_series(second)
    matched = {series: series for series in one if series in other}
    if across:
        matched |= _alike(one, other)
    found: list[Pair] = []
    for series, cases in one.items():
        theirs = other.get(matched.get(series, ""), ())
        found += _Case(series, cases, theirs, other, spreads or {}, across).pairs()
    left = [series for series in other if series not in matched.values()]
    for series in left:
        found += _Case(series, (), other[series], one, spreads or {}, across).pairs()
    return found


def _by_series(cases: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = {}
    for one in cases:
        found.setdefault(one.series, []).append(one)
    return found


def _alike(one: Sided, other: Sided) -> dict[str, str]:
    """Series that are the same but for ranks and threads, where no other is as well."""
    mine, theirs = (_by_work(side, against) for side, against in ((one, other), (other, one)))
    return {
        mine[work][0]: theirs[work][0]
        for work in mine
        if len(mine[work]) == 1 and len(theirs.get(work, ())) == 1
    }


def _by_work(side: Sided, against: Sided) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for series, cases in side.items():
        if series not in against:
            case = cases[0]
            given = sorted((k, v) for k, v in case.parameters.items() if k not in case.fitted)
            found.setdefault(f"{case.kernel} {case.version} {case.nodes} {given}", []).append(
                series
            )
    return found


@dataclass(frozen=True)
class _Case:
    """A case on both sides. elsewhere : all of the side that may lack it."""

    series: str
    first: Sequence[Recorded]
    second: Sequence[Recorded]
    elsewhere: Sided
    spreads: Spreads
    across: bool

    def pairs(self) -> Iterator[Pair]:
        """A pair for each metric."""
        mine, theirs = _measured(self.first), _measured(self.second)
        barred, note = self._keys(mine, theirs), self._notes(mine, theirs)
        cases = (_last(mine or self.first), _last(theirs or self.second))
        for name, primary in _metrics((*mine, *theirs)).items():
            sides = [[one for one in side if name in one.metrics] for side in (mine, theirs)]
            summary = (sides[0] or sides[1])[-1].metrics[name]
            missing = "" if all(sides) else self._missing(name, sides)
            yield Pair(
                self.series,
                cases,
                name,
                summary.unit,
                summary.better,
                primary,
                _launches(sides[0], name),
                _launches(sides[1], name),
                missing=missing,
                barred="" if missing else barred or _sizes(summary, sides) or _units(name, sides),
                note=note,
                spread=self.spreads.get((self.series, name)),
            )
        if not mine and not theirs:
            reason = "; ".join(_failed(side, "AB"[i]) for i, side in self._sides() if side)
            yield Pair(self.series, cases, "", "", "higher", True, (), (), missing=reason)

    def _sides(self) -> list[tuple[int, Sequence[Recorded]]]:
        return [(0, self.first), (1, self.second)]

    def _missing(self, metric: str, sides: list[list[Recorded]]) -> str:
        """Why a side has no such metric."""
        lacking: Name = "B" if sides[0] else "A"
        cases = self.second if lacking == "B" else self.first
        if not cases:
            return f"{lacking} has no such case{self._nearly(lacking)}"
        if _measured(cases):
            return f"{lacking} has no metric {metric}"
        return _failed(cases, lacking)

    def _nearly(self, lacking: Name) -> str:
        """What the side has instead, if only the version of the kernel or the ranks differ."""
        case = (self.first or self.second)[0]
        same = [
            one
            for cases in self.elsewhere.values()
            for one in cases[:1]
            if one.kernel == case.kernel and _given(one) == _given(case)
        ]
        for one in same:
            if one.version != case.version:
                return f": its {one.kernel} is of version {one.version}, not {case.version}"
        return f": it has {_geometry(same[0])}, not {_geometry(case)}" if same else ""

    def _keys(self, mine: Sequence[Recorded], theirs: Sequence[Recorded]) -> str:
        """Why the machines do not allow a comparison."""
        if self.across or not mine or not theirs:
            return ""
        for name, side in (("A", mine), ("B", theirs)):
            keys = {one.origin.hardware_key for one in side}
            if len(keys) > 1:
                return f"{name} holds runs of {len(keys)} kinds of hardware"
            if "" in keys:
                return f"the hardware of {name} is unknown"
        if mine[-1].origin.hardware_key != theirs[-1].origin.hardware_key:
            return "the hardware differs"
        return ""

    def _notes(self, mine: Sequence[Recorded], theirs: Sequence[Recorded]) -> str:
        notes = []
        for name, passed, side in (("A", mine, self.first), ("B", theirs, self.second)):
            if passed and len(passed) < len(side):
                lost = len(side) - len(passed)
                notes.append(
                    f"{lost} of {len(side)} runs of {name} have no result and are left out"
                )
        if mine and theirs:
            if _geometry(mine[-1]) != _geometry(theirs[-1]):
                notes.append(f"{_geometry(mine[-1])} in A, {_geometry(theirs[-1])} in B")
            if fitted := _fitted(mine, theirs):
                notes.append(f"fitted to the machine: {fitted}")
        return "; ".join(notes)


def _measured(cases: Sequence[Recorded]) -> list[Recorded]:
    return [one for one in cases if one.metrics]


def _last(cases: Sequence[Recorded]) -> Recorded | None:
    return cases[-1] if cases else None


def _metrics(cases: Iterable[Recorded]) -> dict[str, bool]:
    """The names of all metrics, and whether each stands for its kernel."""
    found: dict[str, bool] = {}
    for one in cases:
        found |= {name: name == one.primary for name in one.metrics if name not in found}
    return found


def _launches(cases: Sequence[Recorded], metric: str) -> Runs:
    return tuple(one.metrics[metric].launches for one in cases)


def _failed(cases: Sequence[Recorded], name: str) -> str:
    last = cases[-1]
    return f"{last.outcome} in {name}" + (f": {last.reason}" if last.reason else "")


def _given(case: Recorded) -> dict[str, object]:
    return {k: v for k, v in case.parameters.items() if k not in case.fitted}


def _geometry(case: Recorded) -> str:
    nodes = f" on {case.nodes} nodes" if case.nodes > 1 else ""
    return f"{case.ranks} x {case.threads}{nodes}"


def _fitted(mine: Sequence[Recorded], theirs: Sequence[Recorded]) -> str:
    """``n 20000 in A, 24000 in B``, of the parameters that differ."""
    words = []
    for name in dict.fromkeys((*mine[-1].fitted, *theirs[-1].fitted)):
        values = [sorted({str(one.parameters.get(name, "-")) for one in s}) for s in (mine, theirs)]
        if values[0] != values[1] or len(values[0]) > 1:
            words.append(f"{name} {'/'.join(values[0])} in A, {'/'.join(values[1])} in B")
    return ", ".join(words)


_WORK: Final = "a time of other work: "


def _sizes(summary: Summary, sides: list[list[Recorded]]) -> str:
    """A cost depends on the size: other fitted sizes are other work. Rates are compared."""
    differ = _fitted(*sides) if summary.better == "lower" else ""
    return _WORK + differ if differ else ""


def _units(metric: str, sides: list[list[Recorded]]) -> str:
    units = {(one.metrics[metric].unit, one.metrics[metric].better) for s in sides for one in s}
    if len(units) == 1:
        return ""
    return "its unit or its direction is another: " + ", ".join(sorted(unit for unit, _ in units))
