"""Slurm: jobs by sbatch, ranks inside of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.config.hosts import expand
from harness.launch.contract import Allocation


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
    """The nodes of the job this process runs in (`SLURM_JOB_NODELIST`); None outside of one."""
    job = environ.get("SLURM_JOB_ID")
    nodes = environ.get("SLURM_JOB_NODELIST")
    if not job or not nodes:
        return None
    return Allocation("slurm", expand(nodes), job)
