"""What is asked of a batch system for a plan."""

from __future__ import annotations

from typing import Any

import pytest

from harness.config.cluster import Limits, Partition
from harness.errors import ConfigError
from harness.launch.launchers import slurm
from harness.plan.case import Geometry
from harness.submit import order
from tests.harness.submit.conftest import Programs


@pytest.mark.parametrize(
    ("geometries", "expected"),
    [
        ([(1, 4, 1)], (1, 4, 1)),
        ([(2, 8, 3), (2, 8, 3)], (2, 4, 3)),
        ([(1, 4, 2), (4, 16, 2)], (4, 4, 2)),
        ([(1, 4, 1), (1, 1, 8)], (1, 8, 1)),
        ([(1, 4, 2), (2, 2, 4)], (2, 8, 1)),
    ],
)
def test_counts(made: Any, geometries: list[Any], expected: tuple[int, ...]) -> None:
    cases = [made.case(geometry=Geometry(*one)) for one in geometries]
    assert order.geometry(cases) == expected


def test_a_time(made: Any) -> None:
    cases = [made.case(estimated_s=100.0, launches=3), made.case(estimated_s=50.0)]
    assert order.time_s(cases, Partition(), None, "--time") == 900.0 + 4 * 350.0
    short = Partition(limits=Limits(time=600.0))
    assert order.time_s(cases, short, None, "--time") == 600.0
    assert order.time_s(cases, short, 60.0, "--time") == 60.0
    with pytest.raises(ConfigError, match="--time: found 601 s"):
        order.time_s(cases, short, 601.0, "--time")


def test_no_more_nodes_than_allowed() -> None:
    partition = Partition(limits=Limits(nodes=4))
    order.allowed(4, partition, "cpu")
    with pytest.raises(ConfigError, match="--nodes: found 5"):
        order.allowed(5, partition, "cpu")


SINFO = {"out": "n1|allocated\nn2|idle\nn3|down*\nn4|idle\n"}


def test_idle_nodes_come_first(programs: Programs) -> None:
    programs.say("sinfo", SINFO)
    assert order.nodes_in_turn(slurm, Partition(), "cpu") == (["n2", "n4", "n1"], [])
    assert "--partition=cpu" in programs.calls()[0]
    partition = Partition(hosts=("n4", "n3", "n1"), queue="q")
    nodes, notes = order.nodes_in_turn(slurm, partition, "cpu")
    assert (nodes, notes) == (["n4", "n1"], ["left out, since they take no jobs now: n3"])
    assert "--partition=q" in programs.calls()[1]


def test_names_of_cluster_yaml_where_the_batch_system_does_not_answer(programs: Programs) -> None:
    nodes, notes = order.nodes_in_turn(slurm, Partition(hosts=("b", "a")), "cpu")
    assert nodes == ["b", "a"]
    assert "sinfo cannot be started" in notes[0]
    with pytest.raises(ConfigError, match="names of the nodes of partition 'cpu' are not known"):
        order.nodes_in_turn(slurm, Partition(), "cpu")


def test_some_of_them() -> None:
    assert order.chosen(["a", "b"], None, "cpu") == ["a", "b"]
    assert order.chosen(["a", "b"], 1, "cpu") == ["a"]
    with pytest.raises(ConfigError, match="--nodes: found 3, and partition 'cpu' has 2"):
        order.chosen(["a", "b"], 3, "cpu")


@pytest.mark.parametrize(("waiting", "pending", "free"), [(0, 3, 3), (2, 3, 1), (5, 3, 0)])
def test_room(waiting: int, pending: int, free: int) -> None:
    assert order.room(waiting, pending) == free
