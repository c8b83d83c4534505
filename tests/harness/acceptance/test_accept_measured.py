"""From the runs of a stage to numbers, findings, and which rank is slow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.acceptance import measured
from harness.acceptance.judging import Judge, Known
from harness.judge.fleet import evidence
from harness.judge.fleet.verdict import Verdict
from harness.outcome import Outcome
from harness.plan.case import Geometry
from harness.record import store
from tests.harness.record.conftest import put

RANKS = 4
Node = Callable[..., Path]


@pytest.fixture
def node(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A run of stream on a node, four ranks of 0.1 s: ``node("n3", slow=2, by=1.3)``."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def recorded(name: str, slow: int = 0, by: float = 1.0, bad: Outcome | None = None) -> Path:
        run_id = f"20261128T230000Z-accept-a1b2c3-node-{name}"
        path = tmp_path / "results" / "c" / run_id
        run = replace(made.run(tmp_path / "results"), id=run_id, path=str(path))
        case = made.case(geometry=Geometry(1, RANKS, 1))
        store.create(run, (case,))
        ranks = [0.1 * (by if rank == slow else 1.0) for rank in range(RANKS)]
        times = [[[one * (1 + 0.001 * i) for one in ranks] for i in range(6)]]
        result = made.result(case, times)
        if bad:
            result = replace(made.failed(case, bad), started=1.0, ended=2.0)
        places = (tuple(made.place(rank, host="same-for-all") for rank in range(RANKS)),)
        put(run, replace(result, places=places), 1)
        return path

    return recorded


def test_a_node_is_called_as_it_was_asked_for_and_its_slow_rank_is_named(node: Node) -> None:
    folders = {f"n{i}": node(f"n{i}", slow=2, by=1.5 if i == 3 else 1.0) for i in range(6)}
    part = measured.of_runs("node", folders)
    found = Judge(Known(nodes=tuple(folders)))(part.read, part.environment).found
    assert found.table.nodes == tuple(folders)
    rejected = [at for at, one in enumerate(found.verdicts) if one is Verdict.REJECT]
    assert rejected == [3]
    found = measured.with_slow_ranks(found, part)
    remarks = {one.remark for one in evidence.of_node(found, 3) if one.view == "peers"}
    assert len(remarks) == 1
    assert remarks.pop().startswith("rank 2 of 4 (CPU ")


@pytest.mark.parametrize(
    ("bad", "verdict"), [(Outcome.WRONG, Verdict.REJECT), (Outcome.INFRA, Verdict.NOT_TESTED)]
)
def test_what_is_no_number(node: Node, bad: Outcome, verdict: Verdict) -> None:
    folders = {f"n{i}": node(f"n{i}", bad=bad if i == 2 else None) for i in range(4)}
    (one,) = measured.of_runs("node", folders).findings
    assert (one.node, one.what, one.verdict) == ("n2", "stream", verdict)


def test_a_wrong_answer_of_most_nodes_is_not_that_of_a_node(node: Node) -> None:
    folders = {f"n{i}": node(f"n{i}", bad=Outcome.WRONG if i else None) for i in range(4)}
    found = measured.of_runs("node", folders).findings
    assert {(one.node, one.verdict) for one in found} == {
        (f"n{i}", Verdict.RETEST) for i in (1, 2, 3)
    }
    assert "so it is on 3 of 4 nodes" in found[0].line


def test_a_run_that_is_damaged_makes_its_node_not_tested(node: Node) -> None:
    folders = {f"n{i}": node(f"n{i}") for i in range(3)}
    (file,) = folders["n1"].glob("*.h5")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    found = measured.of_runs("node", folders)
    assert [(one.node, one.verdict) for one in found.findings] == [("n1", Verdict.NOT_TESTED)]
    assert set(found.read.table.nodes) == {"n0", "n2"}
