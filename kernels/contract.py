"""The contract of a kernel: what the harness may ask of it, and in which words it answers.

A kernel is a frozen dataclass whose fields are its parameters. It owns no clock, prints nothing
and reads no file but its workload's input. The harness calls, on every rank of ``comm``:

    state = kernel.setup(comm)                  untimed: allocate, fill, first touch
    kernel.watch(state, watch)                  where to tell what happens inside a phase
    for each repetition:
        kernel.prepare(state)                   untimed: restore what a run destroys
        for phase in kernel.phases():
            barrier; clock; phase.run(state); clock
        kernel.found(state)                     untimed: wrong answers seen since it was last asked
    check = kernel.verify(state, comm)          untimed, independent of the fast path

All sizes are in bytes, all times in seconds, all rates in base units per second.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    get_type_hints,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

StateT = TypeVar("StateT")
Value = int | float | str | bool
"""What a parameter can hold: the scalars that YAML, JSON and HDF5 share."""

AUTO: Final = "auto"
"""In a suite: let `Kernel.fit` choose this parameter for the machine at hand."""


@dataclass(frozen=True)
class Parameter:
    """The declaration of one parameter, the only source of its documentation and its bounds."""

    name: str
    type: type[int] | type[float] | type[str] | type[bool]
    default: Value
    unit: str
    help: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    auto: bool


def parameter(
    default: Value = AUTO,
    *,
    unit: str,
    help: str,  # noqa: A002 - the word every command-line library uses for it
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    auto: bool = False,
) -> Any:
    """Declare a field of a kernel as a parameter.

    unit : "1" for counts and pure numbers, "" for words.
    auto : `Kernel.fit` can choose the value; without a default it does so unless one is given.
    """
    about = {
        "unit": unit,
        "help": help,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "auto": auto or default == AUTO,
    }
    if default == AUTO:
        return field(metadata=about)
    return field(default=default, metadata=about)


class IllegalParameter(ValueError):
    """A combination of values that this kernel cannot run.

    name : the parameter to change; found : its value; known : what would be legal, in words.
    """

    def __init__(self, name: str, found: object, known: str) -> None:
        super().__init__(f"{name} = {found!r}: {known}")
        self.name = name
        self.found = found
        self.known = known


class CannotRun(RuntimeError):
    """What stops a run and is no fault of a node: unreadable input, a full scratch disk.

    where : the file or parameter; found : what is wrong; known : what there is; fix : what to type.
    """

    def __init__(self, where: str, found: str, known: str = "", fix: str = "") -> None:
        rest = [f"; known: {known}" if known else "", f"; fix: {fix}" if fix else ""]
        super().__init__(f"{where}: {found}{''.join(rest)}")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one call of a phase does, over all ranks: the numerators of every rate.

    Bytes follow the benchmark's own convention; where that leaves out the write-allocate reads (as
    STREAM's does), ``bytes_hidden`` holds them, so that ``traffic`` is what crosses the memory bus.
    """

    flop: float = 0.0
    bytes_read: float = 0.0
    bytes_written: float = 0.0
    bytes_hidden: float = 0.0
    messages: float = 0.0
    items: float = 0.0

    @property
    def bytes_moved(self) -> float:
        """Bytes read and written, B."""
        return self.bytes_read + self.bytes_written

    @property
    def traffic(self) -> float:
        """Bytes over the memory bus, B: those moved and those of write-allocate reads."""
        return self.bytes_moved + self.bytes_hidden


@dataclass(frozen=True)
class Metric:
    """A rate (work over time) or a cost (time itself), with its unit and its direction."""

    name: str
    unit: str
    better: Literal["higher", "lower"]
    amount: Literal["flop", "bytes_moved", "messages", "items", "seconds", "seconds_a_message"]

    def value(self, work: Work, seconds: float) -> float:
        """The one place where a rate is computed; NaN if no time was measured."""
        if self.amount == "seconds":
            return seconds
        if self.amount == "seconds_a_message":
            return seconds / work.messages
        return float(getattr(work, self.amount)) / seconds if seconds > 0.0 else math.nan

    def seconds(self, work: Work, value: float) -> float:
        """The time for which `value` gives this value: of a number that somebody else computed."""
        if self.amount == "seconds":
            return value
        if self.amount == "seconds_a_message":
            return value * work.messages
        return float(getattr(work, self.amount)) / value if value > 0.0 else math.nan


FLOP_RATE: Final = Metric("flop_rate", "flop/s", "higher", "flop")
BANDWIDTH: Final = Metric("bandwidth", "B/s", "higher", "bytes_moved")
UPDATE_RATE: Final = Metric("update_rate", "point/s", "higher", "items")
ROW_RATE: Final = Metric("row_rate", "row/s", "higher", "items")
LATENCY: Final = Metric("latency", "s", "lower", "seconds_a_message")
MESSAGE_RATE: Final = Metric("message_rate", "message/s", "higher", "messages")


@dataclass(frozen=True)
class Check:
    """The outcome of a verification: passed if ``error`` is a number not above ``tolerance``."""

    what: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """False for NaN and infinity too."""
        return math.isfinite(self.error) and self.error <= self.tolerance


@dataclass(frozen=True)
class Point:
    """Where a phase lies on a curve: of "load" over the "working set", say, at 32768 B."""

    curve: str
    axis: str
    at: float
    unit: str


@dataclass(frozen=True)
class Phase(Generic[StateT]):
    """One timed region. ``run(state)`` is timed and nothing else; ``work(ranks)`` counts one call.

    also : further metrics of the same times. alone : rank 0 works and the others wait, so that what
    all of them reach together bounds nothing. point : where it lies on a curve, if on any.
    calls : so often is it run in a repetition, each call timed from a barrier of its own. The time
    of a rank is then the median of its calls, and the record keeps minimum, median, 99th percentile
    and maximum of the calls, each as long as on its slowest rank.
    """

    name: str
    metric: Metric
    run: Callable[[StateT], None]
    work: Callable[[int], Work]
    also: tuple[Metric, ...] = ()
    point: Point | None = None
    calls: int = 1
    alone: bool = False

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All that its times say, the main one first."""
        return (self.metric, *self.also)


@dataclass(frozen=True)
class Tuning:
    """What of a kernel is worth trying on a machine.

    sizes : parameters that have a modest value in a trial, and stay `AUTO` in what comes of it.
    stages : what to try, the most important first; the alternatives of a stage give values to the
        same parameters, and are tried with the best values found before.
    """

    sizes: Mapping[str, Value]
    stages: Mapping[str, tuple[Mapping[str, Value], ...]]


class Watch(Protocol):
    """What a kernel may tell from inside a timed phase. The clock is the harness's.

    Every call costs less than a microsecond: one for each block of work, never for each element.
    """

    def lap(self, part: str) -> None:
        """The time since the phase began, or since the last lap, was spent on this part."""

    def split(self, part: str) -> None:
        """As `lap`; and each is kept, of every rank in order, where ``lap`` keeps their sum."""

    def progress(self, done: int, total: int, share: float) -> None:
        """So many steps of the phase are done, which are this share of its work."""

    def note(self, series: str, value: float) -> None:
        """Append a pure number to a series, such as the residual of each iteration."""


class Unwatched:
    """A watch that nobody reads."""

    def lap(self, part: str) -> None:
        """Nothing."""

    def split(self, part: str) -> None:
        """Nothing."""

    def progress(self, done: int, total: int, share: float) -> None:
        """Nothing."""

    def note(self, series: str, value: float) -> None:
        """Nothing."""


UNWATCHED: Final[Watch] = Unwatched()


class Kernel(ABC, Generic[StateT]):
    """Base of every kernel: a ``@dataclass(frozen=True, kw_only=True)`` of parameters."""

    title: ClassVar[str]
    """One line for `qyran list`."""
    verification: ClassVar[str]
    """The verification rule in words, with its tolerance."""
    primary: ClassVar[str]
    """Name of the phase whose metric stands for the kernel in a summary."""
    version: ClassVar[int] = 1
    """Raised when the meaning of a result changes; results of two versions do not compare."""
    least_ranks: ClassVar[int] = 1
    """Ranks below which there is nothing to measure: one rank has nobody to send a message to."""
    paths: ClassVar[tuple[str, ...]] = ()
    """Parameters that name a file or a folder, from where the user is: ranks start elsewhere."""
    step: ClassVar[str] = "step"
    """What `Watch.progress` counts, in the singular: "column"."""
    timeline: ClassVar[bool] = False
    """Whether its parts are recorded over `Watch.progress`, which all ranks then tell alike."""

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """Choose legal values for the parameters that may be `AUTO` and are not in ``given``.

        memory_B : memory this case may fill, over all ranks. llc_B : sum of the last-level caches
        of the nodes used. Raises IllegalParameter where the given values leave no legal choice.
        """
        return {}

    @classmethod
    def threaded(cls, threads: int) -> dict[str, Value]:
        """Parameters that say how many threads a rank has, for kernels that must know it to count.

        They are given to `fit` unless the user gives others; by default there are none.
        """
        return {}

    @classmethod
    def placed(cls, nodes: int, ranks: int) -> dict[str, Value]:
        """As `threaded`: over how many nodes the ranks lie, node by node as many on each."""
        return {}

    @classmethod
    def tuning(cls, given: Mapping[str, Value], ranks: int) -> Tuning | None:
        """What `qyran tune` tries on this many ranks; None where there is nothing to choose.

        ``given`` holds the best values found so far: a later stage may depend on them.
        """
        return None

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The parameters with which ``factor`` times the ranks have as much work each.

        given : all parameters, of the smallest number of ranks. Raises IllegalParameter where that
        cannot be, which is so for every kernel that does not say how its sizes grow.
        """
        raise IllegalParameter("scaling", "weak", f"{cls.__name__} knows only strong scaling")

    @property
    def arithmetic(self) -> str:
        """Type of the numbers on which most of the flop are done: that of the bound of its rate."""
        return "float64"

    @property
    def duration_s(self) -> float | None:
        """For how long to repeat, where no number is asked for; None: until the number is known."""
        return None

    @abstractmethod
    def check_geometry(self, ranks: int) -> None:
        """Raise IllegalParameter if these parameters cannot run on this many ranks."""

    @abstractmethod
    def memory_B(self, ranks: int) -> int:
        """Bytes allocated by the rank that allocates most, communication buffers included."""

    @abstractmethod
    def phases(self) -> tuple[Phase[StateT], ...]:
        """The timed phases, in the order in which a repetition runs them."""

    @abstractmethod
    def setup(self, comm: Intracomm) -> StateT:
        """Allocate and fill; each page first touched by the thread that will use it."""

    def watch(self, state: StateT, watch: Watch) -> None:
        """Let the phases of this state tell their parts, progress and series; by default none."""

    def prepare(self, state: StateT) -> None:
        """Restore the input before a repetition, where a run destroys it."""

    def found(self, state: StateT) -> Sequence[str]:
        """What this rank has found to be wrong since it was last asked, a line each.

        Asked after every repetition and after `verify`: what it tells is kept at once, and a result
        with any of it is wrong, however the run ends. The harness adds rank and host.
        """
        return ()

    @abstractmethod
    def verify(self, state: StateT, comm: Intracomm) -> Check:
        """Check the result of the last repetition, independently of the fast path.

        Collective; returns the same Check on every rank.
        """


@cache
def parameters(kernel: type[Kernel[Any]]) -> tuple[Parameter, ...]:
    """The declared parameters of a kernel class, in order of declaration."""
    hints = get_type_hints(kernel)
    return tuple(_declaration(one, hints[one.name]) for one in fields(kernel))  # type: ignore[arg-type]


def values(kernel: Kernel[Any]) -> dict[str, Value]:
    """The parameters of a kernel instance, all filled in."""
    return {one.name: getattr(kernel, one.name) for one in parameters(type(kernel))}


def _declaration(one: Field[Any], kind: type[Any]) -> Parameter:
    default = AUTO if one.default is MISSING else one.default
    return Parameter(name=one.name, type=kind, default=default, **one.metadata)
