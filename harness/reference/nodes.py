"""Node types: peak, STREAM triad and HPL as published, to hold a measured node against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.reference import tables

CPU_KINDS: Final = ("cpu-node", "cpu", "apu")


@dataclass(frozen=True)
class Node:
    """A node type (or one device, see `kind`); None where no figure was found."""

    name: str
    kind: str
    """cpu-node, cpu, apu, gpu, accelerator or accelerated-node."""
    vendor: str
    devices: int | None
    """Sockets, or sockets and accelerators together, that the figures cover."""
    cores_per_device: int | None
    clock: float | None
    """Hz."""
    peak: float | None
    """flop/s, FP64 vector units."""
    peak_basis: str
    bandwidth: float | None
    """B/s, theoretical."""
    triad: float | None
    """B/s, STREAM or BabelStream triad."""
    triad_range: tuple[float | None, float | None]
    """B/s, the lowest and highest published."""
    triad_conditions: str
    triad_source: str
    hpl: float | None
    """flop/s a node; mostly a whole system's Rmax / nodes, so one node alone should reach more."""
    hpl_efficiency: float | None
    """Rmax / Rpeak of that run."""
    hpl_source: str
    status: str
    unverified: tuple[str, ...]
    """Column names of the figures whose source is not verified."""
    note: str


@dataclass(frozen=True)
class Match:
    """The node type nearest to a CPU; not `exact` means another model of the same generation."""

    node: Node
    exact: bool


@cache
def nodes() -> tuple[Node, ...]:
    """All node types, in the order of the table; read once."""
    return tuple(_node(row) for row in tables.rows(tables.DATA / "nodes.csv"))


def _node(row: dict[str, str]) -> Node:
    return Node(
        name=row["name"],
        kind=row["kind"],
        vendor=row["vendor"],
        devices=tables.count(row["devices"]),
        cores_per_device=tables.count(row["cores_per_device"]),
        clock=tables.number(row["clock_Hz"]),
        peak=tables.number(row["peak_flop_s"]),
        peak_basis=row["peak_basis"],
        bandwidth=tables.number(row["bandwidth_B_s"]),
        triad=tables.number(row["triad_B_s"]),
        triad_range=(tables.number(row["triad_low_B_s"]), tables.number(row["triad_high_B_s"])),
        triad_conditions=row["triad_conditions"],
        triad_source=row["triad_source"],
        hpl=tables.number(row["hpl_flop_s"]),
        hpl_efficiency=tables.number(row["hpl_efficiency"]),
        hpl_source=row["hpl_source"],
        status=row["status"],
        unverified=tables.words(row["unverified"]),
        note=row["note"],
    )


def find(model: str) -> Match | None:
    """The node type for a CPU model as the system names it, or None.

    'AMD EPYC 7742 64-Core Processor' is exact; an EPYC or Xeon of the same generation is the next
    best ('AMD EPYC 7713' -> the 7763), the nearest model number first.
    """
    wanted = models(model)
    candidates = [node for node in nodes() if node.kind in CPU_KINDS]
    for node in candidates:
        if wanted & models(node.name):
            return Match(node, exact=True)
    made = generation(model)
    kin = [node for node in candidates if made and generation(node.name) == made]
    near = min(kin, key=lambda node: _distance(wanted, models(node.name)), default=None)
    return Match(near, exact=False) if near else None


def models(name: str) -> set[str]:
    """The model numbers in a CPU's name, in capitals: words of four or more with a digit.

    Counts, clocks, memory sizes and dates of a name ('64-Core', '2.70GHz', '480 GB') are left out.
    """
    bare = re.sub(r"\((?:R|TM|C)\)|\S*-Core|[\d.]+\s*[GM]Hz|\d+\s*GB", " ", name, flags=re.I)
    found = re.findall(r"[A-Z0-9]+(?:-PRO)?", bare.upper())
    return {word for word in found if len(word) >= 4 and re.search(r"\d", word)}


def generation(name: str) -> str | None:
    """A key that CPUs of one generation share: 'EPYC 7..2', 'XEON .2..'; None for other families.

    AMD: the first digit is the series and the last the generation. Intel Xeon Scalable: the second
    digit is the generation.
    """
    text = name.upper()
    epyc = re.search(r"EPYC[^,]*?\s(\d)[A-Z0-9]{2}(\d)", text)
    if epyc:
        return f"EPYC {epyc[1]}..{epyc[2]}"
    xeon = re.search(r"(?:PLATINUM|GOLD|SILVER|BRONZE)\s+\d(\d)\d\d", text)
    if xeon:
        return f"XEON .{xeon[1]}.."
    return None


def _distance(wanted: set[str], known: set[str]) -> int:
    """How far apart two sets of model numbers are, by the digits they hold; letters cost extra."""
    pairs = [(a, b) for a in wanted for b in known]
    return min((_gap(a, b) for a, b in pairs), default=10**9)


def _gap(a: str, b: str) -> int:
    number_a, number_b = (int(re.sub(r"\D", "", word)) for word in (a, b))
    lettered = 0 if a.isdigit() == b.isdigit() else 10_000
    return lettered + abs(number_a - number_b)
