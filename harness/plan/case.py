"""A case: one kernel with every parameter filled in, on a stated geometry. What ranks read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from kernels import listing
from kernels.contract import Kernel, Value
from kernels.program import Program

MEASURE_S: Final = 20.0
"""A case without a number of repetitions repeats no longer than this."""


@dataclass(frozen=True)
class Geometry:
    """How many nodes, ranks over all of them, and threads in each rank."""

    nodes: int
    ranks: int
    threads: int

    @property
    def ranks_per_node(self) -> int:
        """Ranks on the fullest node."""
        return -(-self.ranks // self.nodes)

    def __str__(self) -> str:
        """``2x1`` on one node, ``4 nodes x 64x2`` on several: ranks x threads."""
        inside = f"{self.ranks}x{self.threads}"
        return inside if self.nodes == 1 else f"{self.nodes} nodes {inside}"


@dataclass(frozen=True)
class Expected:
    """A reference value of one metric, in base units, with its relative tolerance and source.

    tolerance : of the worse side; below, above : fractions of the value by which it may be missed,
    instead of that, None where nothing is said; n : measurements behind it; place : where it was
    found; why : the conditions that chose it among others.
    """

    value: float
    tolerance: float
    source: str
    below: float | None = None
    above: float | None = None
    date: str = ""
    n: int | None = None
    place: str = ""
    why: str = ""

    def lowest(self, better: str) -> float | None:
        """Below it a value is missed; None if no limit is set."""
        part = self.below
        if part is None and better == "higher":
            part = self.tolerance
        return None if part is None else self.value * (1.0 - part)

    def highest(self, better: str) -> float | None:
        """Above it a value is missed; None if no limit is set."""
        part = self.above
        if part is None and better == "lower":
            part = self.tolerance
        return None if part is None else self.value * (1.0 + part)


Kind = Literal["strong", "weak"]
"""Scaling: more ranks for the same work, or for as many times the work."""


@dataclass(frozen=True)
class Member:
    """Part of a scaling series.

    base : id of its smallest case; factor : how many times its ranks or threads this case has.
    """

    kind: Kind
    base: str
    factor: float


@dataclass(frozen=True)
class Case:
    """One measurement, fully determined; stored with its result and read by the ranks.

    budget_s : seconds one launch of the case may take, from set-up to verification.
    repetitions : exactly this many, or None: until the median is known well enough.
    fitted : names of the parameters that were chosen for this machine. scaling : the series it is
    part of. reference_required : without a reference of its primary metric it has no verdict.
    """

    kernel: str
    version: int
    parameters: dict[str, Value]
    geometry: Geometry
    repetitions: int | None
    launches: int
    budget_s: float
    memory_B: int
    estimated_s: float
    fitted: tuple[str, ...] = ()
    references: dict[str, Expected] = field(default_factory=dict)
    scaling: tuple[Member, ...] = ()
    reference_required: bool = False

    @cached_property
    def id(self) -> str:
        """``hpl-3f2a9c1b07``: kernel and a hash of what determines the measurement."""
        at = self.geometry
        identity = {
            "kernel": self.kernel,
            "version": self.version,
            "parameters": self.parameters,
            "geometry": {"nodes": at.nodes, "ranks": at.ranks, "threads": at.threads},
        }
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return f"{self.kernel}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    @property
    def is_program(self) -> bool:
        """Whether it is somebody else's binary, with an mpirun of its own for each launch."""
        return issubclass(listing.load(self.kernel), Program)

    def instance(self) -> Kernel[Any]:
        """The kernel itself, with these parameters."""
        return listing.load(self.kernel)(**self.parameters)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {"id": self.id, **asdict(self)}


def from_dict(data: dict[str, Any]) -> Case:
    """The case that `Case.as_dict` wrote."""
    given = {key: value for key, value in data.items() if key != "id"}
    given["geometry"] = Geometry(**given["geometry"])
    given["fitted"] = tuple(given["fitted"])
    given["references"] = {name: Expected(**one) for name, one in given["references"].items()}
    given["scaling"] = tuple(Member(**one) for one in given.get("scaling", ()))
    return Case(**given)
