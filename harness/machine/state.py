"""What the node is doing at one moment: load, heat, throttling, CPU time.

Taken before and after a case; the difference of the counters is what happened in between.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from harness.machine import edac, frequency, memory
from harness.machine.tree import Asker, Tree, Unavailable

_THROTTLE: Final = "/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle"


@dataclass(frozen=True, kw_only=True)
class State:
    """A node at one moment. Counters run since boot."""

    time_s: float  # since 1970-01-01 UTC
    boot_id: str | None
    load_1min: float | None
    load_5min: float | None
    load_15min: float | None
    busy_s: float | None  # CPU time of everything that runs, counter
    stolen_s: float | None  # CPU time that the hypervisor gave to others, counter
    throttled: int | None  # thermal throttling events of all cores and sockets, counter
    temperature_C: float | None  # the hottest sensor of processor and board
    frequency_Hz: float | None  # the mean of all cores, as the kernel governs or measures it
    memory_corrected: int | None  # errors that ECC memory has corrected, counter
    memory_uncorrected: int | None  # errors that it has found and could not correct, counter
    memory_available_B: int | None
    dimms: dict[str, tuple[int, int]]  # errors corrected, and not, of each DIMM that had any
    unknown: dict[str, str]  # name of a fact that is None -> why


def state(root: Path = Path("/")) -> State:
    """What the machine does now. Never raises; below another root only files are read."""
    ask = Asker(Tree(root))
    return State(
        time_s=time.time(),
        boot_id=ask("boot_id", lambda tree: tree.text("/proc/sys/kernel/random/boot_id")),
        load_1min=ask("load_1min", lambda tree: _load(tree, 0)),
        load_5min=ask("load_5min", lambda tree: _load(tree, 1)),
        load_15min=ask("load_15min", lambda tree: _load(tree, 2)),
        busy_s=ask("busy_s", _busy_s),
        stolen_s=ask("stolen_s", _stolen_s),
        throttled=ask("throttled", _throttled),
        temperature_C=ask("temperature_C", _temperature_C),
        frequency_Hz=ask("frequency_Hz", frequency.now_Hz),
        memory_corrected=ask("memory_corrected", edac.corrected),
        memory_uncorrected=ask("memory_uncorrected", edac.uncorrected),
        memory_available_B=ask("memory_available_B", memory.available_B),
        dimms=ask("dimms", edac.dimms) or {},
        unknown=ask.unknown,
    )


def _load(tree: Tree, which: int) -> float:
    return float(tree.text("/proc/loadavg").split()[which])


def _require_live(tree: Tree) -> None:
    if not tree.live:
        raise Unavailable("psutil reads the real machine only")


def _busy_s(tree: Tree) -> float:
    _require_live(tree)
    times = psutil.cpu_times()
    # Guest time is part of user time already (proc(5), "stat").
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def _stolen_s(tree: Tree) -> float:
    _require_live(tree)
    return float(psutil.cpu_times().steal)


def _throttled(tree: Tree) -> int:
    cores = sum(tree.integer(name) for name in tree.names(f"{_THROTTLE}/core_throttle_count"))
    # Every core shows the counter of its socket: each socket once.
    packages: dict[str, int] = {}
    for name in tree.names(f"{_THROTTLE}/package_throttle_count"):
        cpu = name.removesuffix("/thermal_throttle/package_throttle_count")
        packages[tree.text(f"{cpu}/topology/physical_package_id")] = tree.integer(name)
    return cores + sum(packages.values())


def _temperature_C(tree: Tree) -> float:
    _require_live(tree)
    readings = [one.current for chip in psutil.sensors_temperatures().values() for one in chip]
    if not readings:
        raise Unavailable("no temperature sensor")
    return float(max(readings))
