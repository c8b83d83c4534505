"""What is known about a case after it ran: the model that the store writes and reports read.

All times in seconds, all values in base units. Samples are nested [launch][repetition][rank].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from harness.measure.evidence import Evidence
from harness.measure.hosts import Hosts
from harness.measure.placement import Place
from harness.outcome import Outcome
from harness.plan.case import Case
from kernels.contract import Check, Metric, Work
from kernels.contract import Value as KernelValue

OVERSUBSCRIBED: Final = "oversubscribed"
"""The note of a case that was allowed more threads than cores, and ran unbound."""

Nested = tuple[tuple[tuple[float, ...], ...], ...]
"""Numbers of each launch and repetition: [launch][repetition][rank or step]."""
Splits = tuple[Nested, ...]
"""[launch][repetition][rank][step]."""


@dataclass(frozen=True)
class Samples:
    """The raw times of one phase, s.

    seconds : [launch][repetition][rank]; warm_up : [launch][rank], never part of a metric.
    """

    seconds: Nested
    warm_up: tuple[tuple[float, ...], ...]

    @property
    def slowest(self) -> tuple[tuple[float, ...], ...]:
        """[launch][repetition]: the time of a repetition is the maximum over its ranks."""
        return tuple(tuple(max(ranks) for ranks in launch) for launch in self.seconds)


@dataclass(frozen=True)
class Calls:
    """The calls of a phase over all repetitions, each as long as on its slowest rank, as a cost.

    minimum, maximum : of all calls; median, p99 : medians over the repetitions of these statistics
    of their calls. Base units of the metric.
    """

    minimum: float
    median: float
    p99: float
    maximum: float


@dataclass(frozen=True)
class Value:
    """A metric with its interval and its bound, in base units.

    low, high : distribution-free interval of the median at ``level``; bound : what the machine
    allows at most, or None, with its source or the reason why there is none; launches : the median
    of each launch; calls : of a cost of a phase of several calls.
    """

    metric: Metric
    phase: str
    value: float
    low: float
    high: float
    level: float
    n: int
    bound: float | None = None
    bound_source: str = ""
    launches: tuple[float, ...] = ()
    calls: Calls | None = None

    @property
    def efficiency(self) -> float | None:
        """Fraction of the bound reached; see `efficiency`."""
        return efficiency(self.value, self.bound, self.metric.better)


def efficiency(value: float, bound: float | None, better: str) -> float | None:
    """Fraction of a bound reached, None without one; above 1 would mean a wrong count."""
    if bound is None:
        return None
    return value / bound if better == "higher" else bound / value


@dataclass(frozen=True)
class Times:
    """What a launch spent outside its metrics, s, one entry a launch."""

    compile_s: tuple[float, ...] = ()
    setup_s: tuple[float, ...] = ()
    verify_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Energy:
    """What the nodes used while phases ran, from counters that are read around them.

    nodes : [launch][node] host, source, domains, resolution_s, unknown (why it has no counter);
    joules : {phase: [launch][repetition][node]}, NaN where a node could not be read; window_s :
    {phase: [launch][repetition]} between the two readings; accounted : [launch] joules, elapsed_s,
    unknown of the whole launch, by the batch system.
    """

    nodes: tuple[tuple[dict[str, Any], ...], ...] = ()
    joules: dict[str, Nested] = field(default_factory=dict)
    window_s: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    accounted: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProgramRecord:
    """Somebody else's program: which file it was, what it was given, and what it wrote.

    libraries : name it asks for -> file; inputs : file name -> text; printed : the text of the file
    ``output`` [launch], None where a launch did not get that far; facts : read in it [launch].
    """

    binary: str
    sha256: str
    libraries: dict[str, str]
    mpi: str
    mpirun: str
    arguments: tuple[str, ...]
    inputs: dict[str, str]
    output: str
    printed: tuple[str | None, ...]
    facts: tuple[dict[str, KernelValue], ...]


@dataclass(frozen=True)
class Timeline:
    """How the parts of one repetition grew with its steps: that of the median time, or just below.

    launch, repetition : which one, from 0; done : [interval] the steps at its end, for HPL columns,
    and once more for what came after the last; seconds : [interval] since the beginning, when the
    last rank had done them; mean, maximum : seconds of each part within an interval, over the ranks
    {part: [interval]}.
    """

    launch: int
    repetition: int
    done: tuple[int, ...]
    seconds: tuple[float, ...]
    mean: dict[str, tuple[float, ...]]
    maximum: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Attempt:
    """An attempt at a case that was not the last. file : its record, None if it has none."""

    outcome: Outcome
    reason: str
    file: str | None


@dataclass(frozen=True)
class CaseResult:
    """One case and how it ended. ``metrics`` is empty unless the check passed.

    parts : seconds of each part of a repetition, as the ranks told them {part: [launch][repetition]
    [rank]}; splits : one by one, of what was split {part: [launch][repetition][rank][step]}.
    series : numbers of each repetition {name: [launch][repetition][step]}. timeline : of kernels
    that have one. calls : of each phase of
    several calls, s {phase: [launch][repetition][`timing.STATISTICS`]}. places, peak_memory_B :
    [launch][rank]. mpi_settings : control variables of the MPI library [launch].
    hosts : facts and states of the hosts [launch]. wrong : answers of all launches that were found
    to be wrong, however they ended.
    earlier : the attempts before this one, the oldest first.
    """

    case: Case
    outcome: Outcome
    reason: str = ""
    check: Check | None = None
    wrong: tuple[Evidence, ...] = ()
    metrics: dict[str, Value] = field(default_factory=dict)
    primary: str = ""
    samples: dict[str, Samples] = field(default_factory=dict)
    parts: dict[str, Nested] = field(default_factory=dict)
    splits: dict[str, Splits] = field(default_factory=dict)
    series: dict[str, Nested] = field(default_factory=dict)
    timeline: Timeline | None = None
    calls: dict[str, Nested] = field(default_factory=dict)
    work: dict[str, Work] = field(default_factory=dict)
    times: Times = Times()
    stopped: tuple[str, ...] = ()
    places: tuple[tuple[Place, ...], ...] = ()
    mpi_settings: tuple[dict[str, KernelValue], ...] = ()
    hosts: tuple[Hosts, ...] = ()
    peak_memory_B: tuple[tuple[int, ...], ...] = ()
    notes: tuple[str, ...] = ()
    program: ProgramRecord | None = None
    started: float = 0.0
    ended: float = 0.0
    file: str | None = None
    earlier: tuple[Attempt, ...] = ()
    energy: Energy = Energy()


@dataclass(frozen=True)
class Run:
    """One call of `qyran run`: where it is kept and what it was asked to do.

    environment : nested, JSON-ready facts of the driver's host; started : seconds since 1970;
    compare : pairs of metrics, each ``kernel.metric``; settings : JSON-ready, all that a run needs
    to be resumed beside its cases; tags : names to find it by; confirms : id of the suspicion it
    is measured for (`judge.history`).
    """

    id: str
    path: str
    cluster: str
    suite: str
    title: str
    command: tuple[str, ...]
    started: float
    environment: dict[str, Any] = field(default_factory=dict)
    compare: tuple[tuple[str, str], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    confirms: str = ""
