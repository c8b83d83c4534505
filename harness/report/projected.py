"""`qyran project` as a document and on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from harness.projection import hpl
from harness.projection.predict import Estimate, Model, Prediction, nodes_for, predict
from harness.projection.scatter import LEVELS
from harness.reference import top500
from harness.report.project_document import (
    EstimateDoc,
    InputDoc,
    IntervalDoc,
    PartsDoc,
    PlacesDoc,
    ProjectDoc,
    SizeDoc,
    TargetDoc,
)
from harness.report.table import new_table
from harness.report.units import binary, percent, seconds, si, si_range

LEVEL = LEVELS[0]
_UNITS: Mapping[str, str] = {
    "peak": "flop/s", "dgemm": "flop/s", "memory": "B", "stream_peak": "B/s", "triad": "B/s",
    "power": "W", "latency": "s", "bandwidth": "B/s",
}  # fmt: skip
_NAMES: Mapping[str, str] = {
    "peak": "peak of a node", "dgemm": "dgemm of a node", "memory": "memory of a node",
    "stream_peak": "memory bandwidth, peak", "triad": "triad of a node", "power": "power of a node",
    "latency": "network latency", "bandwidth": "network bandwidth",
}  # fmt: skip


def size(of: Prediction, newest: top500.List) -> SizeDoc:
    """A prediction with its places."""
    low, high = of.rmax.intervals[LEVEL]
    return SizeDoc(
        nodes=of.nodes,
        used=of.used,
        p=of.shape[0],
        q=of.shape[1],
        n=of.order,
        rpeak=of.rpeak,
        rmax=_estimate(of.rmax, "flop/s"),
        efficiency=of.rmax.value / of.rpeak if of.rpeak else None,
        parts=_parts(of.parts),
        hpcg=_estimate(of.hpcg, "flop/s") if of.hpcg else None,
        stream=_estimate(of.triad, "B/s") if of.triad else None,
        power=_estimate(of.power, "W") if of.power else None,
        places=PlacesDoc(
            list=newest.key,
            place=top500.place(of.rmax.value, newest),
            level=LEVEL,
            best=top500.place(high, newest),
            worst=top500.place(low, newest),
        ),
    )


def _estimate(of: Estimate, unit: str) -> EstimateDoc:
    intervals = [
        IntervalDoc(level=level, low=low, high=high) for level, (low, high) in of.intervals.items()
    ]
    return EstimateDoc(value=of.value, unit=unit, intervals=intervals, basis=of.basis)


def _parts(of: hpl.Parts) -> PartsDoc:
    return PartsDoc(
        total=of.seconds, panel=of.panel, broadcast=of.broadcast, swap=of.swap, update=of.update
    )


def target(of: Model, place: int, newest: top500.List) -> TargetDoc:
    """How many nodes it takes for a place of the newest list."""
    rmax = float(newest.rmax[place - 1])
    low, high = of.typical.interval(LEVEL)
    count = nodes_for(of, rmax)
    power = predict(of, count).power if count else None
    return TargetDoc(
        place=place,
        list=newest.key,
        rmax=rmax,
        nodes=count,
        level=LEVEL,
        fewest=nodes_for(of, rmax, high),
        most=nodes_for(of, rmax, low),
        power=power.value if power else None,
    )


def inputs(of: Model, values: Mapping[str, float]) -> list[InputDoc]:
    """The figures that were known, in one order."""
    sources = of.machine.sources
    return [
        InputDoc(name=name, value=values[name], unit=unit, source=sources[name])
        for name, unit in _UNITS.items()
        if name in values
    ]


def rendered(of: ProjectDoc) -> RenderableType:
    """What a person reads."""
    parts: list[RenderableType] = [Text(_head(of), style="bold"), *_known(of), Text("")]
    parts += [_sizes(of), Text(_levels(of), style="dim"), Text(""), _targets(of)]
    for line in (*_against(of), *(f"! {note}" for note in of.notes)):
        parts.append(Text(line))
    return Group(*parts)


def _head(of: ProjectDoc) -> str:
    planned = ", planned" if of.planned else ""
    return f"{of.title or of.cluster} (cluster {of.cluster}, partition {of.partition}{planned})"


def _known(of: ProjectDoc) -> Iterator[RenderableType]:
    table = new_table("known", "value", "from")
    for one in of.inputs:
        table.add_row(_NAMES[one.name], _in_unit(one), one.source)
    part = f", {percent(of.sustained)} of the peak" if of.sustained is not None else ""
    table.add_row("sustained in HPL", f"{si(of.node_rate, 'flop/s')}{part}", of.basis)
    yield table


def _in_unit(of: InputDoc) -> str:
    if of.unit == "s":
        return seconds(of.value)
    return binary(of.value) if of.unit == "B" else si(of.value, of.unit)


def _sizes(of: ProjectDoc) -> RenderableType:
    table = new_table("nodes", "Rmax", "", "place", "HPCG", "STREAM", "power")
    for one in of.sizes:
        table.add_row(
            f"{one.nodes:,}",
            si(one.rmax.value, "flop/s"),
            _range(one.rmax),
            _places(one.places),
            _value(one.hpcg),
            _value(one.stream),
            _value(one.power),
        )
    return table


def _value(of: EstimateDoc | None) -> str:
    return si(of.value, of.unit) if of else "-"


def _range(of: EstimateDoc) -> str:
    first = of.intervals[0]
    return si_range(first.low, first.high, of.unit)


def _places(of: PlacesDoc) -> str:
    """'12 (10 - 15)', '-' for no place."""
    best, worst = (str(one) if one else "-" for one in (of.best, of.worst))
    return f"{of.place or '-'} ({best} to {worst})" if of.best else "-"


def _levels(of: ProjectDoc) -> str:
    one = of.sizes[0]
    share = percent(one.efficiency) if one.efficiency is not None else "an unknown part"
    total = one.parts.total or 1.0
    hidden = {"panel": one.parts.panel / one.q, "swap": one.parts.swap, "update": one.parts.update}
    said = ", ".join(f"{name} {percent(value / total)}" for name, value in hidden.items())
    return (
        f"ranges hold a further such system with {percent(LEVEL)}; at {one.nodes:,} nodes: "
        f"{share} of the peak, N = {one.n:,}, grid {one.p} x {one.q}, {said} of the time"
    )


def _targets(of: ProjectDoc) -> RenderableType:
    table = new_table("place", "of the list", "asks for", "nodes", "", "power")
    for one in of.targets:
        span = f"{_count(one.fewest)} - {_count(one.most)}"
        power = si(one.power, "W")
        table.add_row(
            str(one.place), one.list, si(one.rmax, "flop/s"), _count(one.nodes), span, power
        )
    return table


def _count(nodes: int | None) -> str:
    return f"{nodes:,}" if nodes is not None else "too many"


def _against(of: ProjectDoc) -> Iterator[str]:
    one = of.against
    if one is not None:
        place = "inside" if one.inside else "outside"
        yield (
            f"{one.system}: listed {si(one.listed, 'flop/s')} on {one.nodes:,} nodes, predicted "
            f"{si(one.predicted, 'flop/s')} without knowing it: {one.ratio:.2f}, {place} the "
            f"{percent(one.level)} interval"
        )
