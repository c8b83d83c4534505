"""How a roofline is drawn: ceilings, dots under them, and bars for the fractions of the bounds."""

from __future__ import annotations

from math import atan2, degrees
from typing import TYPE_CHECKING, Final, Literal

from matplotlib.transforms import ScaledTranslation

from harness.report import units
from harness.report.plots import canvas, labels, palette, scales
from harness.report.plots.kinds import roofline
from harness.report.plots.labels import Label, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.kinds.roofline import KernelDoc, RooflineDoc

_MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X", "p", "h", "<", ">", "*")
_TYPE: Final = "float64"
Line = list[tuple[float, float]]


def draw(doc: RooflineDoc, figure: Figure) -> None:
    """Both halves; without a bounded kernel the roof has all the room."""
    halves = figure.subplots(1, 2, width_ratios=[2.0, 1.0], squeeze=False)[0]
    roof, bars = halves
    _frame(doc, roof)
    lines = _ceilings(doc, roof)
    wanted, dots = _dots(doc, roof)
    _bars(doc, bars)
    labels.settle(figure)
    _name_ceilings(doc, roof)
    labels.place(roof, wanted, dots, lines)


def _look(doc: RooflineDoc, one: KernelDoc) -> tuple[str, str]:
    """Colour and marker of a case: both differ, for who sees one of them only."""
    cases = list(dict.fromkeys(other.case for other in doc.kernels))
    i = cases.index(one.case)
    return palette.SERIES[i % len(palette.SERIES)], _MARKERS[i % len(_MARKERS)]


def _peak(doc: RooflineDoc) -> float:
    return max(one.value for one in doc.peaks if one.type == _TYPE)


def _places(doc: RooflineDoc) -> dict[int, tuple[float, float]]:
    """Row -> intensity and flop rate; without traffic at the right edge."""
    right = _right(doc)
    return {
        i: (one.intensity or right, one.flop_rate)
        for i, one in enumerate(roofline.rows(doc))
        if one.flop_rate
    }


def _right(doc: RooflineDoc) -> float:
    known = [one.intensity for one in doc.kernels if one.intensity]
    ridge = max(_peak(doc) / one.value for one in doc.levels if one.level == doc.levels[-1].level)
    return 4.0 * max([ridge, *known])


def _left(doc: RooflineDoc) -> float:
    known = [one.intensity for one in doc.kernels if one.intensity]
    return min([1.0 / 16.0, *known]) / 6.0


def _frame(doc: RooflineDoc, axes: Axes) -> None:
    rates = [one.flop_rate for one in doc.kernels if one.flop_rate]
    low = min([*rates, doc.levels[-1].value * _left(doc)])
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(_left(doc), 1.5 * _right(doc))
    axes.set_ylim(low / 1.6, 1.9 * max(one.value for one in doc.peaks))
    hollow = any(one.flop_rate and not one.intensity for one in doc.kernels)
    about = "; hollow: counts no traffic" if hollow else ""
    axes.set_xlabel(f"flop for each byte of traffic (flop/B){about}")
    scales.decades(axes.yaxis, "flop/s")
    scales.halves(axes.xaxis)
    where = f"{doc.ranks} x {doc.threads} ranks x threads"
    axes.set_title(f"Roofline, {where}", loc="left", fontweight="bold")


def _ceilings(doc: RooflineDoc, axes: Axes) -> list[Line]:
    """A line for each level up to the peak, a horizontal one for each peak, with intervals."""
    drawn: list[Line] = []
    left, right, peak = _left(doc), 1.5 * _right(doc), _peak(doc)
    for level in doc.levels:
        line = [(left, left * level.value), (peak / level.value, peak)]
        ridge = peak / level.value
        axes.fill_between(
            [left, ridge], [left * level.low, ridge * level.low], [y for _, y in line],
            color=palette.MUTED, alpha=0.12, lw=0,
        )  # fmt: skip
        drawn.append(line)
    for one in doc.peaks:
        begin = min(peak / level.value for level in doc.levels)
        line = [(begin * one.value / peak, one.value), (right, one.value)]
        axes.fill_between(
            [x for x, _ in line], one.low, one.value, color=palette.MUTED, alpha=0.12, lw=0
        )
        drawn.append(line)
    for line, dashed in zip(drawn, _dashed(doc), strict=True):
        x, y = zip(*line, strict=True)
        axes.plot(x, y, color=palette.MUTED, lw=1.4, ls="--" if dashed else "-")
    return drawn


def _dashed(doc: RooflineDoc) -> list[bool]:
    return [False for _ in doc.levels] + [one.type != _TYPE for one in doc.peaks]


def _name_ceilings(doc: RooflineDoc, axes: Axes) -> None:
    """Names along the lines; the layout stands."""
    left = _left(doc)
    for level in doc.levels:
        begin, end = (axes.transData.transform((x, x * level.value)) for x in (left, 2 * left))
        angle = degrees(atan2(end[1] - begin[1], end[0] - begin[0]))
        words = f"{level.level} {units.si(level.value, 'B/s')}"
        below = level is doc.levels[-1]  # the others are above it, and may be near
        _along(axes, words, (left * 1.12, left * 1.12 * level.value), angle, below=below)
    for one in doc.peaks:
        words = f"FMA {one.type} {units.si(one.value, 'flop/s')}"
        _along(axes, words, (1.45 * _right(doc), one.value), 0.0, ha="right")


def _along(
    axes: Axes,
    words: str,
    at: tuple[float, float],
    angle: float,
    *,
    ha: Literal["left", "right"] = "left",
    below: bool = False,
) -> None:
    made = axes.annotate(
        words, at, (0, -4 if below else 4), textcoords="offset points", rotation=angle,
        rotation_mode="anchor", ha=ha, va="top" if below else "bottom", color=palette.MUTED,
        fontsize=11, annotation_clip=False,
    )  # fmt: skip
    made.set_in_layout(False)
    canvas.halo(made)


def _dots(doc: RooflineDoc, axes: Axes) -> tuple[list[Label], Line]:
    """A dot for each phase that computes; the names of those that get one, and all places."""
    places, kernels = _places(doc), roofline.rows(doc)
    for i, (x, y) in places.items():
        colour, marker = _look(doc, kernels[i])
        fill = colour if kernels[i].intensity else palette.PAPER
        canvas.dots(
            axes, [x], [y], [i], color=colour, marker=marker, markersize=7.5,
            markerfacecolor=fill, markeredgewidth=1.5,
        )  # fmt: skip
    few = len(places) <= roofline.LABELLED
    wanted = [
        Label(
            roofline.label(kernels[i], doc), at, weight="bold" if kernels[i].primary else "normal"
        )
        for i, at in sorted(places.items(), key=lambda one: not kernels[one[0]].primary)
        if few or kernels[i].primary
    ]
    return wanted, list(places.values())


def _bars(doc: RooflineDoc, axes: Axes) -> None:
    """The fraction of the bound of each phase, with its interval."""
    rows, kernels = roofline.bars(doc), roofline.rows(doc)
    axes.set_title("fraction of its bound", loc="left", fontweight="bold")
    axes.grid(visible=False, axis="y")
    most = max([1.0, *(kernels[i].fraction_high or 0.0 for i in rows)])
    axes.set_xlim(0.0, 1.12 * most)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    scales.percents(axes.xaxis)
    axes.set_xticks([0.0, 0.5, 1.0])
    axes.axvline(1.0, color=palette.MUTED, lw=1.4)
    axes.set_yticks(range(len(rows)), [canvas.plain(roofline.label(kernels[i], doc)) for i in rows])
    axes.tick_params(axis="y", length=0, pad=16)
    for place, i in enumerate(rows):
        _bar(doc, axes, place, i)


def _bar(doc: RooflineDoc, axes: Axes, place: int, row: int) -> None:
    one = roofline.rows(doc)[row]
    fraction, low, high = (x or 0.0 for x in (one.fraction, one.fraction_low, one.fraction_high))
    colour, marker = _look(doc, one)
    (bar,) = axes.barh([place], [fraction], height=0.62, color=colour)
    canvas.mark(bar, row)
    axes.plot([low, high], [place, place], color=palette.INK, lw=1.2)
    beside = ScaledTranslation(-9.0 / 72.0, 0.0, figure_of(axes).dpi_scale_trans)
    axes.plot(
        [0.0], [place], color=colour, marker=marker, markersize=7.5, clip_on=False,
        transform=axes.transData + beside,
    )  # fmt: skip
    canvas.halo(axes.annotate(
        units.percent(fraction), (max(fraction, high), place), (5, 0), textcoords="offset points",
        va="center_baseline", fontsize=11, annotation_clip=False,
    ))  # fmt: skip
