"""One factorisation from its first column to its last: where the time goes, and at which rate.

Two panels over the columns: the share of each part of the time, and flop/s. What comes after the
last column has no place there, and stands in words below.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from harness.record.result import Timeline
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import palette
from kernels._support import linpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from harness.report.plots.listing import Cell

PANELS_PX: Final = (270.0, 230.0)
_RESOLUTION_S: Final = 1e-9
_PART_PX: Final = 110.0
_RATE_PX: Final = 175.0
_AXIS_PX: Final = 110.0
_LINE_PX: Final = 18.0
_MANY: Final = 24
LOOK: Final = {
    "panel": palette.SERIES[0],
    "broadcast": palette.SERIES[1],
    "swap": palette.SERIES[3],
    "update": palette.SERIES[2],
    "solve": palette.SERIES[4],
    "convert": palette.SERIES[5],
    "residual": palette.US,
    "else": palette.MISSING,
}
"""Part -> colour, in the order in which they are stacked."""


class IntervalDoc(Doc):
    """Some columns. columns, seconds : at its end, since the start, when the last rank was there.

    parts : s within it, means over the ranks; slowest : on the rank where the part took longest;
    flop_rate : within it, flop/s; flop_rate_so_far : since the start.
    """

    columns: int
    seconds: float
    flop_rate: float
    flop_rate_so_far: float
    parts: dict[str, float]
    slowest: dict[str, float]


class TimelineDoc(Doc):
    """A repetition, column by column. flop_rate : of all of it.

    seconds : of all of it; after : the parts of what came after the last column, means over the
    ranks, s. Flop are those of LU, 2/3 (n^3 - (n - columns)^3).
    """

    launch: int
    repetition: int
    seconds: float
    flop_rate: float
    intervals: list[IntervalDoc]
    after: dict[str, float]


def numbers(n: int, flop: float, timeline: Timeline) -> TimelineDoc:
    """The document of a timeline. n : order of the matrix; flop : of the whole repetition."""
    count = len(timeline.done)
    parts = [_parts(timeline.mean, at) for at in range(count)]
    slowest = [_parts(timeline.maximum, at) for at in range(count)]
    intervals, begun_s, begun_flop = [], 0.0, 0.0
    for at in range(count - 1):
        ended_s, done = timeline.seconds[at], linpack.factored(n, timeline.done[at])
        intervals.append(
            IntervalDoc(
                columns=timeline.done[at],
                seconds=ended_s,
                flop_rate=(done - begun_flop) / max(ended_s - begun_s, _RESOLUTION_S),
                flop_rate_so_far=done / max(ended_s, _RESOLUTION_S),
                parts=parts[at],
                slowest=slowest[at],
            )
        )
        begun_s, begun_flop = ended_s, done
    return TimelineDoc(
        launch=timeline.launch,
        repetition=timeline.repetition,
        seconds=timeline.seconds[-1],
        flop_rate=flop / timeline.seconds[-1],
        intervals=intervals,
        after=parts[-1],
    )


def _parts(of: Mapping[str, Sequence[float]], at: int) -> dict[str, float]:
    """The parts that took time there, in the order of `LOOK`."""
    ordered = [name for name in LOOK if name in of] + [name for name in of if name not in LOOK]
    return {name: of[name][at] for name in ordered if of[name][at] > 0.0}


def rows(case: str, one: TimelineDoc) -> list[tuple[Cell, ...]]:
    """A row for each part of each interval, then one for each interval; see `hpl_phases.table`."""
    made: list[tuple[Cell, ...]] = []
    whole: list[tuple[Cell, ...]] = []
    first = 0
    for at in one.intervals:
        where = (case, one.launch, one.repetition, first, at.columns)
        spent = sum(at.parts.values())
        made += [
            (*where, name, mean, at.slowest[name], spent, None) for name, mean in at.parts.items()
        ]
        whole.append((*where, "all", spent, None, one.seconds, at.flop_rate))
        first = at.columns
    return made + whole


def describe(one: TimelineDoc) -> str:
    """The shares at the beginning, in the middle and at the end, and the rate."""
    n = one.intervals[-1].columns
    middle = next(at for at in one.intervals if 2 * at.columns >= n)
    places = {"first": one.intervals[0], "middle": middle, "last": one.intervals[-1]}
    said = "; ".join(f"in the {name} columns {_shares(at.parts)}" for name, at in places.items())
    best = max(one.intervals, key=lambda at: at.flop_rate)
    high, last, whole = (
        units.si(rate, "flop/s")
        for rate in (best.flop_rate, one.intervals[-1].flop_rate, one.flop_rate)
    )
    return (
        f"Over the columns: {said}; {_after(one)}. The rate is highest up to column "
        f"{best.columns}, {high}, and {last} in the last ones; {whole} in all."
    )


def _shares(parts: Mapping[str, float]) -> str:
    whole = sum(parts.values())
    return ", ".join(f"{name} {units.percent(spent / whole)}" for name, spent in parts.items())


def _after(one: TimelineDoc) -> str:
    """What came after the last column, in words."""
    said = [
        f"{name} {units.seconds(spent)} ({units.percent(spent / one.seconds)})"
        for name, spent in one.after.items()
    ]
    return f"after the last column: {', '.join(said)}" if said else "nothing came after the last"


def draw(one: TimelineDoc, title: str, shares: Axes, rates: Axes, row: int) -> int:
    """Both panels; returns the row after those that they show. row : the first of `rows`."""
    from matplotlib.ticker import MaxNLocator

    from harness.report.plots import canvas

    rates.sharex(shares)
    shares.set_xlim(0.0, one.intervals[-1].columns)
    shares.xaxis.set_major_locator(MaxNLocator(_ticks(shares), integer=True))
    shares.tick_params(axis="x", labelbottom=False)
    rates.set_xlabel(canvas.plain(f"columns factored; {_after(one)}"))
    row = _shares_drawn(one, shares, row)
    headed(shares, title, dict.fromkeys(name for at in one.intervals for name in at.parts))
    return _rates_drawn(one, rates, row)


def _ticks(axes: Axes) -> int:
    return max(2, int(_width_px(axes) / 100.0))


def _edges(one: TimelineDoc) -> list[int]:
    return [0, *(at.columns for at in one.intervals)]


def _shares_drawn(one: TimelineDoc, axes: Axes, row: int) -> int:
    from harness.report.plots import canvas, scales

    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel("share of the time")
    scales.percents(axes.yaxis)
    axes.grid(visible=False)
    rim = 0.6 if len(one.intervals) <= _MANY else 0.0
    first = 0
    for at in one.intervals:
        whole, low = sum(at.parts.values()), 0.0
        for name, spent in at.parts.items():
            (bar,) = axes.bar(
                [first], [spent / whole], at.columns - first, low, align="edge", zorder=2.0,
                color=colour(name), edgecolor=palette.PAPER, linewidth=rim,
            )  # fmt: skip
            canvas.mark(bar, row)
            row, low = row + 1, low + spent / whole
        first = at.columns
    return row


def _rates_drawn(one: TimelineDoc, axes: Axes, row: int) -> int:
    from harness.report.plots import canvas, scales

    edges, rates = _edges(one), [at.flop_rate for at in one.intervals]
    so_far = [at.flop_rate_so_far for at in one.intervals]
    middles = [(a + b) / 2.0 for a, b in pairwise(edges)]
    scales.linear(axes.yaxis, "flop/s")
    axes.set_ylim(0.0, 1.12 * max(*rates, *so_far, one.flop_rate))
    axes.stairs(rates, edges, baseline=None, color=palette.INK, lw=1.4, label="in these columns")
    axes.plot(edges[1:], so_far, color=palette.MUTED, ls="--", lw=1.4, label="from the first on")
    whole = f"whole run, {units.si(one.flop_rate, 'flop/s')}"
    axes.axhline(one.flop_rate, color=palette.US, lw=1.6, label=whole)
    shown = list(range(row, row + len(rates)))
    canvas.dots(axes, middles, rates, shown, color=palette.INK, markersize=3.5)
    _legend(axes, axes.get_legend_handles_labels()[0], _RATE_PX)
    return row + len(rates)


def colour(part: str) -> str:
    """The colour of a part; one that is not known has that of the last series."""
    return LOOK.get(part, palette.SERIES[5])


def headed(axes: Axes, title: str, parts: Iterable[str]) -> None:
    """A title, and below it the colours of these parts."""
    from matplotlib.patches import Patch

    from harness.report.plots import canvas

    handles = [Patch(fc=colour(name), label=canvas.plain(name)) for name in parts]
    lines = _legend(axes, handles, _PART_PX)
    axes.set_title(canvas.plain(title), loc="left", fontweight="bold", pad=8.0 + _LINE_PX * lines)


def _legend(axes: Axes, handles: Sequence[Artist], entry_px: float) -> int:
    """Above the axes, in as many lines as the width asks for, which are returned."""
    columns = min(len(handles), max(1, int((_width_px(axes) - _AXIS_PX) / entry_px)))
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False,
        handlelength=1.4, fontsize=11, borderaxespad=0.2, labelspacing=0.2,
    )  # fmt: skip
    return -(-len(handles) // columns)


def _width_px(axes: Axes) -> float:
    """Of the figure."""
    from harness.report.plots import labels

    return float(labels.figure_of(axes).bbox.width)
