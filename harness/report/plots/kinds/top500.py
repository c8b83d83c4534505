"""An HPL result against the TOP500 lists since 1993, on a log axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from harness.reference import systems as named
from harness.reference import top500
from harness.reference.standing import Standing, sentence, standing
from harness.reference.systems import System
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.labels import Label
    from harness.report.plots.listing import Table

TITLE: Final = "TOP500 through the years"
HELP: Final = "an HPL result against no. 1, 10, 100, 500 and the sum of every list since 1993"
NEEDS: Final = "rate"
Line = list[tuple[float, float]]
_COUNTRY: Final = "Kazakhstan"
_SHOWN: Final = (
    "Tianhe-1A", "Titan", "Tianhe-2", "Sunway TaihuLight", "Fugaku", "Frontier", "El Capitan",
    "LineShine",
)  # fmt: skip
_PLACES: Final = {"first": 1, "tenth": 10, "hundredth": 100, "last": 500}
_COLOURS: Final = {
    "total": palette.MUTED,
    "first": palette.SERIES[0],
    "tenth": palette.SERIES[4],
    "hundredth": palette.SERIES[2],
    "last": palette.SERIES[3],
}


class ListDoc(Doc):
    """A list: Rmax of some places and of all, flop/s; place : of the result, null if on none."""

    list: str
    year: float
    first: float
    tenth: float
    hundredth: float
    last: float
    total: float
    place: int | None


class SystemDoc(Doc):
    """A named system at its best Rmax, flop/s. doubt : what is unverified about it."""

    system: str
    country: str
    list: str
    year: float
    rank: int | None
    rmax: float
    doubt: str


class Top500Doc(Doc):
    """What `qyran plot top500` shows. source : where ``rmax`` comes from.

    last_led, last_listed : the last list which it would have led, or on which it would have been;
    null for none.
    """

    schema_id: Literal["qyran.plot-top500/1"] = Field("qyran.plot-top500/1", alias="schema")
    rmax: float
    unit: Literal["flop/s"] = "flop/s"
    source: str
    sentence: str
    last_led: str | None
    last_listed: str | None
    lists: Sequence[ListDoc]
    systems: Sequence[SystemDoc]


DOCUMENT: Final = Top500Doc


def numbers(rmax: float, source: str) -> Top500Doc:
    """The document for a result of `rmax` flop/s; ValueError as in `top500.positive`."""
    found = standing(rmax)
    return Top500Doc(
        rmax=found.rmax,
        source=source,
        sentence=sentence(found),
        last_led=found.last_led.key if found.last_led else None,
        last_listed=found.last_listed.key if found.last_listed else None,
        lists=_lists(found),
        systems=[doc for one in named.systems() if _is_shown(one) for doc in _system(one)],
    )


def _lists(found: Standing) -> list[ListDoc]:
    return [
        ListDoc(
            list=one.key,
            year=_year(one.year, one.month),
            total=one.total,
            place=at.place,
            **{name: float(one.rmax[rank - 1]) for name, rank in _PLACES.items()},
        )
        for one, at in zip(top500.lists(), found.places, strict=True)
    ]


def _year(year: int, month: int) -> float:
    """Lists are half a year apart."""
    return year + (0.0 if month == 6 else 0.5)


def _is_shown(one: System) -> bool:
    return one.short in _SHOWN or one.country == _COUNTRY


def _system(one: System) -> list[SystemDoc]:
    """Its document; none if no list or no Rmax of it is known."""
    entry, rmax = one.best, one.best.figure("rmax")
    if rmax.value is None or entry.list is None:
        return []
    return [
        SystemDoc(
            system=one.short,
            country=one.country,
            list=entry.key,
            year=_year(*entry.list),
            rank=entry.rank,
            rmax=rmax.value,
            doubt=rmax.doubt,
        )
    ]


def size(doc: Top500Doc) -> tuple[float, float]:
    """Wide enough for names at the ends of the lines."""
    return 900.0, 560.0


def describe(doc: Top500Doc) -> str:
    """The result in words, and what the lines are."""
    newest = doc.lists[-1]
    return (
        f"HPL {units.si(doc.rmax, doc.unit)} ({doc.source}): {doc.sentence}. Lines: Rmax of no. 1, "
        f"10, 100 and 500 and the sum of all 500 systems on {len(doc.lists)} TOP500 lists, "
        f"{_label(doc.lists[0].list)} to {_label(newest.list)}, on a logarithmic axis. On the "
        f"newest, no. 1 has {units.si(newest.first, doc.unit)} and no. 500 "
        f"{units.si(newest.last, doc.unit)}."
    )


def table(doc: Top500Doc) -> Table:
    """A row for each list, then one for each system."""
    head = (
        "list", "place of this result", "no. 1 (flop/s)", "no. 10 (flop/s)", "no. 100 (flop/s)",
        "no. 500 (flop/s)", "sum (flop/s)", "system", "its place", "its Rmax (flop/s)",
    )  # fmt: skip
    lists = [
        (one.list, one.place, one.first, one.tenth, one.hundredth, one.last, one.total, None, None,
         None)
        for one in doc.lists
    ]  # fmt: skip
    systems = [(one.list, *(None,) * 6, _name(one), one.rank, one.rmax) for one in doc.systems]
    return head, [*lists, *systems]


def _name(one: SystemDoc) -> str:
    return f"{one.system} ({one.doubt})" if one.doubt else one.system


def _label(key: str) -> str:
    return top500.label(int(key[:4]), int(key[5:]))


def draw(doc: Top500Doc, figure: Figure) -> None:
    """Lines of the lists, dots of the systems, and this result across all years."""
    from harness.report.plots import labels, scales

    axes = figure.add_subplot()
    axes.set_yscale("log")
    first, last = doc.lists[0], doc.lists[-1]
    axes.set_xlim(first.year - 0.5, last.year + 7.0)
    axes.set_ylim(min(first.last, doc.rmax) / 4.0, max(last.total, doc.rmax) * 6.0)
    axes.set_ylabel("HPL Rmax")
    axes.grid(visible=False, axis="x")
    scales.decades(axes.yaxis, doc.unit)
    axes.set_xticks(range(1995, int(last.year) + 1, 5))
    axes.set_title(
        f"HPL {units.si(doc.rmax, doc.unit)}: {doc.sentence}", loc="left", fontweight="bold"
    )
    lines, names = _draw_lists(doc, axes)
    lines.append([(first.year, doc.rmax), (last.year, doc.rmax)])
    wanted = [*_draw_us(doc, axes), *_draw_systems(doc, axes)]
    labels.at_ends(axes, names, 26.0)
    labels.place(axes, wanted, [(one.year, one.rmax) for one in doc.systems], lines)


def _draw_lists(doc: Top500Doc, axes: Axes) -> tuple[list[Line], list[Label]]:
    """A line for each place, what is drawn in data coordinates, and the names of their ends."""
    from harness.report.plots import canvas
    from harness.report.plots.labels import Label

    drawn, names, rows = [], [], list(range(len(doc.lists)))
    for name, colour in _COLOURS.items():
        points = [(one.year, getattr(one, name)) for one in doc.lists]
        x, y = zip(*points, strict=True)
        axes.plot(x, y, color=colour, linestyle="--" if name == "total" else "-")
        canvas.dots(axes, x, y, rows, color=colour, markersize=2.5)
        words = f"no. {_PLACES[name]}" if name in _PLACES else "sum of all 500"
        names.append(Label(f"{words}\n{units.si(y[-1], doc.unit)}", (x[-1], y[-1]), colour))
        drawn.append(points)
    return drawn, names


def _draw_us(doc: Top500Doc, axes: Axes) -> list[Label]:
    """The result: thick while it would have led, thinner while listed, dotted before and after."""
    from harness.report.plots import canvas
    from harness.report.plots.labels import Label

    first, last = doc.lists[0].year, doc.lists[-1].year
    turns = {one.list: i for i, one in enumerate(doc.lists)}
    parts: list[tuple[float, float, dict[str, Any]]] = [(first, last, {"lw": 1.4, "ls": ":"})]
    if doc.last_listed:
        start = next(one.year for one in doc.lists if one.place)
        parts.append((start, doc.lists[turns[doc.last_listed]].year, {"lw": 2.4}))
    if doc.last_led:
        parts.append((first, doc.lists[turns[doc.last_led]].year, {"lw": 5.0}))
    for begin, end, look in parts:
        axes.plot([begin, end], [doc.rmax] * 2, color=palette.US, solid_capstyle="butt", **look)
    rows = sorted({turns[one] for one in (doc.last_led, doc.last_listed) if one})
    years = [doc.lists[i].year for i in rows]
    canvas.dots(axes, years, [doc.rmax] * len(rows), rows, color=palette.US, markersize=7)
    if not rows:
        return [Label("this result, on no list", (last, doc.rmax), palette.US, "bold")]
    return [Label(_turn(doc, i), (doc.lists[i].year, doc.rmax), palette.US, "bold") for i in rows]


def _turn(doc: Top500Doc, i: int) -> str:
    """What to say at a list: the last one that it would have led, or been on."""
    one = doc.lists[i]
    if i == len(doc.lists) - 1:
        return f"place {one.place}, {_label(one.list)}"
    return f"last {'no. 1' if one.list == doc.last_led else 'listed'} {_label(one.list)}"


def _draw_systems(doc: Top500Doc, axes: Axes) -> list[Label]:
    """A dot for each, hollow where the figure is in doubt, a diamond for those of the country."""
    from harness.report.plots import canvas
    from harness.report.plots.labels import Label

    for i, one in enumerate(doc.systems):
        canvas.dots(
            axes, [one.year], [one.rmax], [len(doc.lists) + i],
            color=palette.INK, markerfacecolor=palette.PAPER if one.doubt else palette.INK,
            marker="D" if one.country == _COUNTRY else "o", markersize=6,
        )  # fmt: skip
    return [Label(_name(one), (one.year, one.rmax)) for one in doc.systems]
