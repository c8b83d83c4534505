"""What a partition offers to a plan: nodes, cores, memory, caches, and rates for estimates."""

from __future__ import annotations

from dataclasses import dataclass

# For estimates only, where cluster.yaml gives no peak: a modest core of the 2020s.
_CORE_FLOP_RATE = 20e9
_CORE_BANDWIDTH = 8e9


@dataclass(frozen=True)
class Resources:
    """The nodes a plan may use. ``cores`` and the rest are those of one (the smallest) node.

    memory_B : memory that may be filled; source : where these facts come from; here : they are
    those of this machine, which has the programs that the cases name.
    """

    nodes: int
    cores: int
    memory_B: int
    llc_B: int
    flop_rate: float | None
    bandwidth: float | None
    source: str
    here: bool = True

    def seconds(self, flop: float, traffic_B: float, nodes: int, cores: int) -> float:
        """A rough lower bound of the time of this work, for estimates."""
        share = min(1.0, cores / (nodes * self.cores)) * nodes
        flop_rate = (self.flop_rate or self.cores * _CORE_FLOP_RATE) * share
        bandwidth = (self.bandwidth or self.cores * _CORE_BANDWIDTH) * share
        return flop / flop_rate + traffic_B / bandwidth
