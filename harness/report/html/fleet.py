"""The fleet of an acceptance as tables: metrics, all nodes, slow links, and the heat map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from harness.report import units
from harness.report.accept_cells import KINDS, MOST_NODES, CellsDoc, PairMatrixDoc
from harness.report.accept_document import (
    AcceptDoc,
    FleetMetricDoc,
    LinkKindDoc,
    NodeVerdictDoc,
)
from harness.report.html import printed, words
from harness.report.html.content import Block, Cell, Table, verdict

Steps = tuple[tuple[float, str], ...]
_WORSE: Final[Steps] = ((6.0, "z4"), (4.0, "z3"), (2.5, "z2"), (1.5, "z1"))
_BETTER: Final[Steps] = ((4.0, "b2"), (2.0, "b1"))
_PAIR_WORSE: Final[Steps] = ((0.16, "z4"), (0.08, "z3"), (0.04, "z2"), (0.02, "z1"))
_PAIR_BETTER: Final[Steps] = ((0.04, "b2"), (0.02, "b1"))
_MOST_CELLS: Final = 16_000
"""Of the heat map: some 45 bytes each. Of a larger fleet, the nodes farthest behind are shown."""
_MOST_NODES: Final = 2_000
_UPRIGHT: Final = 10
"""Columns from which on their heads are upright in print."""
_ORDER: Final = ("reject", "not tested", "re-test", "accept")
_MANY: Final = 0.05


def links(accept: AcceptDoc) -> Block | None:
    """Slow links, the slowest first; None if there are none."""
    if not accept.links:
        return None
    worst = sorted(accept.links, key=lambda one: -one.deficit)
    rows = [
        [
            Cell(" - ".join(one.nodes), kind="strong"),
            Cell(f"{one.metric} {one.kind}".strip()),
            verdict(one.verdict),
            words.number(one.value, one.unit),
            words.number(one.expected, one.unit),
            words.fraction(one.deficit),
            Cell(f"{one.sd:.1f}", one.sd),
        ]
        for one in worst
    ]
    columns = ("link", "metric", "verdict", "value", "other links", "behind", "robust sd")
    table = Table(columns, rows, frozenset({3, 4, 5, 6}), "Look at cable, ports and switch")
    return Block("Slow links", "links", tables=[table])


def metrics(accept: AcceptDoc) -> Block:
    """What the fleet is like in each metric, and how small a deficit is seen."""
    columns = (
        "metric", "better", "median", "spread", "nodes", "main group", "sees", "judged by",
        "not judged by",
    )  # fmt: skip
    rows = [
        [
            Cell(one.metric, kind="strong"),
            Cell(one.better),
            *_peers(one, one.unit),
            Cell(", ".join(one.views) or "nothing"),
            Cell("; ".join(_silent(accept, one))),
        ]
        for one in accept.fleet
    ]
    caption = "Main group: the nodes that agree. Sees: smallest deficit that peers would reject"
    table = Table(columns, rows, frozenset({2, 3, 4, 5, 6}), caption)
    return Block("Metrics", "metrics", list(_remarks(accept.fleet)), [table, *_kinds(accept)])


def _kinds(accept: AcceptDoc) -> Iterator[Table]:
    """The links within and across blocks, where they are judged apart."""
    rows = [
        [
            Cell(one.metric, kind="strong"),
            Cell(each.kind),
            *_peers(each, one.unit),
            Cell(each.silent),
        ]
        for one in accept.fleet
        for each in one.kinds
    ]
    columns = (
        "metric", "links", "median", "spread", "number", "main group", "sees", "not judged by peers"
    )  # fmt: skip
    if rows:
        yield Table(
            columns, rows, frozenset({2, 3, 4, 5, 6}),
            "Links within and across the blocks of cluster.yaml are judged apart",
        )  # fmt: skip


def _peers(one: FleetMetricDoc | LinkKindDoc, unit: str) -> list[Cell]:
    """What nodes or links are like, and how small a deficit is seen among them."""
    return [
        words.number(one.median, unit),
        words.fraction(one.spread, 2),
        Cell(str(one.n), one.n),
        Cell(str(one.main), one.main),
        words.fraction(one.sees),
    ]


def _silent(accept: AcceptDoc, one: FleetMetricDoc) -> Iterator[str]:
    """Views that were asked for and say nothing."""
    not_given = {"absolute": accept.contract is None, "baseline": accept.baseline is None}
    for view, why in one.silent.items():
        if not not_given.get(view, False):
            yield f"{view}: {why}"


def _remarks(listed: Sequence[FleetMetricDoc]) -> Iterator[str]:
    for one in listed:
        if one.links:
            yield f"{one.metric}: {one.links}"
        if one.bimodal:
            yield (
                f"{one.metric} is {one.silent.get('peers', 'bimodal')}: peers cannot say which are "
                "right; an absolute anchor (--contract) or a baseline can."
            )
        elif one.faster >= max(1.0, _MANY * one.n):
            yield (
                f"{one.metric}: {units.counted(one.faster, 'node')} better than the main group; if "
                "that is right, the others are slow: an absolute anchor tells."
            )


def heat(accept: AcceptDoc) -> Block | None:
    """Nodes x metrics, the worst node first; None for a document without the numbers."""
    cells = accept.cells
    if cells is None or not accept.fleet or not accept.nodes:
        return None
    most = max(1, _MOST_CELLS // len(accept.fleet))
    order = sorted(range(len(accept.nodes)), key=lambda node: _place(accept, cells, node))[:most]
    rows = [_heat_row(accept, cells, node) for node in order]
    columns = ("node", "verdict", *(one.metric for one in accept.fleet))
    numeric = frozenset(range(2, len(columns)))
    text = [
        "How many robust standard deviations of its peers a node is worse (+) or better (-) in "
        "each metric. Darker orange: worse; blue: better; hatched: no value; a mark at the number: "
        "✗ rejected, ~ to be tested again. Hovering shows the value.",
    ]
    if len(order) < len(accept.nodes):
        text.append(f"The {len(order)} nodes farthest behind of {len(accept.nodes)}.")
    upright = len(columns) > _UPRIGHT
    size = printed.fitting(rows, () if upright else columns)
    kind = f"heat {'upright ' if upright else ''}{size}"
    table = Table(columns, rows, numeric, "Nodes and metrics", kind=kind)
    return Block("Heat map of nodes", "heat", text, [table])


def _place(accept: AcceptDoc, cells: CellsDoc, node: int) -> tuple[int, float, str]:
    """Rejected nodes first, then by their worst metric."""
    known = [one for one in cells.sd[node] if one is not None]
    verdict_ = _ORDER.index(accept.nodes[node].verdict)
    return verdict_, -max(known, default=0.0), accept.nodes[node].node


def _heat_row(accept: AcceptDoc, cells: CellsDoc, node: int) -> list[Cell]:
    one = accept.nodes[node]
    head = [Cell(one.node), verdict(one.verdict)]
    of_node = zip(accept.fleet, cells.value[node], cells.sd[node], cells.grade[node], strict=True)
    return [*head, *(_heat_cell(*each) for each in of_node)]


def _heat_cell(metric: FleetMetricDoc, value: float | None, sd: float | None, grade: str) -> Cell:
    sign = {"r": "✗", "t": "~"}.get(grade, "")
    if value is None:
        return Cell("none", kind="missing", title=f"{metric.metric}: no value", sign=sign)
    title = units.si(value, metric.unit)
    if sd is None:
        return Cell(title, value=None, kind="plain", title="not judged by peers", sign=sign)
    return Cell(f"{sd:+.1f}", sd, kind=_shade(sd), title=title, sign=sign)


def _shade(worse: float, above: Steps = _WORSE, below: Steps = _BETTER) -> str:
    """The class of the first limit that a number is beyond."""
    for limit, name in above:
        if worse >= limit:
            return name
    return next((name for limit, name in below if worse <= -limit), "")


def nodes(accept: AcceptDoc) -> Block:
    """All nodes with their verdict and the reason, or the metric nearest to a limit."""
    listed = sorted(accept.nodes, key=lambda one: _ORDER.index(one.verdict))[:_MOST_NODES]
    rows = [
        [Cell(one.node, kind="strong"), verdict(one.verdict), Cell(_reason(one)), Cell(one.control)]
        for one in listed
    ]
    more = len(accept.nodes) - len(listed)
    text = [f"{more} more accepted nodes are in the document."] if more > 0 else []
    table = Table(("node", "verdict", "reason, or the metric nearest to a limit", "control"), rows)
    return Block("All nodes", "nodes", text, [table])


def _reason(one: NodeVerdictDoc) -> str:
    return one.reason or (one.evidence[0].line if one.evidence else "")


def matrices(accept: AcceptDoc) -> list[Block]:
    """All pairs of each metric, coloured by how far behind the median of its kind a link is."""
    blocks = []
    for i, one in enumerate(accept.pairs):
        known = [value for row in one.value for value in row if value is not None]
        if not known:
            continue
        middle = median(known)
        unit, _ = units.column([], one.unit, [middle])
        of_kinds = _medians(one) or {"": middle}
        rows = [_matrix_row(one, at, middle, of_kinds) for at in range(len(one.nodes))]
        said = ", ".join(f"{units.si(m, one.unit)} {kind}".strip() for kind, m in of_kinds.items())
        text = [
            f"Every pair in {unit}; {one.better} is better, the median is {said}. Darker orange: "
            "2, 4, 8, 16 % worse; blue: 2, 4 % better; hatched: not measured."
        ]
        kind = f"heat pairs upright {printed.fitting(rows)}"
        table = Table(("", *one.nodes), rows, frozenset(), f"Pairs: {one.metric}", False, kind)
        blocks.append(Block(f"Pairs: {one.metric}", f"pairs-{i}", text, [table]))
    if accept.paired > MOST_NODES:
        text = [
            f"Pairs of {accept.paired} nodes were measured and judged. They are not drawn here, as "
            f"are those of {MOST_NODES} nodes at most: `qyran plot pairs` draws them."
        ]
        blocks.append(Block("Pairs", "pairs", text))
    return blocks


def _medians(one: PairMatrixDoc) -> dict[str, float]:
    """Of each kind of links its median; {} where all are alike."""
    of_kind: dict[str, list[float]] = {}
    for row, letters in zip(one.value, one.kinds, strict=bool(one.kinds)):
        for value, letter in zip(row, letters, strict=True):
            if value is not None:
                of_kind.setdefault(letter, []).append(value)
    return {kind: median(of_kind[letter]) for kind, letter in KINDS.items() if letter in of_kind}


def _matrix_row(
    one: PairMatrixDoc, at: int, middle: float, of_kinds: Mapping[str, float]
) -> list[Cell]:
    _, written = units.column(one.value[at], one.unit, [middle])
    by_letter = {letter: of_kinds.get(kind, middle) for kind, letter in KINDS.items()}
    letters = one.kinds[at] if one.kinds else "." * len(one.nodes)
    return [
        Cell(one.nodes[at]),
        *(
            _pair(value, text, one, by_letter.get(letters[other], middle))
            if other != at
            else Cell("")
            for other, (value, text) in enumerate(zip(one.value[at], written, strict=True))
        ),
    ]


def _pair(value: float | None, text: str, one: PairMatrixDoc, middle: float) -> Cell:
    if value is None:
        return Cell("", kind="missing")
    behind = (value / middle - 1.0) * (-1.0 if one.better == "higher" else 1.0)
    return Cell(text, kind=_shade(behind, _PAIR_WORSE, _PAIR_BETTER))
