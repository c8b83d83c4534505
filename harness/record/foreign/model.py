"""What a result file of another tool says, in base units and in one form for all tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from harness.outcome import Outcome
from harness.record.samples import Launches
from kernels.contract import Value

Better = Literal["higher", "lower"]

# What the tools write, lower case -> base unit and factor.
_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "seconds": ("s", 1.0), "second": ("s", 1.0), "sec": ("s", 1.0), "s": ("s", 1.0),
    "ms": ("s", 1e-3), "us": ("s", 1e-6), "ns": ("s", 1e-9), "min": ("s", 60.0),
    "bytes": ("B", 1.0), "byte": ("B", 1.0), "b": ("B", 1.0),
    "kib": ("B", 2.0**10), "mib": ("B", 2.0**20), "gib": ("B", 2.0**30),
    "b/s": ("B/s", 1.0), "kb/s": ("B/s", 1e3), "mb/s": ("B/s", 1e6), "gb/s": ("B/s", 1e9),
    "tb/s": ("B/s", 1e12), "kib/s": ("B/s", 2.0**10), "mib/s": ("B/s", 2.0**20),
    "gib/s": ("B/s", 2.0**30), "flop/s": ("flop/s", 1.0), "flops": ("flop/s", 1.0),
    "mflop/s": ("flop/s", 1e6), "mflops": ("flop/s", 1e6), "gflop/s": ("flop/s", 1e9),
    "gflops": ("flop/s", 1e9), "tflop/s": ("flop/s", 1e12), "tflops": ("flop/s", 1e12),
    "pflop/s": ("flop/s", 1e15), "pflops": ("flop/s", 1e15),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A metric in base units. samples : [launch][repetition].

    median_only : the file holds no samples, and their median is taken for the only one.
    """

    unit: str
    better: Better
    samples: Launches
    median_only: bool = False


@dataclass(frozen=True)
class Benchmark:
    """One benchmark with one set of parameters. entry : as the file has it; times since 1970, s.

    version : another number where the benchmark itself has changed.
    """

    name: str
    parameters: dict[str, Value]
    metrics: dict[str, Measured]
    entry: Any
    outcome: Outcome = Outcome.PASS
    reason: str = ""
    started: float | None = None
    ended: float | None = None
    hosts: tuple[str, ...] = ()
    nodes: int = 1
    ranks: int = 1
    threads: int = 1
    version: int = 1


@dataclass(frozen=True)
class Source:
    """A result file. started : since 1970, s; commit : of what was measured, "" if not told.

    hardware, software : facts of the machine that survive a reboot, and of what ran on it; the
    keys of the record are made of them. facts : everything else that the file says about both.
    """

    tool: str
    tool_version: str
    started: float
    host: str
    hardware: dict[str, str]
    software: dict[str, str]
    benchmarks: tuple[Benchmark, ...]
    commit: str = ""
    dirty: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def in_base_units(value: float, unit: str) -> tuple[float, str]:
    """A value with its unit, the base unit where the tool's is known; else as it is."""
    base, factor = _UNITS.get(unit.strip().lower(), (unit.strip() or "1", 1.0))
    return value * factor, base


def better(unit: str) -> Better:
    """A rate is better higher, a time or a size lower; other units are taken for rates."""
    return "lower" if unit in ("s", "B", "J") else "higher"


def plain(value: object) -> Value:
    """A parameter as a record holds it: what is no number or word becomes text."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def word(name: str) -> str:
    """A name that can be part of a file name: runs of other characters become one ``_``."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_.") or "benchmark"
