"""A fleet as a heat map: nodes x metrics, coloured by how many robust sd a node is worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from harness.judge.fleet.verdict import Judged
from harness.judge.fleet.views import View
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import listing, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Table

TITLE: Final = "Nodes of a fleet"
HELP: Final = "a heat map of nodes and metrics by robust z; what is missing is hatched"
NEEDS: Final = "fleet"
MOST: Final = 60
"""Nodes in one picture, the worst first."""
_ROW_PX: Final = 19.0
_NUMBERS: Final = 12
# From so many robust sd on, worse above 0: colour, and whether text on it is light.
_CLASSES: Final = (
    (-math.inf, "#2a76ad", True),
    (-4.5, "#9fcbe6", False),
    (-2.5, palette.GRID, False),
    (2.5, "#f7cda4", False),
    (4.5, "#e8843a", False),
    (8.0, "#9c3303", True),
)
_ORDER: Final = ("reject", "re-test", "not tested", "accept")


class CellDoc(Doc):
    """A node in a metric; null where there is no such number.

    sd : robust sd that it is worse, below 0 where it is better; deficit : a fraction of what is
    expected; view : that says so; missing : no whole measurement.
    """

    metric: str
    value: float | None
    unit: str
    sd: float | None
    deficit: float | None
    view: str
    missing: bool


class NodeDoc(Doc):
    """A node and its verdict, as of `qyran accept`."""

    node: str
    verdict: str
    cells: list[CellDoc]


class NodesDoc(Doc):
    """What `qyran plot nodes` shows; all nodes, the worst first."""

    schema_id: Literal["qyran.plot-nodes/1"] = Field("qyran.plot-nodes/1", alias="schema")
    source: str
    metrics: list[str]
    nodes: list[NodeDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        self.left_out = listing.limit(f"{MOST} worst", MOST, len(self.nodes), "nodes")


DOCUMENT: Final = NodesDoc


def numbers(found: Judged, source: str) -> NodesDoc:
    """The heat map of a judged fleet. source : where it is from, as it is typed."""
    nodes = [_node(found, i) for i in range(len(found.table.nodes))]
    nodes.sort(key=lambda one: (_ORDER.index(one.verdict), -_worst(one), one.node))
    return NodesDoc(source=source, metrics=[one.name for one in found.table.metrics], nodes=nodes)


def _worst(one: NodeDoc) -> float:
    return max((cell.sd for cell in one.cells if cell.sd is not None), default=-math.inf)


def _node(found: Judged, at: int) -> NodeDoc:
    return NodeDoc(
        node=found.table.nodes[at],
        verdict=found.verdicts[at].value,
        cells=[_cell(found, at, column) for column in range(len(found.table.metrics))],
    )


def _cell(found: Judged, at: int, column: int) -> CellDoc:
    view, metric = _view(found, column), found.table.metrics[column]
    missing = bool(found.missing[at, column])
    return CellDoc(
        metric=metric.name,
        value=_known(found.cells.value[at, column]),
        unit=metric.unit,
        sd=None if view is None else _known(view.sd[at, column]),
        deficit=None if view is None else _known(view.deficit[at, column]),
        view="" if view is None else view.name,
        missing=missing,
    )


def _view(found: Judged, column: int) -> View | None:
    """Peers, else the baseline, else the anchor: the first that judges the metric."""
    return next((one for one in reversed(found.views) if not one.silent[column]), None)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def shown(doc: NodesDoc) -> Sequence[NodeDoc]:
    """The nodes that are drawn."""
    return doc.nodes[:MOST]


def size(doc: NodesDoc) -> tuple[float, float]:
    """A row for each node that is drawn."""
    return 900.0, 190.0 + _ROW_PX * len(shown(doc))


def describe(doc: NodesDoc) -> str:
    """How many nodes there are, and which are not accepted."""
    bad = [f"{one.node} ({one.verdict})" for one in doc.nodes if one.verdict != "accept"]
    named = ", ".join(bad[:10]) + (f" and {len(bad) - 10} more" if len(bad) > 10 else "")
    words = f"{units.counted(len(doc.nodes), 'node')}, {units.counted(len(doc.metrics), 'metric')}"
    return f"{words}; not accepted: {named or 'none'}."


def table(doc: NodesDoc) -> Table:
    """A row for each node and metric that is drawn."""
    head = ("node", "verdict", "metric", "value", "unit", "robust sd worse", "deficit", "view")
    rows = [
        (one.node, one.verdict, cell.metric, cell.value, cell.unit, cell.sd, cell.deficit,
         "missing" if cell.missing else cell.view)
        for one in shown(doc)
        for cell in one.cells
    ]  # fmt: skip
    return head, rows


def draw(doc: NodesDoc, figure: Figure) -> None:
    """A row for each node, the verdict at its end."""
    axes = figure.add_subplot()
    listed = shown(doc)
    axes.set_xlim(0.0, len(doc.metrics))
    axes.set_ylim(len(listed), 0.0)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    _names(doc, axes)
    for i, node in enumerate(listed):
        for k, cell in enumerate(node.cells):
            _square(
                axes, (k, i), cell, i * len(doc.metrics) + k, words=len(doc.metrics) <= _NUMBERS
            )
    _legend(axes)


def _names(doc: NodesDoc, axes: Axes) -> None:
    """Metrics above, nodes on the left, verdicts on the right where they are not accepted."""
    from harness.report.plots import canvas

    listed = shown(doc)
    axes.xaxis.tick_top()
    names = [canvas.plain(one) for one in doc.metrics]
    long = max(map(len, names), default=0) * 7.0 > 640.0 / max(1, len(names))
    axes.set_xticks([k + 0.5 for k in range(len(names))], names)
    if long:
        axes.set_xticks(axes.get_xticks(), names, rotation=35, ha="left", rotation_mode="anchor")
    axes.set_yticks([i + 0.5 for i in range(len(listed))], [canvas.plain(n.node) for n in listed])
    for i, node in enumerate(listed):
        if node.verdict != "accept":
            colour = palette.text(palette.BAD if node.verdict == "reject" else palette.WARN)
            axes.get_yticklabels()[i].set_color(colour)
            axes.get_yticklabels()[i].set_fontweight("bold")
            axes.annotate(
                node.verdict, (len(doc.metrics), i + 0.5), (6, 0), textcoords="offset points",
                va="center_baseline", color=colour, fontweight="bold", annotation_clip=False,
            )  # fmt: skip


def _square(axes: Axes, at: tuple[int, int], cell: CellDoc, row: int, *, words: bool) -> None:
    from matplotlib.patches import Rectangle

    from harness.report.plots import canvas

    look: dict[str, Any] = {"facecolor": "none", "hatch": "////", "edgecolor": palette.MISSING}
    light = False
    if cell.sd is not None:
        _, colour, light = next(one for one in reversed(_CLASSES) if cell.sd >= one[0])
        look = {"facecolor": colour, "edgecolor": palette.PAPER}
    elif not cell.missing:
        look = {"facecolor": "none", "edgecolor": palette.GRID}
    made = axes.add_patch(Rectangle(at, 1, 1, lw=1.0, **look))
    canvas.mark(made, row)
    if words and cell.sd is not None:
        neutral = abs(cell.sd) < 2.5
        colour = palette.MUTED if neutral else palette.ON_DARK if light else palette.ON_LIGHT
        axes.text(
            at[0] + 0.5, at[1] + 0.54, f"{cell.sd:+.1f}", ha="center", va="center_baseline",
            color=colour, fontsize=10,
        )  # fmt: skip


def _legend(axes: Axes) -> None:
    """What the colours and the hatching stand for, below."""
    from matplotlib.patches import Patch

    words = ("better by 4.5", "2.5", "about the same", "worse by 2.5", "4.5", "8 robust sd")
    handles = [Patch(fc=one[1], label=word) for one, word in zip(_CLASSES, words, strict=True)]
    handles.append(Patch(fc="none", hatch="////", ec=palette.MISSING, label="missing"))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, -0.02), ncols=len(handles),
        frameon=False, handlelength=1.2, handletextpad=0.5, columnspacing=1.2, fontsize=11,
    )  # fmt: skip
