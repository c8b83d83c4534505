"""The hosts of a case in its file: equal hosts once, what differs beside it, states as arrays.

    /entry/hosts                 NXcollection
    /entry/hosts/kinds           JSON note: names, boot ids, hosts with equal facts together,
                                 and what started the ranks
    /entry/hosts/states          before and after the repetitions [launch, host, when], with a field
                                 for each number; ``units`` names theirs in the same order

The facts of the first kind are those in which it differs from ``hardware`` of /entry/environment,
the node of the driver; those of another kind are those in which it differs from the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from harness.measure.hosts import Hosts, States
from harness.record import nexus

_UNITS: Final = {
    "time_s": ("time", "s"),
    "load_1min": ("load_1min", "1"),
    "load_5min": ("load_5min", "1"),
    "load_15min": ("load_15min", "1"),
    "busy_s": ("busy", "s"),
    "stolen_s": ("stolen", "s"),
    "throttled": ("throttled", "1"),
    "temperature_C": ("temperature", "degC"),
    "memory_available_B": ("memory_available", "B"),
    "frequency_Hz": ("frequency", "Hz"),
    "memory_corrected": ("memory_corrected", "1"),
    "memory_uncorrected": ("memory_uncorrected", "1"),
    "ranks_busy_s": ("ranks_busy", "s"),
}


def write(entry: Any, hosts: Sequence[Hosts], driver: Mapping[str, Any]) -> None:
    """The group ``hosts``; none where no rank told of its host. driver : facts of its node."""
    told = [one for one in hosts if one.names]
    if not told:
        return
    group = nexus.group(entry, "hosts", "NXcollection")
    nexus.notes(group, "kinds", _kinds(told, driver))
    units = ",".join(unit for _, unit in _UNITS.values())
    # One dataset: each takes about 900 B, and a small case has 32 kB in all.
    nexus.array(group, "states", _states(hosts), units, axes="launch,host,when")


def _kinds(told: Sequence[Hosts], driver: Mapping[str, Any]) -> dict[str, Any]:
    """What the last launch was told by its hosts, and which states none of them knows, and why."""
    last = told[-1]
    base = last.kinds[0].facts
    unknown = {**last.before.unknown, **last.after.unknown}
    return {
        "hosts": list(last.names),
        "boot_ids": list(last.boot_ids),
        "kinds": [
            {"hosts": list(one.hosts), "differs": _other(one.facts, base if i else driver)}
            for i, one in enumerate(last.kinds)
        ],
        "unknown": unknown,
        **_dimms(last),
        "command": list(last.command),
    }


def _dimms(hosts: Hosts) -> dict[str, Any]:
    """Errors of DIMMs since boot, of hosts that have any, before and after; most have none."""
    columns = hosts.before.dimms, hosts.after.dimms
    if not any(one for column in columns for one in column):
        return {}
    found = {
        name: [column[i] if i < len(column) else {} for column in columns]
        for i, name in enumerate(hosts.names)
    }
    return {"dimms": {name: pair for name, pair in found.items() if any(pair)}}


def _other(facts: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    missing = object()
    return {name: one for name, one in facts.items() if base.get(name, missing) != one}


def _states(hosts: Sequence[Hosts]) -> Any:
    """[launch, host, when] of records; NaN where a host did not tell."""
    most = max(len(one.names) for one in hosts)
    fields = [(label, np.float64) for label, _ in _UNITS.values()]
    made = np.zeros((len(hosts), most, 2), dtype=fields)
    for name, (label, _) in _UNITS.items():
        made[label] = np.nan
        for i, one in enumerate(hosts):
            for when, states in enumerate((one.before, one.after)):
                column = _column(states, name)
                made[label][i, : len(column), when] = column
    return made


def _column(states: States, name: str) -> list[float]:
    return [np.nan if one is None else float(one) for one in states.values.get(name, ())]
