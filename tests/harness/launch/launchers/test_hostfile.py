"""The launcher of nodes that are named in cluster.yaml."""

from __future__ import annotations

from harness.launch.contract import Allocation
from harness.launch.launchers import hostfile


def test_a_hostfile_has_the_nodes_of_the_partition() -> None:
    found = hostfile.allocation(("n2", "n1"), {})
    assert found == Allocation("hostfile", ("n2", "n1"))
