"""Limits of control groups: the least one on the way up counts, in both versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.machine import cgroup
from harness.machine.tree import Tree, Unavailable

Files = dict[str, str]
Plant = Callable[[Files], Path]

V2 = {
    "/proc/self/mountinfo": "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "/proc/self/cgroup": "0::/slurm/job_7\n",
}
JOB = "/sys/fs/cgroup/slurm/job_7"
V1 = {
    "/proc/self/mountinfo": (
        "31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
        "32 20 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "33 20 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    ),
    "/proc/self/cgroup": "4:memory:/slurm/job_7\n3:cpu,cpuacct:/slurm/job_7\n0::/\n",
}


def test_version_2_takes_the_least_limit_of_all_parents(plant: Plant) -> None:
    tree = Tree(plant(V2 | {
        f"{JOB}/cpu.max": "400000 100000\n",
        "/sys/fs/cgroup/slurm/cpu.max": "250000 100000\n",
        f"{JOB}/memory.max": "max\n",
        "/sys/fs/cgroup/slurm/memory.max": "1000\n",
        "/sys/fs/cgroup/slurm/memory.current": "400\n",
    }))  # fmt: skip
    assert cgroup.cpu_quota(tree) == 2.5
    assert cgroup.memory_limit_B(tree) == 1000
    assert cgroup.memory_left_B(tree) == 600


def test_the_parent_may_leave_less_than_the_job_has(plant: Plant) -> None:
    tree = Tree(plant(V2 | {
        f"{JOB}/memory.max": "1000\n",
        f"{JOB}/memory.current": "100\n",
        "/sys/fs/cgroup/slurm/memory.max": "5000\n",
        "/sys/fs/cgroup/slurm/memory.current": "4800\n",
    }))  # fmt: skip
    assert cgroup.memory_limit_B(tree) == 1000
    assert cgroup.memory_left_B(tree) == 200


def test_more_used_than_allowed_leaves_nothing(plant: Plant) -> None:
    tree = Tree(plant(V2 | {f"{JOB}/memory.max": "10\n", f"{JOB}/memory.current": "12\n"}))
    assert cgroup.memory_left_B(tree) == 0


def test_version_1(plant: Plant) -> None:
    cpu, memory = "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7", "/sys/fs/cgroup/memory/slurm/job_7"
    tree = Tree(plant(V1 | {
        f"{cpu}/cpu.cfs_quota_us": "50000\n",
        f"{cpu}/cpu.cfs_period_us": "100000\n",
        f"{memory}/memory.limit_in_bytes": "9000\n",
        f"{memory}/memory.usage_in_bytes": "5000\n",
        f"{memory}/memory.stat": "inactive_file 1\ntotal_inactive_file 500\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }))  # fmt: skip
    assert cgroup.cpu_quota(tree) == 0.5
    assert cgroup.memory_limit_B(tree) == 9000
    assert cgroup.memory_left_B(tree) == 4500


def test_version_1_without_limits(plant: Plant) -> None:
    tree = Tree(plant(V1 | {
        "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes": "9223372036854771712\n",
    }))  # fmt: skip
    with pytest.raises(Unavailable, match="no control group limits cpu"):
        cgroup.cpu_quota(tree)
    with pytest.raises(Unavailable, match="no control group limits memory"):
        cgroup.memory_left_B(tree)


@pytest.mark.parametrize("own", ["/docker/abc", "/../..", "/"])
def test_in_a_container_the_mount_point_is_the_own_group(plant: Plant, own: str) -> None:
    mountinfo = "30 20 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    tree = Tree(plant({
        "/proc/self/mountinfo": mountinfo,
        "/proc/self/cgroup": f"0::{own}\n",
        "/sys/fs/cgroup/cpu.max": "100000 100000\n",
    }))  # fmt: skip
    assert cgroup.cpu_quota(tree) == 1.0


def test_no_control_groups_at_all(plant: Plant) -> None:
    tree = Tree(plant({"/proc/self/mountinfo": "20 1 8:1 / / rw - ext4 /dev/sda rw\n"}))
    with pytest.raises(Unavailable, match="no control group of 'cpu'"):
        cgroup.cpu_quota(tree)
