"""Every pair of nodes as a matrix: bandwidth, latency, or what else was measured of pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Floats, cells
from harness.judge.fleet.verdict import Judged
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Table

TITLE: Final = "Pairs of nodes"
HELP: Final = "a matrix of what was measured between each two nodes, slow links marked"
NEEDS: Final = "pairs"
MOST: Final = 100
"""Nodes up to which every pair is a mark of its own."""
_NAMED: Final = 20
_SAID: Final = 10
_NAME_PX: Final = 7.2
"""Of a character of a name: more than it takes."""
_CLASSES: Final = 9
_TAIL: Final = 2.0
"""Percent at both ends that share the last colour: one slow link must not bleach the others."""


class PairDoc(Doc):
    """Two nodes, by their places in ``nodes``; the median of their repetitions, null for none."""

    a: int
    b: int
    value: float | None


class SlowDoc(Doc):
    """A link that is slower than its ends explain; deficit : a fraction of what is expected."""

    a: int
    b: int
    verdict: str
    value: float
    expected: float
    deficit: float


class MatrixDoc(Doc):
    """A metric of all pairs, in ``unit``."""

    metric: str
    unit: str
    better: Literal["higher", "lower"]
    median: float | None
    pairs: list[PairDoc]
    slow: list[SlowDoc]


class PairsDoc(Doc):
    """What `qyran plot pairs` shows."""

    schema_id: Literal["qyran.plot-pairs/1"] = Field("qyran.plot-pairs/1", alias="schema")
    source: str
    nodes: list[str]
    matrices: list[MatrixDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        n, named = len(self.nodes), len(_named(self))
        self.left_out = f"{named} of {n} nodes are named at the edges" if named < n else ""


DOCUMENT: Final = PairsDoc


def numbers(found: Judged, pairs: Pairs, source: str) -> PairsDoc:
    """The matrices of measured pairs. found : the fleet that they belong to, judged."""
    value = cells(pairs.table).value
    matrices = [_matrix(found, pairs, value, k) for k in range(len(pairs.table.metrics))]
    return PairsDoc(source=source, nodes=list(found.table.nodes), matrices=matrices)


def _matrix(found: Judged, pairs: Pairs, value: Floats, column: int) -> MatrixDoc:
    metric = pairs.table.metrics[column]
    known = value[:, column][np.isfinite(value[:, column])]
    ends = pairs.ends.tolist()
    return MatrixDoc(
        metric=metric.name,
        unit=metric.unit,
        better=metric.better,
        median=float(np.median(known)) if known.size else None,
        pairs=[
            PairDoc(a=a, b=b, value=float(one) if math.isfinite(one) else None)
            for (a, b), one in zip(ends, value[:, column], strict=True)
        ],
        slow=[
            SlowDoc(
                a=one.a, b=one.b, verdict="reject" if one.grade == 3 else "re-test",
                value=one.value, expected=one.expected, deficit=one.deficit,
            )
            for one in found.links
            if found.table.metrics[one.metric].name == metric.name
        ],
    )  # fmt: skip


def size(doc: PairsDoc) -> tuple[float, float]:
    """Two matrices side by side."""
    rows = -(-len(doc.matrices) // 2)
    return 900.0, 470.0 * rows if len(doc.matrices) > 1 else 780.0


def describe(doc: PairsDoc) -> str:
    """The medians, and every slow link."""
    return " ".join(_sentence(doc, one) for one in doc.matrices)


def _sentence(doc: PairsDoc, one: MatrixDoc) -> str:
    slow = ", ".join(
        f"{doc.nodes[link.a]} - {doc.nodes[link.b]} {units.si(link.value, one.unit)}"
        for link in one.slow[:_SAID]
    )
    slow += f" and {len(one.slow) - _SAID} more" if len(one.slow) > _SAID else ""
    return (
        f"{one.metric} between {len(doc.nodes)} nodes, {units.counted(len(one.pairs), 'pair')}: "
        f"median {units.si(one.median, one.unit)}; slow links: {slow or 'none'}."
    )


def table(doc: PairsDoc) -> Table:
    """A row for each pair and metric."""
    head = ("metric", "node", "peer", "value", "unit", "slow")
    rows: list[Sequence[str | float | None]] = []
    for one in doc.matrices:
        slow = {(link.a, link.b): link.verdict for link in one.slow}
        rows += [
            (one.metric, doc.nodes[at.a], doc.nodes[at.b], at.value, one.unit,
             slow.get((at.a, at.b), ""))
            for at in one.pairs
        ]  # fmt: skip
    return head, rows


def draw(doc: PairsDoc, figure: Figure) -> None:
    """A matrix for each metric; dark is worse."""
    from harness.report.plots import canvas

    panels = canvas.side_by_side(figure, len(doc.matrices))
    first_row = 0
    for axes, one in zip(panels, doc.matrices, strict=True):
        _draw(doc, one, axes, first_row)
        first_row += len(one.pairs)


def _draw(doc: PairsDoc, one: MatrixDoc, axes: Axes, first_row: int) -> None:
    from harness.report.plots import canvas

    n = len(doc.nodes)
    axes.set_title(
        canvas.plain(f"{one.metric}, median {units.si(one.median, one.unit)}"),
        loc="left", fontweight="bold",
    )  # fmt: skip
    axes.set_xlim(0, n)
    axes.set_ylim(n, 0)
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    places = _named(doc)
    names = [canvas.plain(doc.nodes[i]) for i in places]
    axes.set_xticks([i + 0.5 for i in places], names, rotation=90)
    axes.set_yticks([i + 0.5 for i in places], names)
    if n > MOST:
        _picture(one, axes, n)
    else:
        _squares(one, axes, first_row)
    _slow(one, axes)
    _legend(one, axes, max(map(len, names), default=0))


def _named(doc: PairsDoc) -> range:
    """The nodes that have room for their name: each, or each second and so on."""
    n = len(doc.nodes)
    return range(0, n, max(1, -(-n // _NAMED)))


def bounds(one: MatrixDoc) -> list[float]:
    """Where the classes of colour end, from the worst to the best."""
    known = np.array([at.value for at in one.pairs if at.value is not None])
    if not known.size:
        return []
    low, high = np.percentile(known, [_TAIL, 100.0 - _TAIL])
    steps: list[float] = np.linspace(low, high, _CLASSES + 1)[1:-1].tolist()
    return steps if one.better == "higher" else steps[::-1]


def _class(one: MatrixDoc, value: float, ends: Sequence[float]) -> int:
    """0 for the worst."""
    return sum(value > end if one.better == "higher" else value < end for end in ends)


def _legend(one: MatrixDoc, axes: Axes, longest: int) -> None:
    """What the ends of the colours stand for, below the names. longest : of them, characters."""
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    from harness.report.plots.labels import figure_of

    ends, colours = bounds(one), _colours()
    if not ends:
        return
    worst, best = (units.si(end, one.unit) for end in (ends[0], ends[-1]))
    words = (f"worse than {worst}", f"better than {best}")
    handles = [Patch(fc=colours[i], label=word) for i, word in zip((0, -1), words, strict=True)]
    down = -(_NAME_PX * longest + 12.0) / 72.0
    below = ScaledTranslation(0.0, down, figure_of(axes).dpi_scale_trans)
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=2, frameon=False,
        bbox_transform=axes.transAxes + below, handlelength=1.2, fontsize=11, borderaxespad=0.0,
    )  # fmt: skip


def _colours() -> Any:
    """(classes, 4): the worst first."""
    from matplotlib import colormaps

    return colormaps["cividis"](np.linspace(0.0, 1.0, _CLASSES))


def _picture(one: MatrixDoc, axes: Axes, n: int) -> None:
    """Hundreds of nodes as an image: a pixel for each pair, without marks."""
    ends, colours = bounds(one), _colours()
    image = np.zeros((n, n, 4))
    for at in one.pairs:
        if at.value is not None:
            image[at.a, at.b] = image[at.b, at.a] = colours[_class(one, at.value, ends)]
    axes.imshow(image, extent=(0, n, n, 0), interpolation="none")


def _squares(one: MatrixDoc, axes: Axes, first_row: int) -> None:
    """Each pair twice, as the matrix is symmetric; one mark for both."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    from harness.report.plots import canvas

    ends, colours = bounds(one), _colours()
    for k, at in enumerate(one.pairs):
        both = [Rectangle((at.a, at.b), 1, 1), Rectangle((at.b, at.a), 1, 1)]
        if at.value is None:
            made = PatchCollection(both, fc="none", ec=palette.MISSING, hatch="////", lw=0)
        else:
            made = PatchCollection(both, fc=[colours[_class(one, at.value, ends)]], lw=0)
        canvas.mark(axes.add_collection(made), first_row + k)


def _slow(one: MatrixDoc, axes: Axes) -> None:
    from matplotlib.patches import Rectangle

    for link in one.slow:
        for x, y in ((link.a, link.b), (link.b, link.a)):
            axes.add_patch(Rectangle((x, y), 1, 1, fc="none", ec=palette.US, lw=2.2, zorder=4))
