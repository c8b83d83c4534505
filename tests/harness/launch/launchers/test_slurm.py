"""Slurm."""

from __future__ import annotations

from harness.launch.contract import Allocation
from harness.launch.launchers import slurm


def test_slurm_has_those_of_its_job() -> None:
    assert slurm.allocation(("n1",), {}) is None
    job = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "n[09-10]"}
    assert slurm.allocation((), job) == Allocation("slurm", ("n09", "n10"), "17")
