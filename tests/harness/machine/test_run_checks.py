"""What the doctor says of the launcher."""

from __future__ import annotations

import pytest

from harness.launch.contract import Allocation
from harness.machine import run_checks


@pytest.mark.parametrize(
    ("kind", "asked_for", "allocation", "status", "words"),
    [
        ("local", "local", Allocation("local"), "ok", "local: ranks on this machine"),
        (
            "hostfile",
            "hostfile",
            Allocation("hostfile", ("n1", "n2")),
            "ok",
            "hostfile: 2 nodes of cluster.yaml: n1, n2",
        ),
        (
            "slurm",
            "local",
            Allocation("slurm", ("n1", "n2"), "17"),
            "ok",
            "inside slurm job 17 with 2 nodes: n1, n2, detected although cluster.yaml says local",
        ),
        (
            "pbs",
            "pbs",
            Allocation("pbs", tuple(f"n{i}" for i in range(9)), "8.head"),
            "ok",
            "inside pbs job 8.head with 9 nodes: n0, n1, n2, n3, ...",
        ),
        ("slurm", "slurm", None, "note", "slurm, as cluster.yaml says, and this is no job of it"),
    ],
)
def test_launcher(
    kind: str, asked_for: str, allocation: Allocation | None, status: str, words: str
) -> None:
    found = run_checks.launcher(kind, asked_for, allocation)
    assert (found.what, found.status) == ("launcher", status)
    assert found.found.startswith(words)
    assert bool(found.fix) == (status != "ok")


def test_srun_is_not_tried_outside_of_a_job(
    script: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert callable(script)
    path = script("echo started >&2; exit 1", banner="slurm 22.05.8")
    findings = run_checks.mpi(str(path), 2, 1.0)
    assert [one.status for one in findings] == ["ok", "ok", "note"]
    assert "salloc" in findings[-1].fix
