"""Energy in a file of results.

/entry/energy            what each node can read, as a JSON note: hosts with the same together
/entry/energy/accounted  what the batch system says of each whole launch, as a JSON note
/entry/energy/<phase>    joules [launch, repetition, node], window [launch, repetition]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.record import nexus
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


def together(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Nodes that can read the same, once, with their hosts."""
    found: dict[str, dict[str, Any]] = {}
    for one in nodes:
        facts = {key: value for key, value in one.items() if key != "host"}
        group = found.setdefault(json.dumps(facts, sort_keys=True), {"hosts": [], **facts})
        if one["host"] not in group["hosts"]:
            group["hosts"].append(one["host"])
    return list(found.values())
