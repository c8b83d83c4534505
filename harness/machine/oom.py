"""Whether the kernel has killed processes of this control group because memory ran out.

Source: Linux Documentation/admin-guide/cgroup-v1/memory.rst (`memory.oom_control`, `oom_kill`) and
cgroup-v2.rst (`memory.events`). Without a limit the kernel counts in /proc/vmstat (`oom_kill`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.machine import cgroup
from harness.machine.tree import Tree, Unavailable

REASON: Final = "out of memory: the kernel has killed a process meanwhile"


def kills(root: Path = Path("/")) -> int:
    """Processes killed so far for want of memory; 0 where the kernel does not count them."""
    tree = Tree(root)
    try:
        groups = cgroup.groups(tree, "memory")
    except Unavailable:
        groups = []
    counts = [_count(tree, f"{one.folder}/{_FILES[one.version]}") for one in groups]
    return max([_count(tree, "/proc/vmstat"), *counts])


_FILES: Final = {1: "memory.oom_control", 2: "memory.events"}


def _count(tree: Tree, file: str) -> int:
    try:
        lines = tree.text(file).splitlines()
    except Unavailable:
        return 0
    words = (line.split() for line in lines)
    return next((int(one[1]) for one in words if one[:1] == ["oom_kill"]), 0)
