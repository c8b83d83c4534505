"""The documents that `--json` prints: full precision, base units, stable order, one schema each."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field

from harness.record.result import efficiency
from harness.report.base import Doc as Doc  # noqa: PLC0414 - of all documents, found here
from harness.report.rank_document import RankDoc


class CheckDoc(Doc):
    """A verification; ``error`` is null where it was not a finite number."""

    what: str
    error: float | None
    tolerance: float
    passed: bool


class EvidenceDoc(Doc):
    """A wrong answer: the rank that found it, its host, and what it is."""

    rank: int
    host: str
    what: str


class CallsDoc(Doc):
    """The calls of a phase, each on its slowest rank, in the unit of the metric.

    minimum, maximum : of all calls; median, p99 : medians over the repetitions.
    """

    minimum: float
    median: float
    p99: float
    maximum: float


class MetricDoc(Doc):
    """A metric: median, interval [low, high] at ``level``, and the bound it is compared with.

    launches : the median of each launch; calls : of a cost of a phase of several calls.
    """

    phase: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    low: float
    high: float
    level: float
    n: int
    bound: float | None
    bound_source: str
    launches: list[float] = Field(default_factory=list)
    calls: CallsDoc | None = None

    @property
    def efficiency(self) -> float | None:
        """Fraction of the bound reached."""
        return efficiency(self.value, self.bound, self.better)


class PartDoc(Doc):
    """Seconds of a part of a repetition, medians over the repetitions.

    ``seconds`` is the mean over the ranks, ``low`` and ``high`` are those of the ranks that spent
    least and most, and ``slowest`` is the latter.
    """

    seconds: float
    low: float
    high: float
    slowest: int


class CurveDoc(Doc):
    """A metric over a size, from the smallest on; its points are the ``metrics`` of the case.

    at : places on ``axis`` in ``unit``; value, low, high : in ``value_unit``; calls : {statistic of
    `CallsDoc`: [point]}, null where a point is one call, empty if all are.
    """

    axis: str
    unit: str
    metric: str
    value_unit: str
    better: Literal["higher", "lower"]
    metrics: list[str]
    at: list[float]
    value: list[float]
    low: list[float]
    high: list[float]
    calls: dict[str, list[float | None]]


class MemberDoc(Doc):
    """Part of a scaling series with ``factor`` times the ranks or threads of its smallest case."""

    kind: Literal["strong", "weak"]
    base: str
    factor: float


class AttemptDoc(Doc):
    """An attempt at a case that was not the last; ``file`` is null if it left no record."""

    outcome: str
    reason: str
    file: str | None


class UsedDoc(Doc):
    """Energy of a phase over all nodes, medians over the repetitions; null where it is not known.

    covered : share of the timed seconds that lie between readings of all nodes; per_watt : of the
    metrics in flop/s, in flop/s/W; empty with the ``reason`` why there is none.
    """

    joules: float | None
    watts: float | None
    covered: float
    per_watt: dict[str, float]
    reason: str


class MetersDoc(Doc):
    """Hosts that can read the same counters of energy; ``source`` is null where there are none."""

    hosts: list[str]
    source: str | None
    domains: list[str]
    resolution_s: float | None
    unknown: str


class AccountedDoc(Doc):
    """Energy of a whole launch, set-up and verification included, by the batch system, J and s."""

    joules: float | None
    elapsed_s: float | None
    unknown: str


class EnergyDoc(Doc):
    """What was used, by phase, and what could be read; what a batch system says of each launch."""

    phases: dict[str, UsedDoc]
    nodes: list[MetersDoc]
    accounted: list[AccountedDoc] = Field(default_factory=list)


class HostsDoc(Doc):
    """Hosts whose ranks have the same CPUs. cpus : of each rank of a host, such as ``0-3,8``."""

    hosts: list[str]
    cpus: list[str]


class PlacementDoc(Doc):
    """Where the ranks ran in the last launch. bound : no two of a host on the same CPUs."""

    groups: list[HostsDoc]
    bound: bool
    mpi: str


class CaseDoc(Doc):
    """One case of a run. ``file`` is null for a case that was not recorded.

    ``parts`` says where the time went; ``series`` holds numbers that the kernel told during its
    last repetition, null where one was not finite; ``started`` and ``ended`` are since 1970, s.
    ``earlier`` are attempts before the one that is shown.
    ``energy`` is null where no rank looked for it.
    ``peak_memory`` is the most that all ranks had resident, each at its own worst moment, B.
    """

    case: str
    kernel: str
    kernel_version: int
    parameters: dict[str, int | float | str | bool]
    fitted: list[str]
    nodes: int
    ranks: int
    threads: int
    outcome: str
    reason: str
    notes: list[str]
    file: str | None
    check: CheckDoc | None
    wrong: list[EvidenceDoc] = Field(default_factory=list)
    primary: str
    metrics: dict[str, MetricDoc]
    parts: dict[str, PartDoc] = Field(default_factory=dict)
    series: dict[str, list[float | None]] = Field(default_factory=dict)
    curves: dict[str, CurveDoc] = Field(default_factory=dict)
    scaling: list[MemberDoc] = Field(default_factory=list)
    seconds: dict[str, float]
    peak_memory: int | None = None
    placement: PlacementDoc | None = None
    energy: EnergyDoc | None = None
    earlier: list[AttemptDoc] = Field(default_factory=list)
    started: float | None = None
    ended: float | None = None


class RatioDoc(Doc):
    """Two metrics, ``kernel.metric``, measured in turns.

    value : median of the ratios of their launches, above 1 where ``first`` is better, with its
    interval [low, high] at ``level`` from ``n`` pairs; null where no launch of both passed, which
    ``reason`` explains. first_case, second_case : the best case of each kernel.
    """

    first: str
    second: str
    first_case: str
    second_case: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    verdict: Literal["faster", "slower", "undecided", "none"]
    reason: str


class ScalingDoc(Doc):
    """A member of a scaling series beside the smallest one, its base.

    factor : how many times the ranks or threads of the base; value : of the primary ``metric``;
    speedup : median of the ratios to the base, launch by launch, above 1 where the member is
    better; efficiency : ``speedup / factor`` (of a time at constant work per rank: the speedup),
    with its interval [low, high] at ``level`` from ``n`` pairs. Null, with the reason, where one
    of both has no result.
    """

    kernel: str
    kind: Literal["strong", "weak"]
    metric: str
    unit: str
    base: str
    case: str
    nodes: int
    ranks: int
    threads: int
    factor: float
    value: float | None
    speedup: float | None
    efficiency: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    reason: str


class RunDoc(Doc):
    """What `qyran run` and `qyran show` print."""

    schema_id: Literal["qyran.run/1"] = Field("qyran.run/1", alias="schema")
    run: str
    path: str
    cluster: str
    suite: str
    started: float
    outcome: str
    exit_code: int
    cases: list[CaseDoc]
    standing: RankDoc | None = None
    ratios: list[RatioDoc] = Field(default_factory=list)
    scaling: list[ScalingDoc] = Field(default_factory=list)


class RunLineDoc(Doc):
    """One line of `qyran ls`."""

    run: str
    path: str
    cluster: str
    suite: str
    started: float
    outcome: str
    cases: int
    recorded: int
    best: str


class LsDoc(Doc):
    """What `qyran ls` prints; earlier : how many older runs there are."""

    schema_id: Literal["qyran.ls/1"] = Field("qyran.ls/1", alias="schema")
    results: str
    runs: list[RunLineDoc]
    earlier: int = 0


class ErrorDoc(Doc):
    """What any command prints with `--json` when it ends with an error."""

    schema_id: Literal["qyran.error/1"] = Field("qyran.error/1", alias="schema")
    where: str
    found: str
    known: str
    fix: str
    exit_code: int


def text(document: Doc) -> str:
    """The document as JSON text."""
    return json.dumps(document.model_dump(by_alias=True, mode="json"), indent=1, allow_nan=False)
