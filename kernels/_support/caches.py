"""The caches of a core: what a tile of work is fitted to.

Source: Linux Documentation/ABI/testing/sysfs-devices-system-cpu, "cache/index*".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ASSUMED: Final = {2: 512 * 2**10, 3: 2**20}
"""Bytes where the system does not tell: few processors for this use have had less."""
_SYSTEM: Final = Path("/sys/devices/system/cpu")
_UNITS: Final = {"K": 2**10, "M": 2**20}


def share_B(level: int, system: Path = _SYSTEM) -> int:
    """Bytes of the cache of this level for one core: its own, or its share of a common one.

    The core is the first that this process may use. `ASSUMED` where nothing is found.
    """
    try:
        return _share_B(level, system / f"cpu{min(os.sched_getaffinity(0))}")
    except (AttributeError, OSError, ValueError, ZeroDivisionError):  # no Linux, or parts missing
        return ASSUMED[level]


def _share_B(level: int, cpu: Path) -> int:
    siblings = _count((cpu / "topology" / "thread_siblings_list").read_text())
    for folder in sorted((cpu / "cache").glob("index*")):
        if int((folder / "level").read_text()) == level:
            sharing = _count((folder / "shared_cpu_list").read_text())
            size_B = _bytes((folder / "size").read_text())
            return size_B * min(siblings, sharing) // sharing
    raise ValueError(level)


def _count(cpus: str) -> int:
    """CPUs in a list such as "0-3,8"."""
    ranges = (one.partition("-") for one in cpus.strip().split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def _bytes(text: str) -> int:
    """Bytes of the kernel's "1024K"."""
    number = text.strip()
    return int(number.rstrip("KM")) * _UNITS.get(number[-1:], 1)
