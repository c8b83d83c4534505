"""`qyran compare` on real runs: table, documents, files, exit codes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.commands import compare as command
from harness.commands import explain_pair
from harness.commands.compare import Options, compare, fraction
from harness.errors import CannotMeasure, ConfigError
from harness.outcome import Outcome
from harness.report import schema
from harness.report.compare_document import CompareDoc
from harness.report.pair_document import ExplainPairDoc
from tests.harness.commands.runs import STEADY, environment, passed, put

SLOWER = tuple(1.1 * one for one in STEADY)


@pytest.fixture
def results(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run 1 and 2 are alike; 3 is slower and lacks dgemm; 4 was killed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stream, dgemm = made.case(), made.case("dgemm", {"n": 128})
    root = tmp_path / "results"
    for hour in (1, 2):
        put(made, root, hour, [passed(made, one, STEADY) for one in (stream, dgemm)])
    put(made, root, 3, [passed(made, stream, SLOWER)])
    put(made, root, 4, [made.failed(stream, Outcome.KILLED)])
    return root


def run(hour: int) -> str:
    return f"{hour:06x}"


def said(capsys: pytest.CaptureFixture[str], *words: Any, **options: Any) -> tuple[int, str]:
    as_json = options.pop("as_json", False)
    with pytest.raises(SystemExit) as ended:
        compare(*words, Options(**options), as_json=as_json)
    return int(str(ended.value.code)), capsys.readouterr().out


def test_two_runs_alike_are_the_same(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, run(1), run(2), results)
    assert code == 0
    assert "8 same (exit 0)" in text
    assert "= same" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_slower_run_is_a_regression(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, run(1), run(3), results)
    assert code == 1
    assert "- slower" in text
    assert "0.909" in text
    assert "B has no such case" in text
    assert "5 slower, 3 missing (exit 1)" in text


def test_the_other_way_round_it_is_faster(results: Path) -> None:
    found = command.document(run(3), run(1), results, Options())
    assert found.counts["faster"] == 5
    assert found.counts["missing"] == 3
    assert found.exit_code == 0  # dgemm is new in B


def test_a_killed_case_is_missing_with_its_reason(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, run(3), run(4), results)
    assert code == 3
    assert "all 5 metrics" in text
    assert "killed in B: a rank was killed by SIGKILL" in text


def test_other_hardware_is_compared_only_if_asked_for(
    made: Any, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = passed(made, made.case(), SLOWER)
    put(made, results, 5, [other], environment=environment("h2"))
    code, text = said(capsys, run(3), run(5), results)
    assert code == 4
    assert "the hardware differs" in text
    code, text = said(capsys, run(3), run(5), results, across=True)
    assert code == 0
    assert "across machines" in text


def test_the_document_fits_its_schema_and_has_everything(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pair in ((run(1), run(3)), (run(3), run(4)), (run(1), "date:2026")):
        _, text = said(capsys, *pair, results, as_json=True)
        shown = json.loads(text)
        jsonschema.validate(shown, json.loads(schema.text(CompareDoc)))
        assert shown["schema"] == "qyran.compare/1"
        assert sum(shown["counts"].values()) == len(shown["metrics"])
    pooled = shown["b"]
    assert len(pooled["runs"]) == 4


def test_earlier_runs_raise_the_threshold_of_a_noisy_series(made: Any, results: Path) -> None:
    case = made.case()
    for i, factor in enumerate((1.0, 1.1, 0.95, 1.06, 0.9, 1.04)):
        put(made, results, 6 + i, [passed(made, case, [factor * one for one in STEADY])])
    put(made, results, 13, [passed(made, case, SLOWER)])
    row = command.document(run(11), run(13), results, Options()).metrics[0]
    assert row.threshold > 0.1
    assert row.threshold_source == "3 times the spread of 9 earlier runs"
    assert row.verdict == "undecided"
    asked = command.document(run(11), run(13), results, Options(threshold="3%")).metrics[0]
    assert (asked.threshold, asked.threshold_source) == (0.03, "as asked for")


def test_junit_holds_failures_errors_and_skips_apart(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.xml"
    said(capsys, run(1), run(3), results, junit=path)
    suite = ET.parse(path).getroot()[0]
    counts = [suite.get(one) for one in ("tests", "failures", "errors", "skipped")]
    assert counts == ["8", "5", "3", "0"]
    failed = suite.find("testcase[failure]")
    assert failed is not None
    named = {one.get("name"): one.get("value") for one in failed.iter("property")}
    assert float(named["ratio"] or 0.0) == pytest.approx(1 / 1.1)
    assert {"a", "b", "low", "high", "q", "threshold", "unit", "verdict"} <= named.keys()
    said(capsys, run(3), run(1), results, junit=path)
    suite = ET.parse(path).getroot()[0]
    assert (suite.get("errors"), suite.get("skipped")) == ("0", "3")  # new in B


def test_markdown_is_a_table(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, run(1), run(3), results, markdown=True)
    assert code == 1
    rows = [one for one in text.splitlines() if one.startswith("|")]
    assert {one.count("|") for one in rows} == {8}
    assert text.startswith("**5 slower, 3 missing**")
    with pytest.raises(ConfigError, match="two forms"):
        compare(run(1), run(3), results, Options(markdown=True), as_json=True)


def test_a_selection_of_nothing_is_no_good_result(results: Path) -> None:
    with pytest.raises(CannotMeasure, match="selects no recorded case") as found:
        command.document(run(1), "date:2020", results, Options())
    assert found.value.exit_code == 3
    with pytest.raises(ConfigError):
        command.document(run(1), "nowhere", results, Options())


def test_a_damaged_file_is_named_and_its_case_is_missing(results: Path) -> None:
    path = next(results.glob(f"*/*{run(2)}/dgemm-*.h5"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-100])
    found = command.document(run(1), run(2), results, Options())
    assert [one.file for one in found.left_out] == [str(path)]
    assert found.counts["missing"] == 3
    assert found.exit_code == 3


def test_what_differs_around_the_runs_is_counted_and_named(
    made: Any, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.document(run(1), run(2), results, Options()).environment == []
    variables = {f"OMP_{one}": "1" for one in range(5)}
    there = environment(variables=variables)
    put(made, results, 5, [passed(made, made.case(), STEADY)], environment=there)
    found = command.document(run(3), run(5), results, Options()).environment
    assert found is not None
    assert next((one.name, one.a, one.b) for one in found) == ("OMP_0", "not set", "1")
    _, text = said(capsys, run(3), run(5), results)
    assert "environment: 5 differences" in text
    assert "  OMP_3: not set -> 1" in text
    assert "all: qyran env diff 20261128T030000Z-quick-000003 20261128T050000Z" in text
    put(made, results, 6, [passed(made, made.case(), STEADY)], environment={})
    assert command.document(run(3), run(6), results, Options()).environment is None


def test_a_case_beside_itself_is_said(results: Path) -> None:
    found = command.document(run(1), run(1), results, Options())
    assert found.notes == ["2 cases are on both sides, and compared with themselves"]


@pytest.mark.parametrize(("text", "value"), [("3%", 0.03), ("0.5 %", 0.005), ("0.03", 0.03)])
def test_a_threshold_is_a_fraction(text: str, value: float) -> None:
    assert fraction("--threshold", text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["3", "0", "-1%", "100%", "3%%", "much", "3% or so", "nan"])
def test_everything_else_is_no_threshold(text: str) -> None:
    with pytest.raises(ConfigError, match="--threshold: found"):
        fraction("--threshold", text)


def test_a_verdict_is_explained(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = explain_pair.document(run(1), run(3), "stream.triad_bandwidth", results)
    (only,) = found.cases
    assert only.row.verdict == "slower"
    assert only.a is not None
    assert only.b is not None
    assert only.b.high < only.a.low
    assert only.a.samples == 15
    assert only.rank_test == pytest.approx(2 / 252)
    assert found.tested == 5
    explain_pair.explain(run(1), run(3), "triad_bandwidth", results, as_json=False)
    text = capsys.readouterr().out
    assert "- slower" in text
    assert "threshold 2 %: the least" in text
    assert "adjusted for 5 tested metrics" in text
    assert f"next qyran history stream --results {results}" in " ".join(text.split())
    explain_pair.explain(run(3), run(4), "triad_bandwidth", results, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, json.loads(schema.text(ExplainPairDoc)))
    assert shown["cases"][0]["b"] is None
    with pytest.raises(ConfigError, match="unknown metric 'triad'"):
        explain_pair.document(run(1), run(3), "triad", results)
