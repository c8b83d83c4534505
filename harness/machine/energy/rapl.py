"""The energy counters of x86 processors (RAPL), as the kernel's powercap shows them.

Source: Linux Documentation/power/powercap/powercap.rst. Since 2020 only root may read them unless a
site says otherwise (CVE-2020-8694): then there is no energy, and the reason says so.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from harness.machine.energy.contract import Counter, Meter
from harness.machine.tree import Tree, Unavailable

# Not intel-rapl-mmio, which shows the same packages again; psys holds them once more.
_ZONES: Final = "/sys/class/powercap/intel-rapl:*"
_KINDS: Final[tuple[tuple[re.Pattern[str], Literal["package", "dram"]], ...]] = (
    (re.compile(r"package-\d+(-die-\d+)?"), "package"),
    (re.compile(r"dram"), "dram"),
)
_UPDATE_S: Final = 0.001
_ASSUMED_MOST_W: Final = 1000.0
"""Of a package whose limit is not told: more than any has, so that no wrap is overlooked."""


def meter(tree: Tree) -> Meter:
    """All packages, and their memory where it is counted apart. Unavailable if one is missing."""
    found = [counter for name in tree.names(f"{_ZONES}/name") for counter in _counters(tree, name)]
    if not any(one.kind == "package" for one in found):
        raise Unavailable(f"{_ZONES}: no package among them")
    return Meter("rapl", tuple(found), _UPDATE_S, tree.root)


def _counters(tree: Tree, name: str) -> list[Counter]:
    """The counter of a zone, none if it is a part of another one, as the cores are."""
    label, zone = tree.text(name), name.removesuffix("/name")
    kind = next((kind for pattern, kind in _KINDS if pattern.fullmatch(label)), None)
    if kind is None:
        return []
    range_uJ = tree.integer(f"{zone}/max_energy_range_uj") + 1
    return [Counter(label, kind, f"{zone}/energy_uj", range_uJ, _most_W(tree, zone))]


def _most_W(tree: Tree, zone: str) -> float:
    """Twice the long-term limit, which short peaks exceed; all that is known of the largest."""
    try:
        limit_uW = tree.integer(f"{zone}/constraint_0_power_limit_uw")
    except Unavailable:
        return _ASSUMED_MOST_W
    return 2e-6 * limit_uW if limit_uW > 0 else _ASSUMED_MOST_W
