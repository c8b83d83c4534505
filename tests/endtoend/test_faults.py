"""Faults of the machine: memory that runs out, and a clock that is set while it is read."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.machine.mpi import find_mpirun

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

GROUPS = Path("/sys/fs/cgroup/memory")
LIMIT_B = 1536 * 2**20
# mpirun in a control group of its own, and so all that it starts.
INTO = """#!/bin/sh
case "$*" in *--version*) ;; *) echo $$ > {group}/cgroup.procs ;; esac
exec {real} "$@"
"""


def test_memory_that_runs_out(broken: Qyran) -> None:
    group = GROUPS / f"qyran-oom-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("no control groups of memory (version 1) that may be made")
    try:
        (group / "memory.limit_in_bytes").write_text(str(LIMIT_B))
        script = broken.folder / "mpirun"
        script.write_text(INTO.format(group=group, real=find_mpirun().path))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        (broken.folder / "cluster.yaml").write_text(
            "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
            f"    launcher: {{kind: local, mpirun: {script}}}\n"
        )
        suite = broken.suite(broken.faulty(tag=1), broken.faulty("eats"), broken.faulty(tag=2))
        done = broken.run(suite)
    finally:
        broken.wait(lambda: not (group / "cgroup.procs").read_text(), limit_s=10)
        group.rmdir()
    assert (done.rc, done.outcomes) == (3, ["pass", "killed", "pass"])
    assert done.reasons[1].startswith("out of memory: the kernel has killed a process meanwhile")


@pytest.mark.parametrize("jump_s", [-86400.0, 86400.0], ids=["back", "forth"])
def test_a_clock_that_jumps(
    at: Callable[[Path], Qyran], tree: Path, tmp_path: Path, jump_s: float
) -> None:
    """Of the ranks, as it is read for the journal: after a while it is a day away."""
    copy = shutil.copytree(tree, tmp_path / "tree")
    journal = copy / "harness" / "measure" / "journal.py"
    text = journal.read_text()
    now = "time.time()"
    assert text.count(now) == 1
    jumping = f"(time.time() + (event in ('verified', 'end', 'sample')) * {jump_s})"
    journal.write_text(text.replace(now, jumping))
    qyran = at(tmp_path)
    qyran.tree = copy
    suite = qyran.suite(qyran.faulty(tag=1, nap_s=0.1), qyran.faulty("hangs", tag=2, budget=5))
    done = qyran.run(suite)
    assert done.outcomes == ["pass", "timeout"]
    first, second = done.json["cases"]
    assert 1.0 < first["metrics"]["row_rate"]["value"] < 10.5
    assert first["seconds"]["total"] >= 0.0
    assert "the budget of 5 s passed" in second["reason"]
