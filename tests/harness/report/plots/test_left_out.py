"""What a picture does not show is said in it, in its description, and in its document."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import cast

import pytest

from harness.report.document import Doc
from harness.report.history_document import HistoryDoc
from harness.report.html import charts
from harness.report.plots import canvas, listing, render
from harness.report.plots.kinds import curves, history, imbalance, nodes, pairs, roofline, strips
from tests.harness.report.plots.examples import EXAMPLES, matrix
from tests.harness.report.plots.svg import SVG


def many(name: str, field: str, most: int) -> Callable[[], Doc]:
    """The example with so many parts and one; half the number of nodes for a matrix."""

    def made() -> Doc:
        doc = EXAMPLES[name]()
        values = {key: getattr(doc, key) for key in type(doc).model_fields}
        values["left_out"] = ""
        values[field] = [values[field][0]] * (most + 1)
        return type(doc)(**values)

    return made


def courses() -> Doc:
    made = many("history", "series", history.MOST)()
    assert isinstance(made, HistoryDoc)
    return made.model_copy(update={"left_out": history.left_out(made)})


def roof() -> Doc:
    doc = cast(roofline.RooflineDoc, EXAMPLES["roofline"]())
    main, other = doc.kernels[0], doc.kernels[3]
    kernels = [main, *[other] * roofline.LABELLED]
    return roofline.RooflineDoc(**{**dict(doc), "kernels": kernels})


LARGE: dict[str, tuple[Callable[[], Doc], str]] = {
    "curves": (
        many("curves", "panels", curves.MOST),
        "the first 6 of 7 panels are drawn; 6 points at 0 cannot stand on a logarithmic axis",
    ),
    "history": (courses, "the 6 to look at first of 7 series are drawn"),
    "imbalance": (
        many("imbalance", "phases", imbalance.MOST),
        "the 12 of most imbalance of 13 phases are drawn",
    ),
    "nodes": (many("nodes", "nodes", nodes.MOST), "the 60 worst of 61 nodes are drawn"),
    "pairs": (lambda: matrix(45), "15 of 45 nodes are named at the edges"),
    "roofline": (roof, "1 of 13 dots are named, those of main phases"),
    "strips": (many("strips", "strips", strips.MOST), "the first 40 of 41 cases are drawn"),
}
CAPPED = pytest.mark.parametrize("name", list(LARGE))


def test_every_plot_with_a_limit_is_here() -> None:
    limited = {
        name
        for name in listing.names()
        if hasattr(listing.load(name), "MOST") or isinstance(EXAMPLES[name](), listing.Limited)
    }
    assert limited == set(LARGE)


@CAPPED
def test_a_limit_is_told_everywhere(name: str) -> None:
    doc, said = LARGE[name][0](), LARGE[name][1]
    sentence = f"{said[0].upper()}{said[1:]}."
    assert doc.model_dump()["left_out"] == said
    root = ET.fromstring(render.svg(name, doc))
    (description,) = root.iter(f"{SVG}desc")
    assert (description.text or "").endswith(sentence)
    written = ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
    assert written.count(sentence) == 1
    assert charts.chart(name, doc, "x").described.endswith(sentence)


@CAPPED
def test_nothing_is_said_where_all_is_drawn(name: str) -> None:
    doc = EXAMPLES[name]()
    assert listing.left_out(doc) == ("1 point at 0 cannot stand on a logarithmic axis."
                                     if name == "curves" else "")  # fmt: skip


@CAPPED
def test_the_note_covers_nothing(name: str) -> None:
    """Below every mark and every other word, and within the picture."""
    doc, kind = LARGE[name][0](), listing.load(name)
    with canvas.style():
        made = canvas.figure(*kind.size(doc))
        canvas.note(made, listing.left_out(doc))
        kind.draw(doc, made)
        made.draw_without_rendering()
    note = made._supxlabel  # type: ignore[attr-defined]
    box = note.get_window_extent()
    assert made.bbox.x0 <= box.x0
    assert box.x1 <= made.bbox.x1
    for axes in made.axes:
        if axes.axison:
            tight = axes.get_tightbbox()
            assert tight is None or tight.y0 >= box.y1 - 1.0


def test_a_long_series_says_how_many_runs_are_drawn() -> None:
    series = cast(HistoryDoc, EXAMPLES["history"]()).series[0]
    chart = charts.of_series(series, 5, "x")
    assert chart.described.endswith("The newest 5 of 8 runs are drawn.")
    assert ">The newest 5 of 8 runs are drawn.</text>" in chart.svg


def test_slow_links_beyond_ten_are_counted() -> None:
    doc = cast(pairs.PairsDoc, matrix(45))
    (one,) = doc.matrices
    one.slow = one.slow * 12
    assert "and 2 more." in pairs.describe(doc)
