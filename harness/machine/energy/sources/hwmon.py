"""Energy counters of the hardware monitors: ``amd_energy`` and those of some boards.

https://docs.kernel.org/hwmon/sysfs-interface.html: ``energy[1-*]_input`` in micro-joules, 64 bits.
Only sockets are counted: what a monitor calls a core is a part of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from harness.machine.energy.counter import Counter
from harness.machine.tree import Tree, Unavailable

_MICRO: Final = 1e-6
_MOVES_S: Final = 0.1


def counters(tree: Tree) -> Iterator[Counter]:
    """The sockets; Unavailable without any."""
    inputs = tree.names("/sys/class/hwmon/hwmon[0-9]*/energy[0-9]*_input")
    sockets = {
        label: file for file in inputs if (label := _label(tree, file)).startswith("Esocket")
    }
    if not sockets:
        raise Unavailable("/sys/class/hwmon: no socket among its energy counters")
    for label, file in sockets.items():
        domain = f"package-{label.removeprefix('Esocket')}"
        yield Counter(domain, tree.path(file), _MICRO, None, _MOVES_S, math.inf)


def _label(tree: Tree, file: str) -> str:
    try:
        return tree.text(file.replace("_input", "_label"))
    except Unavailable:
        return ""
