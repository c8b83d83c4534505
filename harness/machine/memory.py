"""How much memory a node has, and how much of it this process can have now.

Source: Linux Documentation/filesystems/proc.rst, sections "meminfo" and "zoneinfo".
"""

from __future__ import annotations

import re
import resource
from typing import Final

from harness.machine import cgroup
from harness.machine.tree import Tree, Unavailable

_PRESENT: Final = re.compile(r"^\s+present\s+(\d+)$", re.MULTILINE)


def _meminfo_B(tree: Tree, key: str) -> int:
    for line in tree.text("/proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return 1024 * int(value.split()[0])  # the kernel writes KiB as "kB"
    raise Unavailable(f"/proc/meminfo: no {key!r}")


def total_B(tree: Tree) -> int:
    """The memory the kernel manages, B: what is installed less what firmware and kernel keep."""
    return _meminfo_B(tree, "MemTotal")


def present_B(tree: Tree) -> int:
    """The memory the machine has, B, whatever the kernel reserves for itself.

    It stays the same when a kernel update moves MemTotal by some MiB.
    """
    pages = [int(found) for found in _PRESENT.findall(tree.text("/proc/zoneinfo"))]
    if not sum(pages):
        raise Unavailable("/proc/zoneinfo: no 'present' pages")
    return sum(pages) * resource.getpagesize()


def available_B(tree: Tree) -> int:
    """What new programs of this process can have without swapping, B."""
    free = _meminfo_B(tree, "MemAvailable")
    try:
        return min(free, cgroup.memory_left_B(tree))
    except Unavailable:
        return free


def swap_B(tree: Tree) -> int:
    """The swap space that is switched on, B; 0 is a fact."""
    return _meminfo_B(tree, "SwapTotal")


def transparent_huge_pages(tree: Tree) -> str:
    """When the kernel gives huge pages unasked: "always", "madvise" or "never"."""
    return tree.chosen("/sys/kernel/mm/transparent_hugepage/enabled")
