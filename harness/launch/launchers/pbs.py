"""OpenPBS and PBS Professional: jobs by qsub, ranks inside of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.launch.contract import Allocation


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
    """The nodes of the job this process runs in, from its `PBS_NODEFILE`; None outside of one."""
    job = environ.get("PBS_JOBID")
    file = environ.get("PBS_NODEFILE")
    if not job or not file:
        return None
    listed = Path(file).read_text(encoding="utf-8").split()
    return Allocation("pbs", tuple(dict.fromkeys(listed)), job)
