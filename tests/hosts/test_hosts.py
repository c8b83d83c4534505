"""`qyran run` on hosts that are reached by ssh: placement, ends, and hosts that do not answer."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cluster.machines import NODES, until
from tests.endtoend.conftest import Done

if TYPE_CHECKING:
    from tests.cluster.machines import Machine
    from tests.cluster.user import User

TWO = ("--nodes=2", "--ranks=2")


@pytest.fixture
def deaf(reached: dict[str, Machine]) -> Iterator[str]:
    """A node whose network is down."""
    node = reached["node2"]
    node.output("ip", "link", "set", "eth0", "down")
    yield node.name
    node.output("ip", "link", "set", "eth0", "up")


def started(user: User) -> None:
    """Wait until both nodes have ranks that measure."""
    user.wait_for("sample", 3)
    assert all(user.ranks_on(one) for one in NODES)


def test_hpl_on_two_nodes(user: User) -> None:
    shipped = replace(user, tree=None)
    done = shipped.run("hpl", *TWO, "--set=n=600", "--repeat=2")
    assert (done.rc, done.outcomes) == (0, ["pass"]), (done.out, done.err)
    (file,) = shipped.files()
    assert shipped.hosts_of(file) == ["node1", "node2"]
    assert shipped.record(file)["check"]["passed"]


def test_ranks_of_a_node_stand_together(user: User) -> None:
    done = user.run("faulty", "--nodes=2", "--ranks=4", "--repeat=2")
    assert done.outcomes == ["pass"], (done.out, done.err)
    assert user.hosts_of(user.files()[0]) == ["node1", "node1", "node2", "node2"]


def test_one_node_of_two(user: User) -> None:
    done = user.run("faulty", "--nodes=1", "--ranks=2", "--repeat=2")
    assert done.outcomes == ["pass"], (done.out, done.err)
    assert user.hosts_of(user.files()[0]) == ["node1", "node1"]


def test_host_that_does_not_answer(user: User, deaf: str) -> None:
    done = user.run("faulty", *TWO, "--repeat=2")
    done.complains(3, deaf, "fix:")
    assert user.files() == []


def test_host_that_nobody_knows(user: User) -> None:
    user.site({"kind": "hostfile"}, cpu={"hosts": ["node1", "node7"]})
    user.run("faulty", *TWO).complains(3, "node7", "fix:")


def test_host_that_falls_silent(user: User, reached: dict[str, Machine]) -> None:
    """Nobody is told; the time of the case runs out, and no rank is left on the other host."""
    running = user.start("run", user.suite(user.faulty(nap_s=0.2, repetitions=600, budget=5)), *TWO)
    started(user)
    node = reached["node2"]
    node.output("ip", "link", "set", "eth0", "down")
    said = running.communicate(timeout=60)
    node.output("ip", "link", "set", "eth0", "up")
    done = Done(running.returncode, *said)
    assert done.outcomes == ["timeout"], (done.out, done.err)
    until(lambda: not user.ranks_on("node1"), 5)  # its daemon ends it when mpirun is gone
    user.no_rank_left(30)


@pytest.mark.parametrize("fault", ["none", "stubborn"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_rank_outlives_the_driver(user: User, number: signal.Signals, fault: str) -> None:
    """A stubborn rank, on the second node, does not heed TERM."""
    case = user.faulty(fault, rank=1, nap_s=0.1, repetitions=600, budget=60)
    running = user.start("run", user.suite(case), *TWO)
    user.wait_for("ready")
    until(lambda: all(user.ranks_on(one) for one in NODES), 5)
    user.driver().send_signal(number)
    user.no_rank_left()
    done = user.finish(running)
    assert done.rc != 0
    assert "Traceback" not in done.err


@pytest.mark.parametrize("node", NODES)
def test_rank_that_is_killed(user: User, node: str) -> None:
    running = user.start("run", user.suite(user.faulty(nap_s=0.2, repetitions=600)), *TWO)
    started(user)
    (rank,) = user.ranks_on(node)
    rank.kill()
    done = user.finish(running)
    assert (done.rc, done.outcomes) == (3, ["killed"]), (done.out, done.err)
    assert "SIGKILL" in done.reasons[0]


def test_rank_that_hangs_on_the_other_node(user: User) -> None:
    running = user.start("run", user.suite(user.faulty("stubborn", rank=1, budget=3)), *TWO)
    done = user.finish(running)
    assert done.outcomes == ["timeout"], (done.out, done.err)
    user.no_rank_left()
