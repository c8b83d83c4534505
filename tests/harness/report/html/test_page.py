"""The file of a report without a browser: policy, references, escaping, sections, size."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.commands import report as command
from harness.report import honesty
from harness.report.history_document import HistoryDoc, SeriesDoc
from harness.report.html import listing, measured, printed, spark, strips, thinned
from harness.report.html import page as pages
from harness.report.html.content import SIGNS, Cell
from harness.report.promise_document import PromiseDoc
from harness.report.report_document import ReportDoc
from harness.report.stage_document import AlikeDoc, FactDoc, NodeStageDoc, StageDoc
from tests.harness.report.html.conftest import EVIL, fleet


class Elements(HTMLParser):
    """All elements with their attributes, and the text of each kind of raw element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._in = tag if tag in self.raw else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._in:
            self.raw[self._in].append(data)
            self._in = ""


@pytest.fixture(scope="module")
def elements(page: Path) -> Elements:
    return Elements(page.read_text())


def test_the_policy_allows_this_style_and_this_script_alone(elements: Elements) -> None:
    (policy,) = [
        one["content"]
        for tag, one in elements.found
        if "Content-Security" in one.get("http-equiv", "")
    ]
    rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind in ("style", "script"):
        (text,) = elements.raw[kind]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in policy


def test_nothing_refers_outside_of_the_file(elements: Elements) -> None:
    ids = [one["id"] for _, one in elements.found if "id" in one]
    assert len(ids) == len(set(ids))
    for tag, one in elements.found:
        assert not {name for name in one if name.startswith("on")}, tag
        assert "style" not in one, f"{tag}: the policy does not allow it"
        for name in ("src", "srcset", "action", "data", "poster", "xlink:href"):
            assert name not in one, tag
        target = one.get("href", "#")
        assert target == "data:," or target in ("#", *(f"#{each}" for each in ids)), (tag, target)
        for value in one.values():
            for each in re.findall(r"url\(([^)]*)\)", value):
                assert each.removeprefix("#") in ids


def test_text_from_outside_is_text(page: Path, elements: Elements) -> None:
    """A title, a node, a file, a reason and a processor, each a script by its name."""
    assert sum(tag == "script" for tag, _ in elements.found) == 1
    assert EVIL not in page.read_text()
    assert page.read_text().count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10


def test_every_section_is_there_and_in_its_order(report: ReportDoc) -> None:
    found = [one.id for one in pages.sections(report)]
    assert found == [
        "summary", "system", "kernels", "history", "acceptance", "environment", "method",
        "signature",
    ]  # fmt: skip
    orders = [one.ORDER for one in listing.makers()]
    assert len(set(orders)) == len(orders)


def test_every_chart_has_words_and_a_table(report: ReportDoc) -> None:
    charts = [
        chart for one in pages.sections(report) for block in one.blocks for chart in block.charts
    ]
    assert {"top500", "nodes-strips", "history-0"} <= {one.id for one in charts}
    for one in charts:
        assert len(one.described) > 40
        rows = [int(each) for each in re.findall(r'data-row="(\d+)"', one.svg)]
        assert rows
        assert max(rows) < len(one.table.rows)
        assert all(len(row) == len(one.table.columns) for row in one.table.rows)


def test_verdicts_come_with_a_sign_and_the_worst_is_first(report: ReportDoc) -> None:
    lines = pages.sections(report)[0].facts["lines"]
    assert isinstance(lines, list)
    assert lines[0].text == f"1 node rejected: {EVIL}"
    assert lines[-1].tone == "good"
    assert all(one.sign.strip() for one in lines)
    assert all(sign for sign, _ in SIGNS.values())


def test_the_strips_show_each_node_where_its_value_is() -> None:
    accept = fleet()
    accept.cells.value[5][0] = 1.1 * accept.fleet[0].median  # type: ignore[union-attr, operator]
    block = strips.block(accept)
    assert block is not None
    chart = block.charts[0]
    row = [one.text for one in chart.table.rows[0]]
    assert row[7] == "+10.0 %"
    widest = max(abs(one.value or 0.0) for row in chart.table.rows for one in (row[2], row[7]))
    assert f"M{strips.place(0.1, widest):.1f} " in chart.svg
    assert strips.place(0.0, widest) == pytest.approx((strips.LEFT + strips.WIDTH - 30) / 2)
    assert chart.svg.count("bad-node rejected") == 1


def test_a_line_has_its_worst_and_best_run_at_the_edges(report: ReportDoc) -> None:
    assert report.history is not None
    (series,) = report.history.series
    points = [one.split() for one in spark.path(series).removeprefix("M").split("L")]
    assert len(points) == len(series.points) == 30
    heights = [float(y) for _, y in points]
    values = [one.value for one in series.points]
    assert heights[values.index(max(values))] == 2.0
    assert heights[values.index(min(values))] == spark.HEIGHT - 2.0


def test_long_histories_are_told_by_months(report: ReportDoc) -> None:
    assert thinned.allowance([10, 20]) == [10, 20]
    given = thinned.allowance([30, 5000, 9000])
    assert given[0] == 30
    assert sum(given) <= thinned.MOST_ROWS
    assert report.history is not None
    (series,) = report.history.series
    table = thinned.table(series, 4)
    assert [row[4].text for row in table.rows[:4]] == [one.run for one in series.points[:-5:-1]]
    months = [row[4].text for row in table.rows[4:]]
    assert sum(int(one.split()[0]) for one in months) == 26


def many(series: SeriesDoc, number: int, runs: int) -> HistoryDoc:
    """So many series of so many runs."""
    points = [
        series.points[i % 22].model_copy(update={"time": 1.6e9 + 3600.0 * i, "run": f"{i:032}"})
        for i in range(runs)
    ]
    listed = [
        series.model_copy(update={"points": points, "series": f"stream-{i:010}"})
        for i in range(number)
    ]
    return HistoryDoc(
        results="r", kernel="", since=None, time=1.8e9, series=listed, skipped=[], confirmed_by="",
        exit_code=0, run_next=[],
    )  # fmt: skip


@pytest.mark.parametrize(("number", "runs"), [(1, 5000), (200, 25), (40, 5000)])
def test_five_thousand_runs_fit_into_three_megabytes(
    report: ReportDoc, number: int, runs: int
) -> None:
    assert report.history is not None
    made = report.model_copy(update={"history": many(report.history.series[0], number, runs)})
    size = len(pages.html(made, pages.sections(made)).encode())
    assert size < 3_000_000
    assert size > 300_000, "the runs are there"


def test_a_report_of_a_fleet_alone_has_no_other_parts() -> None:
    made = command.composed(command.Parts("Acceptance", accept=fleet(), judged=1.79e9))
    assert [one.id for one in pages.sections(made)] == [
        "summary", "acceptance", "method", "signature",
    ]  # fmt: skip
    text = pages.html(made, pages.sections(made))
    assert text.index("Rejected</h3>") < text.index("Heat map of nodes")
    assert "missing" in text


def test_the_strip_says_how_far_the_numbers_can_be_trusted(report: ReportDoc) -> None:
    it = report.honesty
    assert it.runs == 30
    assert it.newest_run == report.run.run  # type: ignore[union-attr]
    assert [one.tests for one in it.tests] == [1, 1, 24 * 4]
    assert it.noise is not None
    assert it.noise.known == 1
    silent = [one.reason for one in it.silent]
    assert not silent or "no run for" in silent[0]


def test_what_an_acceptance_measured_stands_beside_the_numbers() -> None:
    """A broken promise first of all, the odd node of a fact by name, how each stage ended."""
    ended = [
        NodeStageDoc(node=f"n{i}", ended="rejected" if i == 2 else "passed", reason="", run="")
        for i in range(5)
    ]
    fact = FactDoc(
        fact="memory",
        group="hardware",
        usual="256 GiB",
        groups=[
            AlikeDoc(value="256 GiB", nodes=["n0", "n1", "n3", "n4"]),
            AlikeDoc(value="224 GiB", nodes=["n2"]),
        ],
        meaning="a module is missing",
    )
    promise = PromiseDoc(
        metric="hpl.flop_rate", called="Rmax", verdict="broken", reason="", better="higher",
        unit="flop/s", promised=1.26e15, value=1.21e15, low=1.2e15, high=1.22e15, share=0.96,
        nodes=64, of=64, run="r1", case="c1", source="offer 4711",
        line="delivered 96.0 % of the promised Rmax",
    )  # fmt: skip
    update = {
        "id": "a1",
        "stages": [StageDoc(stage="node", started=1e9, ended=1e9 + 90, nodes=ended, reason="")],
        "facts": [fact],
        "compared": 40,
        "promises": [promise],
    }
    accept = fleet().model_copy(update=update)
    made = command.of_acceptance(accept)
    assert made.honesty.judged == 1e9 + 90
    (promises, consistency, stages) = measured.blocks(accept)
    assert [one.text for one in promises.tables[0].rows[0]][:6] == [
        "Rmax", "broken", "1.26 Pflop/s", "1.21 Pflop/s", "1.20 - 1.22 Pflop/s", "96.0 %",
    ]  # fmt: skip
    assert list(consistency.text) == ["40 facts compared, 39 equal on all nodes."]
    odd, usual = consistency.tables[0].rows
    assert [odd[4].text, odd[2].sign, usual[4].text] == ["n2", "!", "the majority"]
    stage = [one.text for one in stages.tables[0].rows[0]]
    assert stage[2:8] == ["90.0 s", "5", "4", "0", "1", "0"]
    lines = pages.sections(made)[0].facts["lines"]
    assert isinstance(lines, list)
    assert "Broken: delivered 96.0 % of the promised Rmax" in [one.text for one in lines]


def test_a_cadence_of_minutes_is_told_in_minutes(report: ReportDoc) -> None:
    """Runs of a campaign are minutes apart: `every 0.0 days` says nothing."""
    assert report.history is not None
    history = report.history.model_copy(deep=True)
    for one in history.series:
        for i, point in enumerate(one.points):
            point.time = 1.79e9 + 300.0 * i
        one.newest = one.points[-1].time
    found = honesty.of(1.79e9 + 3 * 86400.0, None, {}, history, None)
    assert [one.reason for one in found.silent] == [
        "no run for 3 days; there was one every 5.0 min"
    ]


def test_what_a_report_leaves_out_is_counted(report: ReportDoc) -> None:
    """Pairs of a fleet too large for a matrix, links and reasons beyond the first."""
    assert report.accept is not None
    assert report.run is not None
    accept = report.accept.model_copy(
        update={"pairs": [], "paired": 129, "links": report.accept.links[:1] * 9}
    )
    cases = [
        report.run.cases[0].model_copy(update={"outcome": "error", "reason": f"reason {i}"})
        for i in range(5)
    ]
    run = report.run.model_copy(update={"cases": cases})
    less = report.model_copy(update={"accept": accept, "run": run})
    text = pages.html(less, pages.sections(less))
    assert "Pairs of 129 nodes were measured and judged. They are not drawn here" in text
    assert "3 more slow links" in text
    assert "reason 0; reason 1; reason 2; 2 more reasons" in text
    assert "not drawn here" not in pages.html(report, pages.sections(report))


def test_text_of_a_wide_table_is_printed_smaller() -> None:
    """The more columns, the smaller; the rules for all sizes stand in the page."""
    sizes = [
        int(printed.fitting([[Cell("node01"), *[Cell("0.998")] * n]]).removeprefix("fit-"))
        for n in (3, 32, 64, 128)
    ]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 0
    assert printed.SIZES_PT[sizes[-1]] >= 1.0
    wide = printed.fitting([[Cell("0.1")] * 10], ["a very long name of a metric"] * 10)
    assert wide != printed.fitting([[Cell("0.1")] * 10])
    for i in range(len(printed.SIZES_PT)):
        assert f".fit-{i} " in printed.style()
