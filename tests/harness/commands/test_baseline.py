"""`qyran baseline`: made of good nodes only, the same from the same, refused with the reason."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from harness.config import baseline as files
from harness.judge.fleet import baselines
from harness.judge.fleet.verdict import judged
from harness.report import schema
from harness.report.baseline_document import BaselineDiffDoc, BaselineDoc, BaselineMakeDoc
from harness.report.document import Doc
from tests.bench.fleets import slow, table
from tests.harness.test_cli import qyran

HEAD = "node,metric,value,unit,better\n"
Said = pytest.CaptureFixture[str]


def rows(nodes: int = 10, level: float = 300.0, seed: int = 1) -> list[str]:
    rng = np.random.default_rng(seed)
    return [
        f"n{i:02},triad,{level * rng.normal(1, 0.004):.5f},GB/s,higher\n"
        for i in range(nodes)
        for _ in range(3)
    ]


def written(path: Path, lines: list[str]) -> Path:
    path.write_text(HEAD + "".join(lines))
    return path


def document(said: Said, model: type[Doc]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.readouterr().out)
    jsonschema.validate(found, json.loads(schema.file(model).read_text()))
    return found


def make(monkeypatch: pytest.MonkeyPatch, source: Path, to: Path, *more: str) -> int:
    words = ("--from", str(source), "--output", str(to), *more)
    return qyran(monkeypatch, "baseline", "make", *words)


def test_the_order_of_lines_does_not_matter_and_twice_is_once(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    lines = rows()
    mixed = random.Random(3).sample(lines, len(lines))
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    assert make(monkeypatch, written(tmp_path / "a.csv", lines), one) == 0
    assert make(monkeypatch, written(tmp_path / "b.csv", mixed), two) == 0
    assert one.read_bytes() == two.read_bytes()
    before = one.stat().st_mtime_ns
    capsys.readouterr()
    assert make(monkeypatch, tmp_path / "a.csv", one, "--json") == 0
    assert document(capsys, BaselineMakeDoc)["written"] is False
    assert one.stat().st_mtime_ns == before


def test_another_baseline_is_never_overwritten(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    to = tmp_path / "base.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows()), to)
    assert make(monkeypatch, written(tmp_path / "b.csv", rows(level=200.0)), to) == 2
    assert "exists already" in capsys.readouterr().err
    assert files.load(to).metrics["triad"].median == pytest.approx(300e9, rel=0.01)


def test_what_is_made_is_read_in_full_precision(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    to = tmp_path / "base.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows()), to, "--environment", "k1", "--json")
    made = document(capsys, BaselineMakeDoc)["baseline"]
    assert qyran(monkeypatch, "baseline", "show", str(to), "--json") == 0
    assert document(capsys, BaselineDoc) == made
    assert made["environment"] == "k1"
    assert made["metrics"]["triad"]["n"] == len(made["nodes"]) == 10


def test_bad_nodes_are_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    lines = rows()
    lines[3:6] = [f"n01,triad,{v},GB/s,higher\n" for v in (250, 251, 252)]
    lines[6:9] = [f"n02,triad,{v},GB/s,higher\n" for v in (300, 340, 260)]
    lines[9:12] = [f"n03,triad,{v},GB/s,higher\n" for v in (300, "nan", 300)]
    lines[12:15] = ["n04,triad,nan,GB/s,higher\n"]
    make(monkeypatch, written(tmp_path / "a.csv", lines), tmp_path / "b.yaml", "--json")
    made = document(capsys, BaselineMakeDoc)["baseline"]
    left = made["metrics"]["triad"]["left_out"]
    assert left["n01"] == "rejected"
    assert left["n02"].startswith("not converged")
    assert left["n03"] == "a repetition failed"
    assert left["n04"] == "no value"
    assert made["nodes"] == ["n00", *(f"n{i:02}" for i in range(5, 10))]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (rows(4), "4 of the 5 nodes that a baseline needs"),
        (rows(8, 300.0) + [x.replace("n", "m") for x in rows(8, 270.0)], "bimodal: 8 of 16 nodes"),
        (
            [f"n{i},triad,{v},GB/s,higher\n" for i in range(9) for v in (300, 340, 260)],
            "(not converged: 9 of 9 left out)",
        ),
    ],
)
def test_it_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, lines: list[str], why: str
) -> None:
    to = tmp_path / "base.yaml"
    assert make(monkeypatch, written(tmp_path / "a.csv", lines), to, "--json") == 4
    assert why in document(capsys, BaselineMakeDoc)["refused"]["triad"]
    assert make(monkeypatch, tmp_path / "a.csv", to) == 4
    assert "this gives no baseline" in capsys.readouterr().out
    assert not to.exists()


def test_a_baseline_judges_where_peers_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    to = tmp_path / "base.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows(16)), to)
    few = rows(2) + [x.replace("n0", "slow") for x in rows(1, 270.0)]
    new = written(tmp_path / "new.csv", few)
    capsys.readouterr()
    words = ("accept", "--from", str(new), "--baseline", str(to), "--json")
    assert qyran(monkeypatch, *words) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in found["nodes"]] == ["accept", "accept", "reject"]
    assert found["nodes"][2]["evidence"][0]["view"] == "baseline"
    assert "below the baseline of 16 nodes" in found["nodes"][2]["reason"]


def test_a_metric_of_the_baseline_that_was_not_measured_never_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    to = tmp_path / "base.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows()), to)
    other = written(tmp_path / "b.csv", [x.replace("triad", "copy") for x in rows()])
    assert qyran(monkeypatch, "accept", "--from", str(other), "--baseline", str(to)) == 3
    wrong = written(tmp_path / "c.csv", [x.replace("higher", "lower") for x in rows()])
    assert qyran(monkeypatch, "accept", "--from", str(wrong), "--baseline", str(to)) == 2
    assert "metrics.triad: is in B/s, better higher" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("    median: ", "    median: -", "base.yaml:15: metrics.triad.median"),
        ("    scale", "    sclae", "did you mean 'scale'"),
        ("higher", "up", "metrics.triad.better"),
        ("qyran.baseline/1", "qyran.baseline/9", "is of schema 'qyran.baseline/9'"),
    ],
)
def test_a_damaged_baseline_is_named_with_line_and_key(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Said,
    tmp_path: Path,
    before: str,
    after: str,
    message: str,
) -> None:
    to = tmp_path / "base.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows(6)), to)
    to.write_text(to.read_text().replace(before, after, 1))
    assert qyran(monkeypatch, "baseline", "show", str(to)) == 2
    assert message in capsys.readouterr().err


def test_a_difference_says_what_is_better_new_and_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    extra = [x.replace("triad", "copy") for x in rows(10)]
    lower = [x.replace("triad", "sort").replace("GB/s,higher", "s,lower") for x in rows(10, 2.0, 5)]
    later = [x.replace("triad", "sort").replace("GB/s,higher", "s,lower") for x in rows(9, 2.2, 6)]
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    make(monkeypatch, written(tmp_path / "a.csv", rows() + lower), one)
    make(monkeypatch, written(tmp_path / "b.csv", rows(10, 330.0) + later + extra), two)
    capsys.readouterr()
    assert qyran(monkeypatch, "baseline", "diff", str(one), str(two), "--json") == 0
    found = document(capsys, BaselineDiffDoc)
    words = {each["metric"]: each["verdict"] for each in found["metrics"]}
    assert words == {"copy": "new", "sort": "worse", "triad": "better"}
    assert qyran(monkeypatch, "baseline", "diff", str(one), str(one)) == 0
    assert capsys.readouterr().out.count("= same") == 2


def test_a_slow_minority_is_not_in_the_baseline() -> None:
    value = slow(24, 7, 0.94, 0.004)(np.random.default_rng(2))
    made = baselines.make(judged(table(value))).baseline
    assert made is not None
    assert made.nodes == [f"n{i}" for i in range(7, 24)]
    assert made.metrics["m0"].median == pytest.approx(1.0, abs=0.003)
    assert made.metrics["m0"].scale == pytest.approx(0.004, rel=0.5)
