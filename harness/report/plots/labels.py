"""Names beside dots, placed so that they cover neither each other nor what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import fmean
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from harness.report.plots import canvas, palette

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in px, y upwards."""

# Where a label may stand beside its dot, the best first: of its box, what touches the dot.
_SIDES: Final = (
    ("left", "center", 1.0, 0.0), ("right", "center", -1.0, 0.0),
    ("left", "bottom", 0.7, 0.7), ("right", "bottom", -0.7, 0.7),
    ("left", "top", 0.7, -0.7), ("right", "top", -0.7, -0.7),
    ("center", "bottom", 0.0, 1.0), ("center", "top", 0.0, -1.0),
)  # fmt: skip
_AWAY: Final = (7.0, 16.0, 28.0, 42.0, 60.0)
_LEADER_FROM: Final = 12.0
_DOT: Final = 5.0
_BETWEEN: Final = 3.0
_COVERS: Final = 40.0
_OUTSIDE: Final = 400.0


@dataclass(frozen=True)
class Label:
    """A name at a point in data coordinates."""

    text: str
    at: Point
    colour: str = palette.INK
    weight: str = "normal"
    size: float = 11.0


@dataclass
class _Scene:
    """What is there already, px."""

    frame: Box
    axes: Box
    dots: list[Point]
    lines: list[Point]
    boxes: list[Box]

    def cost(self, box: Box) -> float:
        """0 for free ground; more for each thing that a label there would cover."""
        found = _COVERS * sum(_overlap(box, one) for one in self.boxes)
        found += 8.0 * sum(_inside(box, one, _DOT) for one in self.dots)
        found += 3.0 * sum(_inside(box, one, 2.0) for one in self.lines)
        found += 4.0 * _beyond(box, self.axes)
        return found + _OUTSIDE * _beyond(box, self.frame)


def place(
    axes: Axes,
    wanted: Sequence[Label],
    dots: Iterable[Point] = (),
    lines: Iterable[Sequence[Point]] = (),
) -> None:
    """Write the labels; the layout of the figure is fixed from then on.

    dots, lines : in data coordinates, what is not to be covered beside the points of the labels;
    wanted : the first ones have the choice.
    """
    figure = figure_of(axes)
    settle(figure)
    scene = _Scene(
        _extent(figure_of(axes).bbox, 4.0),
        _extent(axes.bbox, 0.0),
        [_px(axes, one) for one in (*(one.at for one in wanted), *dots)],
        [one for line in lines for one in _along([_px(axes, at) for at in line])],
        _written(figure),
    )
    for one in wanted:
        _write(axes, one, scene)


def figure_of(axes: Axes) -> Figure:
    """The figure that axes belong to."""
    found = axes.get_figure(root=True)
    if not isinstance(found, Figure):
        raise TypeError("the axes are in no figure")
    return found


def settle(figure: Figure) -> None:
    """Lay the figure out now, and keep it so: from here on pixels are known.

    Nothing is drawn for it, and what was laid out once stays so.
    """
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.execute(figure)
        figure.set_layout_engine("none")


def at_ends(axes: Axes, wanted: Sequence[Label], right: float) -> None:
    """Names of lines, px to the right of their ends, moved up or down so that each can be read.

    wanted : of no file, so that they may have lines. The layout of the figure is fixed then.
    """
    settle(figure_of(axes))
    listed = sorted(wanted, key=lambda one: one.at[1])
    heights = [_px(axes, one.at)[1] for one in listed]
    gap = max((_size(axes, one, one.text)[1] for one in listed), default=0.0) + _BETWEEN
    for one, y, moved in zip(listed, heights, spread(heights, gap), strict=True):
        canvas.halo(axes.annotate(
            one.text, one.at, (right, moved - y), textcoords="offset points",
            va="center", color=palette.text(one.colour), fontsize=one.size, linespacing=1.15,
        ))  # fmt: skip


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """The places nearest to what is wanted, least squares, that are a gap apart or more.

    wanted : rising. Neighbours that are too near share the middle of where they want to be.
    """
    groups: list[list[float]] = []
    for i, one in enumerate(wanted):
        groups.append([one - i * gap])
        while len(groups) > 1 and fmean(groups[-2]) > fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    level = [fmean(group) for group in groups for _ in group]
    return [one + i * gap for i, one in enumerate(level)]


def _write(axes: Axes, label: Label, scene: _Scene) -> None:
    width, height = _size(axes, label, canvas.plain(label.text))
    x, y = _px(axes, label.at)
    found = []
    for rank, (ha, va, dx, dy) in enumerate(_SIDES):
        for away in _AWAY:
            corner = (x + dx * away, y + dy * away)
            cost = scene.cost(_box(corner, width, height, ha, va)) + 0.3 * rank + 0.15 * away
            found.append((cost, ha, va, dx * away, dy * away))
    _, ha, va, right, up = min(found, key=lambda one: one[0])
    scene.boxes.append(_box((x + right, y + up), width, height, ha, va))
    _annotate(axes, label, (right, up), ha, va)


def _annotate(axes: Axes, label: Label, offset: Point, ha: str, va: str) -> None:
    far = hypot(*offset) > _LEADER_FROM
    leader = {"arrowstyle": "-", "color": palette.AXIS, "lw": 0.8, "shrinkA": 0, "shrinkB": 4}
    made = axes.annotate(
        canvas.plain(label.text),
        label.at,
        offset,
        textcoords="offset points",
        ha=ha,
        va="center_baseline" if va == "center" else va,
        color=palette.text(label.colour),
        fontsize=label.size,
        fontweight=label.weight,
        annotation_clip=False,
        zorder=5.0,
        arrowprops=leader if far else None,
    )
    made.set_in_layout(False)
    canvas.halo(made)


def _size(axes: Axes, label: Label, words: str) -> tuple[float, float]:
    """Width and height of a text in the look of a label, px."""
    figure = figure_of(axes)
    text = figure.text(0, 0, words, fontsize=label.size, fontweight=label.weight)
    box = text.get_window_extent()
    text.remove()
    return box.width, box.height


def _written(figure: Figure) -> list[Box]:
    """Where there is text already."""
    texts = (one for one in figure.findobj(Text) if one.get_visible() and one.get_text())
    found = (one.get_window_extent() for one in texts)
    return [(float(one.x0), float(one.y0), float(one.x1), float(one.y1)) for one in found]


def _box(corner: Point, width: float, height: float, ha: str, va: str) -> Box:
    x, y = corner
    left = {"left": x, "right": x - width, "center": x - width / 2}[ha]
    low = {"bottom": y, "top": y - height, "center": y - height / 2}[va]
    return left, low, left + width, low + height


def _px(axes: Axes, at: Point) -> Point:
    x, y = axes.transData.transform(at)
    return float(x), float(y)


def _extent(box: BboxBase, margin: float) -> Box:
    """Labels must not leave the figure, and had better not leave the axes."""
    x0, y0, x1, y1 = box.extents
    return float(x0) + margin, float(y0) + margin, float(x1) - margin, float(y1) - margin


def _along(line: Sequence[Point], step: float = 8.0) -> list[Point]:
    """Points on a line, so many px apart."""
    found: list[Point] = list(line[:1])
    for (x0, y0), (x1, y1) in pairwise(line):
        n = max(1, int(hypot(x1 - x0, y1 - y0) / step))
        found += [(x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n) for i in range(1, n + 1)]
    return found


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] + 2 and b[0] < a[2] + 2 and a[1] < b[3] and b[1] < a[3]


def _inside(box: Box, at: Point, margin: float) -> bool:
    x, y = at
    return box[0] - margin < x < box[2] + margin and box[1] - margin < y < box[3] + margin


def _beyond(box: Box, frame: Box) -> bool:
    return box[0] < frame[0] or box[1] < frame[1] or box[2] > frame[2] or box[3] > frame[3]
