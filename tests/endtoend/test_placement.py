"""Ranks that do not run where they were asked to, by a launcher that was proved before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.machine.mpi import find_mpirun

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

SCRIPT = """#!/bin/sh
case "$*" in *--version*|*harness.machine.hello*) exec {real} "$@";; esac
while [ "$1" != -n ]; do shift; done
count=$2; shift 2
{first}
exec {real} --map-by ppr:$count:node:PE=1 --bind-to core -n "$count" {before} "$@"
"""
# Rank 1 believes that it is on another host.
ELSEWHERE = """sh -c 'if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then exec "$@"; fi
exec unshare -u sh -c "hostname other; exec \\"\\$@\\"" sh "$@"' sh"""


def site(qyran: Qyran, before: str = "", first: str = "") -> None:
    path = qyran.folder / "mpirun"
    path.write_text(SCRIPT.format(real=find_mpirun().path, first=first, before=before))
    path.chmod(0o755)
    (qyran.folder / "cluster.yaml").write_text(
        "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
        f"    launcher: {{kind: local, mpirun: {path}}}\n"
    )


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("taskset -c 0", "2 threads share 1 CPUs on"),
        ("env NUMBA_NUM_THREADS=2", "asked for 1 threads a rank, found [2]"),
        pytest.param(
            ELSEWHERE,
            "asked for 1 nodes, ran on 2: other, ",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
        ),
    ],
    ids=["cpus", "threads", "hosts"],
)
def test_invalid(broken: Qyran, before: str, reason: str) -> None:
    site(broken, before)
    done = broken.run("faulty", "--ranks", "2", "--repeat", "2")
    assert (done.rc, done.outcomes) == (3, ["infra"]), done.err
    assert done.reasons[0].startswith("invalid placement: ")
    assert reason in done.reasons[0]
    assert not done.json["cases"][0]["metrics"]


def test_a_quota_below_the_threads(broken: Qyran) -> None:
    group = Path("/sys/fs/cgroup/cpu") / f"qyran-quota-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("no control groups of cpu (version 1) that may be made")
    try:
        (group / "cpu.cfs_quota_us").write_text("150000")
        site(broken, first=f"echo $$ > {group}/cgroup.procs")
        done = broken.run("faulty", "--ranks", "2", "--repeat", "2")
        assert (done.rc, done.outcomes) == (3, ["infra"]), done.err
        assert "a control group allows 1.5 CPUs to 2 threads" in done.reasons[0]
        assert broken.run("faulty", "--oversubscribe", "--repeat", "2").outcomes == ["pass"]
    finally:
        group.rmdir()
