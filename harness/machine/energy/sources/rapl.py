"""RAPL of Intel and AMD processors through Linux' powercap.

https://docs.kernel.org/power/powercap/powercap.html: ``energy_uj`` in micro-joules, which begins
again at ``max_energy_range_uj``. Packages and memory are disjoint; cores and uncore are parts of a
package, and the platform (psys) holds packages: neither is counted beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.machine.energy.counter import Counter
from harness.machine.tree import Tree, Unavailable

_COUNTED: Final = ("package", "dram")
_MICRO: Final = 1e-6
_MOVES_S: Final = 1e-3
# For a moment a processor may draw more than its limit; one that gives none is taken for large.
_ABOVE_LIMIT: Final = 2.0
_LARGE_W: Final = 1000.0


def counters(tree: Tree) -> Iterator[Counter]:
    """The packages and, where they are apart, the memory of each; Unavailable without any."""
    zones = tree.names("/sys/class/powercap/intel-rapl:[0-9]*")
    found = {_domain(tree, zone): zone for zone in zones if _is_counted(tree, zone)}
    if not found:
        raise Unavailable("/sys/class/powercap: no package among its zones")
    for domain, zone in found.items():
        yield Counter(
            domain=domain,
            file=tree.path(f"{zone}/energy_uj"),
            unit_J=_MICRO,
            range_J=_MICRO * tree.integer(f"{zone}/max_energy_range_uj"),
            resolution_s=_MOVES_S,
            most_W=_most_W(tree, zone),
        )


def _is_counted(tree: Tree, zone: str) -> bool:
    return tree.text(f"{zone}/name").startswith(_COUNTED)


def _domain(tree: Tree, zone: str) -> str:
    """``package-0``; ``dram-0`` of the package that the memory belongs to."""
    name = tree.text(f"{zone}/name")
    number = zone.rpartition("intel-rapl:")[2].partition(":")[0]
    return name if "-" in name else f"{name}-{number}"


def _most_W(tree: Tree, zone: str) -> float:
    try:
        limit_W = _MICRO * tree.integer(f"{zone}/constraint_0_power_limit_uw")
    except Unavailable:
        return _LARGE_W
    return _ABOVE_LIMIT * limit_W if limit_W > 0.0 else _LARGE_W
