"""`qyran project` as a document and on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
from harness.report.units import binary, column, percent, seconds, si, si_range

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
    parts.append(_sizes(of))
    parts += [Text(line, style="dim") for line in (*_levels(of), *_bases(of.sizes[0]))]
    parts += [Text(""), _targets(of)]
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
    """A line a size; the unit of a column stands in its head."""
    unit, rmax = _column([one.rmax for one in of.sizes], ranges=True)
    hpcg_unit, hpcg = _column([one.hpcg for one in of.sizes])
    stream_unit, stream = _column([one.stream for one in of.sizes])
    power_unit, power = _column([one.power for one in of.sizes])
    heads = (("Rmax", unit), ("HPCG", hpcg_unit), ("STREAM", stream_unit), ("power", power_unit))
    first, *others = (f"{name} {unit}".rstrip() for name, unit in heads)
    table = new_table("nodes", first, "place", *others)
    for i, one in enumerate(of.sizes):
        place = _places(one.places)
        table.add_row(f"{one.nodes:,}", rmax[i], place, hpcg[i], stream[i], power[i])
    return table


def _column(of: Sequence[EstimateDoc | None], *, ranges: bool = False) -> tuple[str, list[str]]:
    """The unit that suits a column, and its cells: '230 (181 - 270)'."""
    known = [one for one in of if one is not None]
    if not known:
        return "", ["-"] * len(of)
    like = [one.value for one in known]
    unit, cells = column([one.value if one else None for one in of], known[0].unit, like)
    if ranges:
        lows = column([one.intervals[0].low for one in known], known[0].unit, like)[1]
        highs = column([one.intervals[0].high for one in known], known[0].unit, like)[1]
        cells = [f"{a} ({low} - {high})" for a, low, high in zip(cells, lows, highs, strict=True)]
    return unit, cells


def _range(of: EstimateDoc) -> str:
    first = of.intervals[0]
    return si_range(first.low, first.high, of.unit)


def _places(of: PlacesDoc) -> str:
    """'12 (10 - 15)', '-' for no place."""
    best, worst = (str(one) if one else "-" for one in (of.best, of.worst))
    return f"{of.place or '-'} ({best} to {worst})" if of.best else "-"


def _levels(of: ProjectDoc) -> Iterator[str]:
    one = of.sizes[0]
    share = percent(one.efficiency) if one.efficiency is not None else "an unknown part"
    total = one.parts.total or 1.0
    shown = {"panel": one.parts.panel / one.q, "swap": one.parts.swap, "update": one.parts.update}
    said = ", ".join(f"{name} {percent(value / total)}" for name, value in shown.items())
    yield f"ranges: a further system of this kind is inside with {percent(LEVEL)}"
    yield f"{one.nodes:,} nodes: {share} of the peak, N = {one.n:,}, grid {one.p} x {one.q}"
    yield f"time of HPL: {said}"


def _bases(of: SizeDoc) -> Iterator[str]:
    """What the other columns rest on, with the range of the first line."""
    for name, one in (("HPCG", of.hpcg), ("STREAM", of.stream), ("power", of.power)):
        if one is not None:
            span = f"{_range(one)}, " if one.intervals else ""
            yield f"{name}: {span}{one.basis}"


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
            f"{one.system}: listed {si(one.listed, 'flop/s')} on {one.nodes:,} nodes; predicted "
            f"without knowing it {si(one.predicted, 'flop/s')}, {one.ratio:.2f} of that, {place} "
            f"the {percent(one.level)} range"
        )
