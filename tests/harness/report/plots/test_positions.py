"""Where the marks of plots stand: at the numbers that they show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import pytest
from matplotlib.axes import Axes

from harness.report.plots import canvas, labels, listing, render
from harness.report.plots.kinds import hpl_phases, top500
from harness.report.plots.rankings import RankingDoc
from kernels._support import linpack
from tests.harness.report.plots.examples import EXAMPLES, factored
from tests.harness.report.plots.svg import SVG, marks, tree


def dots(root: ET.Element, rows: Sequence[int]) -> list[tuple[float, float]]:
    """The place of the last mark of each row, px from the lower left corner."""
    height = float(root.get("height", "0"))
    found = {int(one.get("data-row", "")): one for one in marks(root) if one.get("x")}
    return [(float(found[i].get("x", "")), height - float(found[i].get("y", ""))) for i in rows]


def ticks(root: ET.Element, unit: str) -> dict[float, float]:
    """Values of the vertical axis, read from their labels -> px from the lower edge."""
    factors = {"G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
    found = {}
    for one in root.iter(f"{SVG}text"):
        words = re.fullmatch(rf"(\d+) ([GTPE]){unit}", "".join(one.itertext()))
        if words and one.get("text-anchor") == "end":
            middle = float(one.get("y", "")) - 0.36 * float(one.get("font-size", "0px")[:-2])
            found[float(words[1]) * factors[words[2]]] = float(root.get("height", "0")) - middle
    return found


def test_dots_of_top500_stand_where_the_axis_says() -> None:
    """Read as an eye does: the labels of the ticks give the scale, the dots are held against it."""
    doc = top500.numbers(93e12, "given")
    root = tree("top500")
    scale = ticks(root, "flop/s")
    assert len(scale) >= 4
    slope, start = np.polyfit(np.log10(list(scale)), list(scale.values()), 1)
    rows = [len(doc.lists) + i for i in range(len(doc.systems))]
    for one, (_, y) in zip(doc.systems, dots(root, rows), strict=True):
        assert y == pytest.approx(slope * np.log10(one.rmax) + start, abs=1.5), one.system
    years = [x for x, _ in dots(root, rows)]
    step = np.polyfit([one.year for one in doc.systems], years, 1)
    assert np.polyval(step, [one.year for one in doc.systems]) == pytest.approx(years, abs=0.01)


@pytest.mark.parametrize(("name", "line"), [("hpcg", "first"), ("green500", "last")])
def test_dots_of_a_list_stand_where_the_axis_says(name: str, line: str) -> None:
    doc = cast(RankingDoc, EXAMPLES[name]())
    root = tree(name)
    scale = ticks(root, re.escape(doc.unit))
    assert len(scale) >= 3
    slope, start = np.polyfit(np.log10(list(scale)), list(scale.values()), 1)
    values = [getattr(one, line) for one in doc.lists]
    expected = slope * np.log10(values) + start
    height = float(root.get("height", "0"))
    for row, want in enumerate(expected):
        of_row = [one for one in marks(root) if one.get("data-row") == str(row) and one.get("y")]
        assert min(abs(height - float(one.get("y", "")) - want) for one in of_row) < 1.5


def test_names_of_lines_that_end_together_are_set_apart() -> None:
    assert labels.spread([10.0, 50.0, 90.0], 30.0) == [10.0, 50.0, 90.0]
    assert labels.spread([50.0, 50.0, 50.0], 30.0) == pytest.approx([20.0, 50.0, 80.0])
    assert labels.spread([10.0, 20.0, 200.0], 30.0) == pytest.approx([0.0, 30.0, 200.0])
    assert labels.spread([], 30.0) == []
    heights = sorted(
        float(re.findall(r"[\d.]+", one.get("transform", ""))[1])
        for one in tree("green500").iter(f"{SVG}text")
        if "".join(one.itertext()) in ("no. 1", "no. 10", "no. 100", "the last")
    )
    assert len(heights) == 4  # no. 1 and no. 10 of its newest list differ by 6 %
    assert min(b - a for a, b in pairwise(heights)) > 25.0, heights


def test_a_dot_moves_with_its_number() -> None:
    """The check of positions is seen to fail: another number stands elsewhere."""
    doc = top500.numbers(93e12, "given")
    moved = doc.model_copy(deep=True)
    moved.systems[0].rmax *= 1.5
    row = len(doc.lists)
    a, b = (ET.fromstring(render.inlined("top500", one, "p-")) for one in (doc, moved))
    (at,), (other,) = dots(a, [row]), dots(b, [row])
    assert other[1] - at[1] > 4.0


@pytest.mark.parametrize(
    ("name", "panel", "x", "y"),
    [
        ("scaling", 1, 3, 8),
        ("curves", 0, 3, 5),
        ("imbalance", 0, 2, 4),
        ("history", 0, None, 4),
        ("roofline", 0, 2, 3),
    ],
)
def test_dots_stand_where_their_numbers_are(name: str, panel: int, x: int | None, y: int) -> None:
    """x, y : the columns of the table that a dot shows, in the coordinates of its axes."""
    doc, kind = EXAMPLES[name](), listing.load(name)
    _, rows = kind.table(doc)
    with canvas.style():
        made = canvas.figure(*kind.size(doc))
        kind.draw(doc, made)
    axes = made.axes[panel]
    root = ET.fromstring(canvas.svg(made, "", ""))
    low, high = axes.get_ylim()
    shown = [
        i
        for i, row in enumerate(rows)
        if isinstance(row[y], float)
        and low <= float(row[y] or 0.0) <= high
        and (x is None or float(row[x] or 0.0) > 0.0 or name == "imbalance")
    ]
    assert len(shown) >= 1
    for i, found in zip(shown, dots(root, shown), strict=True):
        at = (float(i if x is None else rows[i][x] or 0.0), float(rows[i][y] or 0.0))
        assert found == pytest.approx(axes.transData.transform(at), abs=0.01)


def boxes(root: ET.Element) -> dict[int, tuple[float, float, float, float]]:
    """Row -> left, right, lower and upper edge of its bar, px from the lower left corner."""
    height, found = float(root.get("height", "0")), {}
    for one in marks(root):
        path = one.find(f".//{SVG}path")
        if path is not None:
            ends = re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.get("d", ""))
            x, y = ([float(end[axis]) for end in ends] for axis in (0, 1))
            edges = (min(x), max(x), height - max(y), height - min(y))
            found[int(one.get("data-row", ""))] = edges
    return found


def test_bars_are_as_long_as_their_numbers() -> None:
    _, rows = listing.load("hpl-phases").table(EXAMPLES["hpl-phases"]())
    bars = boxes(tree("hpl-phases"))
    shown = [i for i, row in enumerate(rows) if row[0] == "c"]
    assert shown
    per_second = {round((bars[i][1] - bars[i][0]) / float(rows[i][6] or 0.0), 1) for i in shown}
    assert max(per_second) - min(per_second) <= 0.2


def drawn(doc: hpl_phases.HplPhasesDoc) -> tuple[ET.Element, list[Axes]]:
    """The picture of a document, and its axes once it is laid out."""
    with canvas.style():
        made = canvas.figure(*hpl_phases.size(doc))
        hpl_phases.draw(doc, made)
    return ET.fromstring(canvas.svg(made, "", "")), made.axes


def test_shares_over_the_columns_stand_where_their_numbers_are() -> None:
    doc = cast(hpl_phases.HplPhasesDoc, EXAMPLES["hpl-phases"]())
    _, rows = hpl_phases.table(doc)
    root, (_, shares, rates) = drawn(doc)
    bars, low = boxes(root), 0.0
    parts = [i for i, row in enumerate(rows) if row[0] == "d" and row[5] != "all"]
    assert len(parts) == 3 * len(doc.cases[1].timeline.intervals) - 1  # type: ignore[union-attr]
    for before, i in zip([None, *parts], parts, strict=False):
        first, last, mean, whole = (float(rows[i][k] or 0.0) for k in (3, 4, 6, 8))
        low = low if before is not None and rows[before][3] == first else 0.0
        corners = [(first, low), (last, low + mean / whole)]
        (left, bottom), (right, top) = shares.transData.transform(corners)
        assert bars[i] == pytest.approx((left, right, bottom, top), abs=0.01)
        low += mean / whole
        if i + 1 not in parts or rows[i + 1][3] != first:
            assert low == pytest.approx(1.0)
    whole_rows = [i for i, row in enumerate(rows) if row[5] == "all"]
    for i, found in zip(whole_rows, dots(root, whole_rows), strict=True):
        first, last, rate = (float(rows[i][k] or 0.0) for k in (3, 4, 9))
        assert found == pytest.approx(
            rates.transData.transform(((first + last) / 2, rate)), abs=0.01
        )


def test_the_line_of_a_whole_factorisation_is_the_mean_of_its_rates() -> None:
    doc = cast(hpl_phases.HplPhasesDoc, EXAMPLES["hpl-phases"]())
    one, n = doc.cases[1].timeline, doc.cases[1].n
    assert one is not None
    flop, begun_s = 0.0, 0.0
    for at in one.intervals:
        flop += at.flop_rate * (at.seconds - begun_s)
        begun_s = at.seconds
        assert flop == pytest.approx(2 / 3 * (n**3 - (n - at.columns) ** 3))
        assert at.flop_rate_so_far == pytest.approx(flop / at.seconds)
    assert one.flop_rate == pytest.approx(linpack.flop(n) / one.seconds)
    assert sum(one.after.values()) == pytest.approx(one.seconds - one.intervals[-1].seconds)
    _, (_, _, rates) = drawn(doc)
    heights = [line.get_ydata() for line in rates.lines]
    assert [one.flop_rate, one.flop_rate] in [list(y) for y in heights]


def test_a_factorisation_in_words_says_how_it_goes_on() -> None:
    said = hpl_phases.describe(cast(hpl_phases.HplPhasesDoc, EXAMPLES["hpl-phases"]()))
    assert "in the first columns panel 2 %, update 97 %" in said
    assert "in the last columns update 91 %" in said
    assert "after the last column: solve 3.00 ms" in said
    assert "The rate is highest up to column" in said


def test_a_factorisation_of_one_block_has_one_interval() -> None:
    one = factored(64, 64)
    case = hpl_phases.SolveDoc(case="c", kernel="hpl", n=64, ranks=1, repetitions=[], timeline=one)
    doc = hpl_phases.HplPhasesDoc(run="r1", cases=[case])
    root, _ = drawn(doc)
    assert len(one.intervals) == 1
    assert len(marks(root)) == len(hpl_phases.table(doc)[1]) == 3
