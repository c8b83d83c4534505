"""Somebody else's program as a kernel: what the harness may ask of it.

The harness writes its input, starts it on every rank, and reads what it printed; see `Program`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kernels.contract import Check, Kernel, Metric, Phase, Value, Work, parameter

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

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


def reported(
    name: str, metric: Metric, work: Callable[[int], Work], *, alone: bool = False
) -> Phase[None]:
    """A phase whose time a program reports. alone : see `Phase`."""

    def run(_state: None) -> None:
        raise TypeError(f"{name} is timed by the program itself")

    return Phase(name, metric, run, work, alone=alone)


OWN_MPIRUN: Final = "own"
"""The mpirun of the MPI library that the binary is linked with."""


def binary_parameter(default: str) -> Any:
    """The parameter ``binary`` of a program."""
    return parameter(default, unit="", help="the program: a path, or a name to find on PATH")


def mpirun_parameter() -> Any:
    """The parameter ``mpirun`` of a program."""
    about = "what starts it: a path, or own: the mpirun of the MPI it is linked with"
    return parameter(OWN_MPIRUN, unit="", help=about)
