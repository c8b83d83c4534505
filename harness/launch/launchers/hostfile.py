"""Ranks on the nodes that cluster.yaml names, started by mpirun over ssh or the site's agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.launch.contract import Allocation


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation:
    """The nodes of the partition, in the order of cluster.yaml."""
    return Allocation("hostfile", tuple(hosts))
