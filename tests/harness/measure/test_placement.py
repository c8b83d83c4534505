"""What a rank says of its own place, and the limits of its control groups."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from harness.measure import placement

SAY = """
import json
from harness.measure import placement
print(json.dumps(placement.as_dict(placement.of_program(0, "", {}))))
"""


def said(before: tuple[str, ...] = (), **added: str) -> placement.Place:
    printed = subprocess.run(
        [*before, sys.executable, "-c", SAY],
        env=os.environ | added,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return placement.from_dict(json.loads(printed))


def test_the_name_by_the_scheduler() -> None:
    assert (said().host, said().node) == (platform.node(), platform.node())
    assert said(SLURMD_NODENAME="node7").node == "node7"


def test_the_set_of_cpus() -> None:
    one = str(min(os.sched_getaffinity(0)))
    assert said(("taskset", "-c", one)).cpus == (int(one),)


def test_limits_of_control_groups_of_version_1() -> None:
    made: list[Path] = []
    try:
        for controller, files in (
            ("cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}),
            ("memory", {"memory.limit_in_bytes": str(512 * 2**20)}),
        ):
            folder = Path("/sys/fs/cgroup") / controller / f"qyran-place-{os.getpid()}"
            folder.mkdir()
            made.append(folder)
            for name, value in files.items():
                (folder / name).write_text(value)
    except OSError as error:
        pytest.skip(f"no control groups (version 1) that may be made: {error.strerror}")
    enter = "; ".join(f"echo $$ > {one}/cgroup.procs" for one in made)
    try:
        found = said(("sh", "-c", f'{enter}; exec "$@"', "sh"))
    finally:
        for folder in made:
            folder.rmdir()
    assert (found.cpu_quota, found.memory_limit_B) == (1.5, 512 * 2**20)


def test_no_limit_is_none() -> None:
    found = said()
    assert found.cpu_quota is None or found.cpu_quota > 0
    assert placement.from_dict(placement.as_dict(found)) == found
