"""Ranks on this machine, started by its mpirun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.launch.contract import Allocation


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation:
    """Nothing but this machine, whatever else is named."""
    return Allocation("local")
