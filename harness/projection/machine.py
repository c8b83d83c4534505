"""A machine that is projected: what is known of its nodes and network, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.projection.hpl import Network


@dataclass(frozen=True)
class Machine:
    """Nodes of one kind. Figures are those of a node; None: not known.

    peak : flop/s, FP64; dgemm : flop/s as measured; memory_B : B; bandwidth : B/s, theoretical;
    triad : B/s as measured or published; power : W under load; group : a generation of processors
    (families.FAMILIES), or evidence.ACCELERATED; chip : a place in features.CHIPS; ethernet : the
    class of the network; sources : {field: where it comes from}.
    """

    name: str
    nodes: int
    peak: float | None
    dgemm: float | None
    memory_B: float
    bandwidth: float | None
    triad: float | None
    power: float | None
    group: str
    chip: int
    network: Network
    ethernet: bool
    sources: Mapping[str, str]

    @property
    def accelerated(self) -> bool:
        """Whether its nodes have accelerators."""
        from harness.projection.evidence import ACCELERATED

        return self.group == ACCELERATED
