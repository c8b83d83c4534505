"""What the control groups of this process allow: CPU quota and memory, version 1 and 2.

Source: Linux Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. A limit holds for
all groups below it: the least one between the process's own group and the mount point counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, TypeVar

from harness.machine.tree import Tree, Unavailable

N = TypeVar("N", int, float)

# Version 1 writes "no limit" as the largest multiple of the page size.
_NO_LIMIT_B: Final = 2**60


@dataclass(frozen=True)
class Group:
    """One control group's folder, of version 1 or 2."""

    folder: str
    version: int


def groups(tree: Tree, controller: str) -> list[Group]:
    """The groups this process is in for "cpu" or "memory", its own first, the mount point last."""
    version, mount, mounted = _mount(tree, controller)
    own = PurePosixPath(_own_path(tree, controller if version == 1 else ""))
    leaf = PurePosixPath(mount)
    # In a container the mount may show only the part below `mounted`.
    if own.is_relative_to(mounted) and ".." not in own.parts:
        leaf = leaf / own.relative_to(mounted)
    if not tree.exists(str(leaf)):
        leaf = PurePosixPath(mount)
    folders = [leaf, *leaf.parents]
    return [Group(str(one), version) for one in folders if one.is_relative_to(mount)]


def _mount(tree: Tree, controller: str) -> tuple[int, str, str]:
    """Version, mount point and mounted folder of the hierarchy that has the controller."""
    unified: tuple[int, str, str] | None = None
    for line in tree.text("/proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        mounted, mount = before.split()[3:5]
        kind, *_, options = after.split()
        if kind == "cgroup" and controller in options.split(","):
            return 1, mount, mounted
        if kind == "cgroup2":
            unified = 2, mount, mounted
    if unified is None:
        raise Unavailable(f"/proc/self/mountinfo: no control group of {controller!r}")
    return unified


def _own_path(tree: Tree, controller: str) -> str:
    for line in tree.text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path
    raise Unavailable(f"/proc/self/cgroup: no group of {controller or 'version 2'}")


def cpu_quota(tree: Tree) -> float:
    """The CPU time this process may use a second of wall clock, CPUs (1.5 = one and a half)."""
    return _least(tree, "cpu", _quota)


def memory_limit_B(tree: Tree) -> int:
    """The least memory limit of the control groups, B."""
    return _least(tree, "memory", _limit_B)


def memory_left_B(tree: Tree) -> int:
    """What the control groups leave, B: limit minus use, the file cache not counted as used."""
    return _least(tree, "memory", _left_B)


def _least(tree: Tree, controller: str, question: Callable[[Tree, Group], N]) -> N:
    answers = []
    for group in groups(tree, controller):
        try:
            answers.append(question(tree, group))
        except Unavailable:
            continue
    if not answers:
        raise Unavailable(f"no control group limits {controller}")
    return min(answers)


def _quota(tree: Tree, group: Group) -> float:
    if group.version == 2:
        quota, period = tree.text(f"{group.folder}/cpu.max").split()
    else:
        quota = tree.text(f"{group.folder}/cpu.cfs_quota_us")
        period = tree.text(f"{group.folder}/cpu.cfs_period_us")
    if quota in {"max", "-1"}:
        raise Unavailable(f"{group.folder}: no quota")
    return int(quota) / int(period)


def _limit_B(tree: Tree, group: Group) -> int:
    name = "memory.max" if group.version == 2 else "memory.limit_in_bytes"
    limit = tree.text(f"{group.folder}/{name}")
    if limit == "max" or int(limit) >= _NO_LIMIT_B:
        raise Unavailable(f"{group.folder}: no limit")
    return int(limit)


def _left_B(tree: Tree, group: Group) -> int:
    limit = _limit_B(tree, group)
    name = "memory.current" if group.version == 2 else "memory.usage_in_bytes"
    used = tree.integer(f"{group.folder}/{name}") - _file_cache_B(tree, group)
    return max(0, limit - used)


def _file_cache_B(tree: Tree, group: Group) -> int:
    """The part of the use that the kernel gives back on demand, B; 0 if it is not said."""
    name = "inactive_file" if group.version == 2 else "total_inactive_file"
    try:
        lines = tree.text(f"{group.folder}/memory.stat").splitlines()
    except Unavailable:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
