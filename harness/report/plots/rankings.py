"""A result among the lists of HPCG, HPL-MxP and Gflop/s/W: what their plots have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from harness.reference import other_lists, top500
from harness.reference.other_lists import Ranking
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.labels import Label
    from harness.report.plots.listing import Table

Line = list[tuple[float, float]]
Name = Literal["HPCG", "HPL-MxP", "Green500"]
_PLACES: Final = {"first": 1, "tenth": 10, "hundredth": 100}
_LINES: Final = {
    "first": ("no. 1", palette.SERIES[0]),
    "tenth": ("no. 10", palette.SERIES[4]),
    "hundredth": ("no. 100", palette.SERIES[2]),
    "last": ("the last", palette.SERIES[3]),
}


class PlaceDoc(Doc):
    """A list: values of some places, null where it has fewer entries; place : of the result."""

    list: str
    year: float
    entries: int
    first: float
    tenth: float | None
    hundredth: float | None
    last: float
    place: int | None


class RankingDoc(Doc):
    """What `qyran plot hpcg`, `hpl-mxp` and `green500` show. value : the result, null for none."""

    schema_id: Literal["qyran.plot-ranking/1"] = Field("qyran.plot-ranking/1", alias="schema")
    benchmark: Name
    unit: Literal["flop/s", "flop/s/W"]
    value: float | None
    sentence: str
    lists: Sequence[PlaceDoc]


def numbers(
    benchmark: Name, rankings: Sequence[Ranking], value: float | None, unit: str
) -> RankingDoc:
    """The document; ValueError for a value that is not finite and above 0."""
    lists = [_list(one, value) for one in rankings]
    return RankingDoc(
        benchmark=benchmark,
        unit="flop/s/W" if unit == "flop/s/W" else "flop/s",
        value=value,
        sentence=_sentence(lists) if value is not None else "",
        lists=lists,
    )


def _list(one: Ranking, value: float | None) -> PlaceDoc:
    places = {
        name: float(one.values[rank - 1]) if one.values.size >= rank else None
        for name, rank in _PLACES.items()
    }
    return PlaceDoc(
        list=one.key,
        year=one.year + (0.0 if one.month == 6 else 0.5),
        entries=int(one.values.size),
        first=float(one.values[0]),
        tenth=places["tenth"],
        hundredth=places["hundredth"],
        last=float(one.values[-1]),
        place=None if value is None else other_lists.among(value, one).place,
    )


def _sentence(lists: Sequence[PlaceDoc]) -> str:
    """``no. 1 until November 2019, place 12 on the newest list``."""
    led = [one for one in lists if one.place == 1]
    newest = lists[-1]
    first = f"no. 1 until {_label(led[-1])}" if led else "never no. 1"
    if newest.place is None:
        return f"{first}, below the last of the newest list"
    return f"{first}, place {newest.place} of {newest.entries} on the newest list"


def _label(one: PlaceDoc) -> str:
    return top500.label(int(one.list[:4]), int(one.list[5:]))


def size(doc: RankingDoc) -> tuple[float, float]:
    """Wide enough for names at the ends of the lines."""
    return 900.0, 460.0


def title(doc: RankingDoc) -> str:
    """The result in words, or what is shown."""
    if doc.value is None:
        return f"{doc.benchmark}: its lists"
    return f"{doc.benchmark} {units.si(doc.value, doc.unit)}: {doc.sentence}"


def describe(doc: RankingDoc) -> str:
    """The result in words, and what the lines are."""
    newest = doc.lists[-1]
    return (
        f"{title(doc)}. Lines: no. 1, 10, 100 and the last of {len(doc.lists)} lists, "
        f"{_label(doc.lists[0])} to {_label(newest)}, on a logarithmic axis. On the newest, no. 1 "
        f"has {units.si(newest.first, doc.unit)} and the last of {newest.entries} "
        f"{units.si(newest.last, doc.unit)}."
    )


def table(doc: RankingDoc) -> Table:
    """A row for each list."""
    unit = doc.unit
    head = (
        "list", "place of this result", "entries", f"no. 1 ({unit})", f"no. 10 ({unit})",
        f"no. 100 ({unit})", f"the last ({unit})",
    )  # fmt: skip
    rows = [
        (one.list, one.place, one.entries, one.first, one.tenth, one.hundredth, one.last)
        for one in doc.lists
    ]
    return head, rows


def draw(doc: RankingDoc, figure: Figure) -> None:
    """A line for each place, and the result across all years."""
    from harness.report.plots import labels, scales

    axes = figure.add_subplot()
    axes.set_yscale("log")
    first, last = doc.lists[0].year, doc.lists[-1].year
    axes.set_xlim(first - 0.5, last + 0.22 * (last - first) + 0.5)
    values = [one.last for one in doc.lists] + [one.first for one in doc.lists]
    values += [doc.value] if doc.value else []
    axes.set_ylim(min(values) / 3.0, max(values) * 4.0)
    axes.set_ylabel(doc.benchmark)
    axes.grid(visible=False, axis="x")
    scales.decades(axes.yaxis, doc.unit)
    axes.set_xticks(range(int(first) + 1, int(last) + 1, 2))
    axes.set_title(title(doc), loc="left", fontweight="bold")
    lines, names = _draw_lines(doc, axes)
    us = _draw_us(doc, axes)
    labels.at_ends(axes, names, 16.0)
    if doc.value is not None:
        lines.append([(first, doc.value), (last, doc.value)])
    labels.place(axes, us, [], lines)


def _draw_lines(doc: RankingDoc, axes: Axes) -> tuple[list[Line], list[Label]]:
    """The lines, what is drawn in data coordinates, and the names of their ends."""
    from harness.report.plots import canvas
    from harness.report.plots.labels import Label

    drawn, names = [], []
    for name, (words, colour) in _LINES.items():
        points = [
            (i, one.year, value)
            for i, one in enumerate(doc.lists)
            if (value := getattr(one, name)) is not None
        ]
        if not points:
            continue
        rows, x, y = (list(one) for one in zip(*points, strict=True))
        axes.plot(x, y, color=colour)
        canvas.dots(axes, x, y, rows, color=colour, markersize=3.0)
        names.append(Label(f"{words}\n{units.si(y[-1], doc.unit)}", (x[-1], y[-1]), colour))
        drawn.append(list(zip(x, y, strict=True)))
    return drawn, names


def _draw_us(doc: RankingDoc, axes: Axes) -> list[Label]:
    """The result: thick while it would have led, thinner while listed, dotted elsewhere."""
    from harness.report.plots.labels import Label

    if doc.value is None:
        return []
    value, years = doc.value, [one.year for one in doc.lists]
    axes.plot([years[0], years[-1]], [value] * 2, color=palette.US, lw=1.4, ls=":")
    for width, wanted in ((2.4, None), (5.0, 1)):
        on = [one.year for one in doc.lists if one.place and wanted in (None, one.place)]
        if len(on) > 1:
            axes.plot([on[0], on[-1]], [value] * 2, color=palette.US, lw=width)
    return [Label("this result", (years[len(years) // 3], value), palette.US, "bold")]
