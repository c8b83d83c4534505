"""What part of their peak the nodes of listed systems sustain, as the model of HPL sees it.

The sustained part f of a run is the flop rate of DGEMM on a node / its Rpeak with which the model
gives exactly the listed Rmax, with the listed Nmax. It holds what the model does not know: the
clock under wide vectors, the BLAS, how well the run was tuned, a network that is not what its
name says. Its scatter among similar systems is the error of a prediction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.projection import hpl
from harness.reference import features, networks, systems, tables, top500
from harness.reference.systems import Entry

ACCELERATED: Final = "accelerated"
LINKS: Final = 4
_FEWEST, _MOST = 0.02, 3.0
_HALVINGS: Final = 24


@dataclass(frozen=True)
class Run:
    """A listed HPL run. group : a name of families.FAMILIES, or ACCELERATED; flop/s.

    site : a number, or the name of a system: runs of one site tell the same story; name : that of a
    system of the first ten places, "" for most.
    """

    list: str
    rank: int
    group: str
    network: str
    nodes: int
    nmax: int
    rmax: float
    rpeak: float
    site: str
    name: str = ""

    @property
    def ethernet(self) -> bool:
        """Whether its nodes are joined by Ethernet: a class of its own among CPU systems.

        Of accelerated systems too few are known.
        """
        return networks.ETHERNET in self.network and self.group != ACCELERATED


@dataclass(frozen=True)
class Sustained:
    """A run and the part of its peak that its nodes sustain."""

    run: Run
    part: float


@cache
def cpu() -> tuple[Sustained, ...]:
    """The runs of CPU systems, oldest list first; computed once."""
    rows = tables.rows(tables.DATA / "hpl_runs.csv")
    runs = (
        Run(
            row["list"], int(row["rank"]), row["family"], row["network"], int(row["nodes"]),
            int(row["nmax"]), float(row["rmax_flop_s"]), float(row["rpeak_flop_s"]), row["site"],
            row["name"],
        )
        for row in rows
    )  # fmt: skip
    return tuple(Sustained(run, sustained(run)) for run in runs)


@cache
def accelerated() -> tuple[Sustained, ...]:
    """The runs of named accelerated systems with known nodes, Nmax and network."""
    return tuple(Sustained(run, sustained(run)) for run in _accelerated())


def _accelerated() -> Iterator[Run]:
    lists = {of.date: of for of in top500.packaged()}
    for system in systems.systems():
        seen = set()
        for entry in system.entries:
            run = _named(system.short, entry, lists.get(entry.list or (0, 0)))
            if run is not None and (run.nodes, run.rmax) not in seen:
                seen.add((run.nodes, run.rmax))
                yield run


def _named(name: str, entry: Entry, of: top500.List | None) -> Run | None:
    """An entry of a named accelerated system, if everything that the model needs is known."""
    nodes, network = entry.values.get("nodes_derived"), networks.find(entry.computer)
    if of is None or entry.rank is None or nodes is None or network is None:
        return None
    i = entry.rank - 1
    if not features.accelerated(int(of.chip[i])) or not of.nmax[i] > 0:
        return None
    return Run(
        of.key, entry.rank, ACCELERATED, network.name, int(nodes), int(of.nmax[i]),
        float(of.rmax[i]), float(of.rpeak[i]), name,
    )  # fmt: skip


def link(run: Run) -> hpl.Network:
    """Latency and bandwidth of a run's network, by its name.

    Nodes with accelerators have had about one link for each of four since 2021.
    """
    one = by_name()[run.network]
    if run.group == ACCELERATED and run.list >= "2021" and "rail" not in run.network:
        return hpl.Network(one.latency, LINKS * one.bandwidth)
    return one


@cache
def by_name() -> dict[str, hpl.Network]:
    """{name: network} of everything that `networks` knows."""
    return {one.name: hpl.Network(one.latency, one.bandwidth) for one in networks.known()}


def sustained(run: Run) -> float:
    """The part of the peak with which the model gives the listed Rmax, by bisection."""
    low, high = _FEWEST, _MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        node_rate = middle * run.rpeak / run.nodes
        if hpl.rate(run.nmax, run.nodes, node_rate, link(run)) < run.rmax:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def at(key: str, rank: int) -> Sustained | None:
    """The run of a list entry such as ('2020-11', 71), if it is here under its first list."""
    return next((one for one in cpu() if (one.run.list, one.run.rank) == (key, rank)), None)
