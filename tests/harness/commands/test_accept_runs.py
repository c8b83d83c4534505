"""`qyran accept --runs`: recorded runs on a node each are judged like a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome
from harness.plan.case import Geometry
from harness.record import store
from harness.record.result import CaseResult
from tests.harness.record.conftest import put
from tests.harness.test_cli import qyran

Said = pytest.CaptureFixture[str]
Node = Callable[..., None]


@pytest.fixture
def node(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Records a run of stream on a node: ``node(3, seconds=0.1, key="k1")``."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def recorded(
        at: int, seconds: float = 0.1, key: str = "k1", nodes: int = 1, bad: Outcome | None = None
    ) -> None:
        name = f"20261128T1900{at:02}Z-quick-aaaaaa"
        environment = {"fingerprint": {"hardware": {"key": key}}}
        results = tmp_path / "results"
        run = replace(
            made.run(results), id=name, path=str(results / "laptop" / name), environment=environment
        )
        case = made.case(geometry=Geometry(nodes, 2, 1))
        store.create(run, (case,))
        times = [[[seconds * (1 + 0.001 * i), seconds] for i in range(6)]]
        places = (tuple(made.place(rank, host=f"n{at:02}") for rank in range(2)),)
        result: CaseResult = made.result(case, times)
        if bad:
            result = replace(made.failed(case, bad), started=1.0, ended=2.0)
        put(run, replace(result, places=places), 1)

    return recorded


def judged(
    monkeypatch: pytest.MonkeyPatch, said: Said, folder: Path, *words: str
) -> tuple[int, dict[str, Any], str]:
    code = qyran(
        monkeypatch,
        *words,
        "--runs",
        "cluster:laptop",
        "--results",
        str(folder / "results"),
        "--json",
    )
    printed = said.readouterr()
    return code, json.loads(printed.out), printed.err


def test_a_slow_node_is_found_in_the_record(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, node: Node
) -> None:
    for at in range(8):
        node(at, seconds=0.115 if at == 3 else 0.1)
    code, found, _ = judged(monkeypatch, capsys, tmp_path, "accept")
    assert code == 1
    assert [one["node"] for one in found["nodes"] if one["verdict"] == "reject"] == ["n03"]
    evidence = found["nodes"][3]["evidence"][0]
    assert evidence["metric"].startswith("stream.")
    assert evidence["n"] == 6
    assert "qyran accept --runs cluster:laptop" in found["nodes"][3]["repeat"]


def test_a_node_without_a_result_is_not_tested(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, node: Node
) -> None:
    for at in range(6):
        node(at, bad=Outcome.WRONG if at == 2 else None)
    code, found, _ = judged(monkeypatch, capsys, tmp_path, "accept", "--nodes", "n[00-05]")
    assert code == 3
    assert [one["node"] for one in found["nodes"] if one["verdict"] == "not tested"] == ["n02"]


def test_cases_of_several_nodes_and_other_hardware_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, node: Node
) -> None:
    for at in range(6):
        node(at, key="k2" if at == 5 else "k1")
    node(6, nodes=2)
    _, found, notes = judged(monkeypatch, capsys, tmp_path, "accept")
    assert len(found["nodes"]) == 6
    assert "1 of 7 cases are not of one known node" in notes
    assert "k1 (5 nodes), k2 (1 nodes)" in notes


def test_a_baseline_keeps_the_hardware_and_judges_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, node: Node
) -> None:
    for at in range(6):
        node(at)
    to = tmp_path / "base.yaml"
    code, found, _ = judged(monkeypatch, capsys, tmp_path, "baseline", "make", "--output", str(to))
    assert (code, found["baseline"]["environment"]) == (0, "k1")
    words = ("accept", "--baseline", str(to))
    assert judged(monkeypatch, capsys, tmp_path, *words)[0] == 0
    to.write_text(to.read_text().replace("environment: k1", "environment: k9"))
    assert judged(monkeypatch, capsys, tmp_path, *words)[0] == 2


def test_one_source_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, node: Node
) -> None:
    assert qyran(monkeypatch, "accept") == 2
    assert "one of --from FILE and --runs RUNS" in capsys.readouterr().err
    node(1, nodes=2)
    assert judged(monkeypatch, capsys, tmp_path, "accept")[0] == 3
