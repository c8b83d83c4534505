"""The contract of a kernel: what the harness may ask of it, and in which words it answers.

A kernel is a frozen dataclass whose fields are its parameters. It owns no clock, prints nothing
and reads no file but its workload's input. The harness calls, on every rank of ``comm``:

    state = kernel.setup(comm)                  untimed: allocate, fill, first touch
    kernel.watch(state, watch)                  where to tell what happens inside a phase
    for each repetition:
        kernel.prepare(state)                   untimed: restore what a run destroys
        for phase in kernel.phases():
            barrier; clock; phase.run(state); clock
    check = kernel.verify(state, comm)          untimed, independent of the fast path

All sizes are in bytes, all times in seconds, all rates in base units per second.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
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


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one call of a phase does, over all ranks: the numerators of every rate.

    The byte counts follow the benchmark's own convention; where that leaves out the write-allocate
    reads (as STREAM's does), ``bytes_hidden`` holds them, so that ``traffic`` is what crosses the
    memory bus.
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
    amount: Literal["flop", "bytes_moved", "messages", "items", "seconds"]

    def value(self, work: Work, seconds: float) -> float:
        """The one place where a rate is computed; NaN if no time was measured."""
        if self.amount == "seconds":
            return seconds
        return float(getattr(work, self.amount)) / seconds if seconds > 0.0 else math.nan

    def seconds(self, work: Work, value: float) -> float:
        """The time for which `value` gives this value: of a number that somebody else computed."""
        if self.amount == "seconds":
            return value
        return float(getattr(work, self.amount)) / value if value > 0.0 else math.nan


FLOP_RATE: Final = Metric("flop_rate", "flop/s", "higher", "flop")
BANDWIDTH: Final = Metric("bandwidth", "B/s", "higher", "bytes_moved")
UPDATE_RATE: Final = Metric("update_rate", "point/s", "higher", "items")
ITEM_RATE: Final = Metric("item_rate", "item/s", "higher", "items")
ELAPSED: Final = Metric("elapsed", "s", "lower", "seconds")


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
class Phase(Generic[StateT]):
    """One timed region. ``run(state)`` is timed and nothing else; ``work(ranks)`` counts it."""

    name: str
    metric: Metric
    run: Callable[[StateT], None]
    work: Callable[[int], Work]


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

    def progress(self, done: int, total: int, share: float) -> None:
        """So many steps of the phase are done, which are this share of its work."""

    def note(self, series: str, value: float) -> None:
        """Append a pure number to a series, such as the residual of each iteration."""


class Unwatched:
    """A watch that nobody reads."""

    def lap(self, part: str) -> None:
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
    arithmetic: ClassVar[str] = "float64"
    """Type of the numbers on which most of the flop are done; a bound is one of the same type."""
    step: ClassVar[str] = "step"
    """What `Watch.progress` counts, in the singular: "column"."""

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
    def tuning(cls, given: Mapping[str, Value], ranks: int) -> Tuning | None:
        """What `qyran tune` tries on this many ranks; None where there is nothing to choose.

        ``given`` holds the best values found so far: a later stage may depend on them.
        """
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

    @abstractmethod
    def verify(self, state: StateT, comm: Intracomm) -> Check:
        """Check the result of the last repetition, independently of the fast path.

        Collective; returns the same Check on every rank.
        """


STDOUT: Final = "stdout.txt"
"""The file that holds what rank 0 of a program printed."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What the output of a program says.

    seconds : of each phase, such that ``metric.value(work, seconds)`` is the number it printed.
    facts : what else it says of its run, for the record.
    """

    seconds: Mapping[str, float]
    check: Check
    facts: Mapping[str, Value] = field(default_factory=dict)


class UnclearOutput(ValueError):
    """The output of a program is not one whole report of the run that was asked for.

    wanted : the line or value looked for; found : what is there instead.
    """

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(f"looked for {wanted}, found {found}")
        self.wanted = wanted
        self.found = found


class Program(Kernel[None]):
    """A kernel that is somebody else's binary, which measures and verifies itself.

    The harness writes `files` into a folder of its own for each launch, starts there, on every
    rank, ``binary`` with `arguments`, and lets `parse` read the file ``output``. A launch is one
    repetition. Each program declares the parameters ``binary`` and ``mpirun`` as its last two.
    """

    install: ClassVar[str]
    """What to type where the binary is missing."""
    output: ClassVar[str] = STDOUT
    """The file of its folder in which the program writes its results."""

    binary: str
    mpirun: str

    def files(self, ranks: int) -> Mapping[str, str]:
        """Names and texts of the input files."""
        return {}

    def arguments(self) -> tuple[str, ...]:
        """The command line behind the name of the binary."""
        return ()

    @abstractmethod
    def parse(self, text: str, ranks: int) -> Parsed:
        """What ``output`` says: a function of its text.

        Raises UnclearOutput where a line is missing, is there more than once, holds no number, or
        belongs to another run; a verdict of the program that is not good becomes a failed check.
        """

    def setup(self, comm: Intracomm) -> None:
        """Never called: nothing of a program runs in this process."""
        raise TypeError(f"{type(self).__name__} is a program: the harness starts its binary")

    def verify(self, state: None, comm: Intracomm) -> Check:
        """Never called: `parse` gives the check."""
        raise TypeError(f"{type(self).__name__} is a program: its output holds the check")


def reported(name: str, metric: Metric, work: Callable[[int], Work]) -> Phase[None]:
    """A phase whose time a program reports."""

    def run(_state: None) -> None:
        raise TypeError(f"{name} is timed by the program itself")

    return Phase(name, metric, run, work)


OWN_MPIRUN: Final = "own"
"""The mpirun of the MPI library that the binary is linked with."""


def binary_parameter(default: str) -> Any:
    """The parameter ``binary`` of a program."""
    return parameter(default, unit="", help="the program: a path, or a name to find on PATH")


def mpirun_parameter() -> Any:
    """The parameter ``mpirun`` of a program."""
    about = "what starts it: a path, or own: the mpirun of the MPI it is linked with"
    return parameter(OWN_MPIRUN, unit="", help=about)


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
