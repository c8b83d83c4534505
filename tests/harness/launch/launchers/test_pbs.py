"""PBS."""

from __future__ import annotations

from pathlib import Path

from harness.launch.contract import Allocation
from harness.launch.launchers import pbs


def test_pbs_has_those_of_its_nodefile(tmp_path: Path) -> None:
    assert pbs.allocation((), {}) is None
    file = tmp_path / "nodes"
    file.write_text("n1\nn1\nn2\nn2\n")
    job = {"PBS_JOBID": "17.head", "PBS_NODEFILE": str(file)}
    assert pbs.allocation((), job) == Allocation("pbs", ("n1", "n2"), "17.head")
