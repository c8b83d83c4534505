"""What a machine would reach: Rmax, HPCG, STREAM and power with intervals, and how many nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.projection import evidence, hpl, ratios, scatter
from harness.projection.machine import Machine
from harness.projection.ratios import Share
from harness.projection.scatter import LEVELS, Typical

MOST_NODES: Final = 2**21


@dataclass(frozen=True)
class Estimate:
    """A value, intervals by level, and what it rests on."""

    value: float
    intervals: Mapping[float, tuple[float, float]]
    basis: str


@dataclass(frozen=True)
class Prediction:
    """Of a machine of so many nodes. flop/s, B/s, W; order : N; parts : seconds of the model.

    used : nodes in the grid of processes; None: what is needed is not known.
    """

    nodes: int
    used: int
    shape: tuple[int, int]
    order: int
    rmax: Estimate
    rpeak: float | None
    parts: hpl.Parts
    hpcg: Estimate | None
    triad: Estimate | None
    power: Estimate | None


@dataclass(frozen=True)
class Model:
    """A machine with the sustained part of its peak.

    without : a site whose runs, and a system whose HPCG, are not to be known.
    """

    machine: Machine
    typical: Typical
    without: str = ""

    @property
    def node_rate(self) -> float:
        """DGEMM of a node in flop/s: as measured, or the typical part of the peak."""
        machine = self.machine
        if machine.dgemm is not None:
            return machine.dgemm
        if machine.peak is None:
            raise ValueError("neither DGEMM nor the peak of a node is known")
        return self.typical.part * machine.peak

    def parts(self, nodes: int, factor: float = 1.0) -> tuple[hpl.Parts, int]:
        """The model's parts on so many nodes, and N."""
        n = hpl.order(self.machine.memory_B * nodes)
        shape, rate = hpl.grid(nodes), factor * self.node_rate
        return hpl.solve(n, shape, rate, self.machine.network), n

    def rmax(self, nodes: int, factor: float = 1.0) -> float:
        """Rmax in flop/s."""
        parts, n = self.parts(nodes, factor)
        return hpl.flop(n) / parts.seconds


def model(machine: Machine, site: str = "", system: str = "") -> Model:
    """The model of a machine from all that is known of similar ones but those left out."""
    known = evidence.accelerated() if machine.accelerated else evidence.cpu()
    group = None if machine.group == "" else machine.group
    found = scatter.typical(known, group, ethernet=machine.ethernet, without=site)
    return Model(machine, found, system)


def predict(of: Model, nodes: int) -> Prediction:
    """All figures of a machine of so many nodes."""
    machine = of.machine
    parts, n = of.parts(nodes)
    shape = hpl.grid(nodes)
    rmax = _rmax(of, nodes)
    return Prediction(
        nodes,
        shape[0] * shape[1],
        shape,
        n,
        rmax,
        machine.peak * nodes if machine.peak else None,
        parts,
        _times(ratios.hpcg(without=of.without), machine.bandwidth, nodes),
        _triad(machine, nodes),
        _power(machine, rmax, nodes),
    )


def _rmax(of: Model, nodes: int) -> Estimate:
    intervals = {}
    for level in LEVELS:
        low, high = of.typical.interval(level)
        intervals[level] = (of.rmax(nodes, low), of.rmax(nodes, high))
    measured = of.machine.dgemm is not None
    basis = of.machine.sources["dgemm"] if measured else of.typical.basis
    return Estimate(of.rmax(nodes), intervals, f"{basis}; range: scatter of {of.typical.scatter}")


def _times(share: Share, of_a_node: float | None, nodes: int) -> Estimate | None:
    if of_a_node is None:
        return None
    whole = of_a_node * nodes
    intervals = {
        level: (low * whole, high * whole) for level, (low, high) in share.intervals.items()
    }
    return Estimate(share.value * whole, intervals, share.basis)


def _triad(machine: Machine, nodes: int) -> Estimate | None:
    """Each node's own triad, where it is known, else a part of its bandwidth."""
    if machine.triad is None:
        return _times(ratios.triad(), machine.bandwidth, nodes)
    whole = machine.triad * nodes
    return Estimate(whole, {}, machine.sources["triad"])


def _power(machine: Machine, rmax: Estimate, nodes: int) -> Estimate | None:
    """The nodes' own power, where it is known, else what similar systems draw for such an Rmax."""
    if machine.power is not None:
        return Estimate(machine.power * nodes, {}, machine.sources["power"])
    share = ratios.per_watt(accelerated=machine.accelerated, chip=machine.chip)
    intervals = {
        level: (rmax.value / high, rmax.value / low)
        for level, (low, high) in share.intervals.items()
    }
    return Estimate(rmax.value / share.value, intervals, share.basis)


def nodes_for(of: Model, target: float, factor: float = 1.0) -> int | None:
    """The fewest nodes that reach `target` flop/s; None if not even MOST_NODES do."""
    low, high = 0, 1
    while of.rmax(high, factor) < target:
        low, high = high, 2 * high
        if high > MOST_NODES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if of.rmax(middle, factor) < target else (low, middle)
    return high
