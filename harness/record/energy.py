"""Energy in a file of results.

/entry/energy            what each node can read, as a JSON note: hosts with the same together
/entry/energy/accounted  what the batch system says of each whole launch, as a JSON note
/entry/energy/<phase>    joules [launch, repetition, node], window [launch, repetition]
"""

from __future__ import annotations

from typing import Any

from harness.record import nexus
from harness.record.meters import together
from harness.record.result import Energy


def write(entry: Any, energy: Energy) -> None:
    """Nothing of a program of others outside of a batch job: its ranks read no counters."""
    if not any(energy.nodes) and not energy.accounted:
        return
    group = nexus.group(entry, "energy", "NXcollection", help="around the timed phases")
    nexus.notes(group, "nodes", together(one for launch in energy.nodes for one in launch))
    nexus.notes(group, "accounted", list(energy.accounted))
    for phase, joules in energy.joules.items():
        inner = nexus.group(group, phase, "NXcollection")
        axes = ["launch", "repetition", "node"]
        nexus.array(inner, "joules", nexus.padded(joules), "J", axes=axes)
        windows = [[(one,) for one in launch] for launch in energy.window_s[phase]]
        window_s = nexus.padded(tuple(map(tuple, windows)))[..., 0]
        nexus.array(inner, "window", window_s, "s", axes=axes[:2])
