"""The processor caches of a node, and the size of its last level.

Source: Linux Documentation/ABI/testing/sysfs-devices-system-cpu, "cache/index*".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from harness.machine.cores import online
from harness.machine.tree import Tree, Unavailable

_UNIT: Final = {"K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, order=True)
class Cache:
    """All caches of one level and kind. ``size_B`` is that of one of its ``instances``."""

    level: int
    kind: str  # "data", "instruction" or "unified"
    size_B: int
    instances: int
    threads: int  # that share one instance


def caches(tree: Tree) -> tuple[Cache, ...]:
    """The caches of the node, the first level first. A VM may show those of its host."""
    owners = {one for cpu in online(tree) for one in _of_cpu(tree, cpu)}
    counts = Counter((level, kind, size_B, len(cpus)) for level, kind, size_B, cpus in owners)
    return tuple(
        Cache(level, kind, size_B, instances, threads)
        for (level, kind, size_B, threads), instances in sorted(counts.items())
    )


def _of_cpu(tree: Tree, cpu: int) -> list[tuple[int, str, int, frozenset[int]]]:
    folders = tree.names(f"/sys/devices/system/cpu/cpu{cpu}/cache/index[0-9]*")
    return [
        (
            tree.integer(f"{folder}/level"),
            tree.text(f"{folder}/type").lower(),
            _size_B(tree.text(f"{folder}/size")),
            tree.cpus(f"{folder}/shared_cpu_list"),
        )
        for folder in folders
    ]


def _size_B(text: str) -> int:
    """Bytes of the kernel's "32768K"."""
    unit = _UNIT.get(text[-1:], 1)
    return unit * int(text.rstrip("KMG"))


def llc_B(tree: Tree) -> int:
    """All last-level caches of the node together, B: larger arrays live in memory."""
    holding = [cache for cache in caches(tree) if cache.kind != "instruction"]
    if not holding:
        raise Unavailable("/sys/devices/system/cpu: no cache holds data")
    last = max(cache.level for cache in holding)
    return sum(cache.size_B * cache.instances for cache in holding if cache.level == last)
