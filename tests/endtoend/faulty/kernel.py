"""A kernel that does nothing, and on request does it wrong: planted into a copy of the sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels.contract import (
    LATENCY,
    MESSAGE_RATE,
    ROW_RATE,
    Check,
    Kernel,
    Phase,
    Point,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.memory.faulty.cpu import State

FAULTS = (
    "none",
    "allocates",
    "cannot",
    "eats",
    "fills",
    "garbles",
    "hangs",
    "kills",
    "leaves",
    "lingers",
    "nan",
    "prints",
    "raises",
    "stops",
    "stubborn",
    "wrong",
)


@dataclass(frozen=True, kw_only=True)
class Faulty(Kernel["State"]):
    """Sleeps for a moment; ``fault`` says how it breaks."""

    title: ClassVar[str] = "a kernel that breaks on request"
    verification: ClassVar[str] = "the fault is the error"
    primary: ClassVar[str] = "nap"

    fault: str = parameter("none", unit="", help="how it breaks", choices=FAULTS)
    stage: str = parameter("run", unit="", help="when", choices=("setup", "run", "verify"))
    rank: int = parameter(0, unit="1", help="who breaks", minimum=0)
    tag: int = parameter(0, unit="1", help="makes cases differ", minimum=0)
    nap_s: float = parameter(0.001, unit="s", help="time of a repetition", minimum=0.0)
    n: int = parameter(8, unit="1", help="bytes", minimum=1, auto=True)

    sizes: int = parameter(0, unit="1", help="points on a curve", minimum=0)
    calls: int = parameter(5, unit="1", help="calls of each of them", minimum=1)

    def check_geometry(self, ranks: int) -> None:
        """Any."""

    def memory_B(self, ranks: int) -> int:
        """What it says."""
        return self.n

    def phases(self) -> tuple[Phase[State], ...]:
        """One, and the points of a curve."""
        nap = Phase("nap", ROW_RATE, lambda state: state.run(), lambda ranks: Work(items=1.0))
        return (nap, *(self._doze(2**i) for i in range(self.sizes)))

    def _doze(self, size_B: int) -> Phase[State]:
        return Phase(
            f"doze_{size_B}B",
            LATENCY,
            lambda state: state.doze(),
            lambda ranks: Work(messages=2.0),
            also=(MESSAGE_RATE,),
            point=Point("doze", "message", size_B, "B"),
            calls=self.calls,
        )

    def setup(self, comm: Intracomm) -> State:
        """Break now, or later."""
        from kernels.memory.faulty.cpu import State

        state = State(self, comm)
        state.at("setup")
        return state

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Nothing, unless the answer is to be wrong."""
        state.at("verify")
        error = {"wrong": 7.0, "nan": float("nan")}.get(self.fault, 0.0)
        return Check("nothing", error, 1.0)
