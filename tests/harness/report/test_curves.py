"""Curves in the terminal: a table for each axis instead of a row for each point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.plan.case import Geometry
from harness.record.result import CaseResult
from harness.report import compose, terminal
from harness.report.curves import points
from harness.report.document import CaseDoc
from harness.report.plots.kinds import curves as drawn


def printed(made: Any, *cases: CaseDoc) -> list[str]:
    console = terminal.console()
    with console.capture() as captured:
        console.print(terminal.run(compose.of_run(made.run(Path("/r")), list(cases))))
    return [line.rstrip() for line in captured.get().splitlines()]


def below(lines: list[str], head: str) -> list[list[str]]:
    """The words of the lines below a line that begins like this, up to an empty one."""
    first = next(i for i, line in enumerate(lines) if line.strip().startswith(head)) + 1
    last = next(i for i in range(first, len(lines)) if not lines[i].strip())
    return [line.split() for line in lines[first:last]]


def test_phases_with_a_point_have_no_row(made: Any, curved: CaseResult) -> None:
    shown = compose.of_case(curved)
    assert len(points(shown)) == 12
    lines = printed(made, shown)
    (first, second), text = below(lines, "case"), "\n".join(lines)
    assert first[:5] == ["ladder", "n=8", "2", "pass", "fma_float64"]
    assert second[0] == "fma_float32"
    assert "load_32KiB" not in text


def test_a_row_for_each_place_and_a_column_for_each_curve(made: Any, curved: CaseResult) -> None:
    lines = printed(made, compose.of_case(curved))
    rows = below(lines, "working set")
    i = next(i for i, line in enumerate(lines) if line.strip().startswith("working set"))
    assert lines[i - 1].split() == ["load", "copy"]
    assert lines[i].split() == ["working", "set", "GB/s", "GB/s"]
    assert rows == [
        ["32", "KiB", "16.0", "16.0"],
        ["1", "MiB", "16.0", "16.0"],
        ["64", "MiB", "16.0", "16.0"],
    ]


def test_calls_are_columns_beside_the_other_metrics(made: Any, curved: CaseResult) -> None:
    lines = printed(made, compose.of_case(curved))
    i = next(i for i, line in enumerate(lines) if line.strip().startswith("message"))
    assert lines[i - 1].split() == ["ping"]
    statistics = ["min", "ms", "median", "ms", "p99", "ms", "max", "ms"]
    assert lines[i].split() == ["message", *statistics, "message/s"]
    rate = "16.0"  # 2 messages in 0.125 s
    assert below(lines, "message") == [
        ["0", "B", "250", "1500", "2000", "4500", rate],
        ["8", "B", "250", "1500", "2000", "4500", rate],
        ["4", "KiB", *["62.5"] * 4, rate],
    ]


def test_the_primary_metric_has_a_row_wherever_it_lies(made: Any, curved: CaseResult) -> None:
    shown = compose.of_case(replace(curved, primary="ping_8B_latency"))
    text = "\n".join(printed(made, shown))
    assert "ping_8B" in text
    assert "ping_0B" not in text


def test_each_case_has_its_tables(made: Any, curved: CaseResult) -> None:
    other = replace(curved, case=replace(curved.case, geometry=Geometry(1, 1, 1)))
    lines = printed(made, compose.of_case(curved), compose.of_case(other))
    assert lines.count("ladder n=8, ranks 2") == 2
    assert lines.count("ladder n=8, ranks 1") == 2


def test_many_curves_are_several_tables_and_none_is_torn_apart(
    made: Any, curved: CaseResult
) -> None:
    shown = compose.of_case(curved)
    ping = {
        f"{name}{i}_{metric}": shown.curves[f"ping_{metric}"]
        for i, name in enumerate("abc")
        for metric in ("latency", "message_rate")
    }
    lines = printed(made, shown.model_copy(update={"curves": ping}))
    heads = [line.split() for line in lines if line.split() in (["a0"], ["b1"], ["c2"])]
    assert heads == [["a0"], ["b1"], ["c2"]]
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("kernel", ["stream", "hpl"])
def test_other_kernels_have_no_tables(made: Any, kernel: str) -> None:
    shown = compose.of_case(made.result(made.case(kernel, {"n": 100})))
    assert points(shown) == set()
    assert shown.curves == {}


def test_a_place_is_in_the_unit_of_its_axis() -> None:
    assert drawn.place(64.0, "1") == "64"
    assert drawn.place(4.0, "ranks") == "4 ranks"
    assert drawn.place(12288.0, "B") == "12 KiB"
