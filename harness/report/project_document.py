"""What `qyran project` prints as JSON. flop/s, B/s, W, s, B."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.base import Doc


class IntervalDoc(Doc):
    """Where a further system of this kind lies with the probability ``level``."""

    level: float
    low: float
    high: float


class EstimateDoc(Doc):
    """A predicted value, its intervals, and what both rest on."""

    value: float
    unit: str
    intervals: list[IntervalDoc]
    basis: str


class PartsDoc(Doc):
    """Seconds of the model's parts, as if nothing were hidden; total : with what is."""

    total: float
    panel: float
    broadcast: float
    swap: float
    update: float


class PlacesDoc(Doc):
    """Places on the newest list at Rmax and at the ends of its interval; null: not on it."""

    list: str
    place: int | None
    level: float
    best: int | None
    worst: int | None


class SizeDoc(Doc):
    """A machine of so many nodes. used : nodes in the grid p x q; n : order of the matrix."""

    nodes: int
    used: int
    p: int
    q: int
    n: int
    rpeak: float | None
    rmax: EstimateDoc
    efficiency: float | None
    parts: PartsDoc
    hpcg: EstimateDoc | None
    stream: EstimateDoc | None
    power: EstimateDoc | None
    places: PlacesDoc


class TargetDoc(Doc):
    """Nodes for a place of the newest list: at the median, and at the ends of the interval.

    Null: more than 2,097,152 nodes. power : of the nodes at the median, W.
    """

    place: int
    list: str
    rmax: float
    nodes: int | None
    level: float
    fewest: int | None
    most: int | None
    power: float | None


class AgainstListedDoc(Doc):
    """A named system of this size beside the prediction, which does not know it."""

    system: str
    nodes: int
    listed: float
    predicted: float
    ratio: float
    level: float
    inside: bool


class InputDoc(Doc):
    """A figure of a node or of the network, and where it comes from."""

    name: str
    value: float
    unit: str
    source: str


class ProjectDoc(Doc):
    """What `qyran project` prints."""

    schema_id: Literal["qyran.project/1"] = Field("qyran.project/1", alias="schema")
    cluster: str
    partition: str
    title: str
    planned: bool
    inputs: list[InputDoc]
    node_rate: float
    sustained: float | None
    basis: str
    block: int
    sizes: list[SizeDoc]
    targets: list[TargetDoc]
    against: AgainstListedDoc | None
    notes: list[str]
