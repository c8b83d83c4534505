"""Processes that the kernel killed for want of memory."""

from __future__ import annotations

from pathlib import Path

from harness.machine import oom

MOUNT_1 = "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
MOUNT_2 = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_version_1(tmp_path: Path) -> None:
    files = {
        "/proc/self/mountinfo": MOUNT_1,
        "/proc/self/cgroup": "4:memory:/job\n",
        "/sys/fs/cgroup/memory/job/memory.oom_control": "under_oom 0\noom_kill 3\n",
        "/proc/vmstat": "oom_kill 1\n",
    }
    assert oom.kills(tree(tmp_path, files)) == 3


def test_version_2(tmp_path: Path) -> None:
    files = {
        "/proc/self/mountinfo": MOUNT_2,
        "/proc/self/cgroup": "0::/job\n",
        "/sys/fs/cgroup/job/memory.events": "low 0\noom 1\noom_kill 2\n",
    }
    assert oom.kills(tree(tmp_path, files)) == 2


def test_without_groups_the_kernel_counts(tmp_path: Path) -> None:
    assert oom.kills(tree(tmp_path, {"/proc/vmstat": "pgfree 7\noom_kill 5\n"})) == 5


def test_where_nobody_counts(tmp_path: Path) -> None:
    assert oom.kills(tmp_path) == 0


def test_here() -> None:
    assert oom.kills() >= 0
