"""Rejected nodes drained in a real Slurm; what somebody else has done to a node stays as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.machines import NODES, until

if TYPE_CHECKING:
    from tests.cluster.slurm import Slurm

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """\
import json, sys
from dataclasses import asdict
from harness.acceptance import drain
nodes, dry_run = json.loads(sys.argv[1])
found = drain.drain(nodes, acceptance="a1", dry_run=dry_run)
print(json.dumps([asdict(one) for one in found]))
"""
WHY = "hpl.flop_rate -31 %, expected 1.20 Tflop/s"


@pytest.fixture(autouse=True)
def nodes_are_given_back(batch: Slurm) -> Iterator[None]:
    yield
    for name in NODES:
        if batch.state(name) != "idle":
            batch.update(name, "state=resume")
    batch.wait_for_nodes("idle")


def drained(batch: Slurm, *nodes: str, dry_run: bool = False) -> dict[str, tuple[str, str]]:
    """Node -> what was done, and what was said; typed on the head."""
    asked = json.dumps([dict.fromkeys(nodes, WHY), dry_run])
    said = batch.head.output(sys.executable, "-c", SCRIPT, asked)
    return {one["node"]: (one["done"], one["said"]) for one in json.loads(said)}


def shown(batch: Slurm, node: str) -> str:
    return batch.head.output("scontrol", "--oneliner", "show", "node", node)


def test_only_the_rejected_node_is_drained_and_only_once(batch: Slurm) -> None:
    assert drained(batch, "node2", dry_run=True) == {"node2": ("would drain", "")}
    assert batch.state("node2") == "idle"
    assert drained(batch, "node2") == {"node2": ("drained", "")}
    assert batch.state("node2") == "drained"
    assert batch.state("node1") == "idle"
    assert f"Reason=qyran accept a1: {WHY.replace('=', ' ')} [" in shown(batch, "node2")
    before = shown(batch, "node2")
    done, said = drained(batch, "node2")["node2"]
    assert done == "drained before"
    assert "qyran accept a1" in said
    assert shown(batch, "node2") == before


@pytest.mark.parametrize("state", ["drain", "down"])
def test_a_node_of_somebody_else_is_left_alone(state: str, batch: Slurm) -> None:
    batch.update("node1", f"state={state}", "reason=bad fan = 3")
    before = shown(batch, "node1")
    for dry_run in (True, False):
        done, said = drained(batch, "node1", dry_run=dry_run)["node1"]
        assert done == "left alone"
        assert "bad fan = 3" in said
    assert shown(batch, "node1") == before


def test_a_name_that_is_no_single_node_drains_nothing(batch: Slurm) -> None:
    for name in ("ALL", "node[1-2]", "node1,node2", "nowhere"):
        done, said = drained(batch, name)[name]
        assert (done, bool(said)) == ("failed", True)
    batch.wait_for_nodes("idle")


def test_a_busy_node_finishes_its_job(batch: Slurm) -> None:
    running = batch.head.output("sbatch", "--parsable", "--wrap=sleep 8", "-w", "node1").strip()
    until(lambda: batch.job(running).get("JobState") == "RUNNING", 30, "the job")
    assert drained(batch, "node1.example.org") == {"node1.example.org": ("drained", "")}
    assert batch.state("node1") == "draining"
    assert batch.job(running)["JobState"] == "RUNNING"
    until(lambda: batch.state("node1") == "drained", 60, "the drained node")
    assert batch.job(running)["JobState"] == "COMPLETED"
