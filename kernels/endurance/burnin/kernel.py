"""Burn-in: for minutes or days, all cores and most of the memory, every answer known bit by bit.

    dgemm               products through the BLAS on every core       2 n^3 flop each
    clock               a chain of dependent instructions: the frequency of the slowest core
    fft                 Fourier transforms on every core              5 n log2 n flop each
    moving_inversions   patterns in memory (patterns.py)              8 B read, 8 B written a word
    walking_ones            and pass: 3 passes, then 2 of each of the others
    address
    random

Every core does the same work on the same input, so that all answers have the same bits: those of
all repetitions, cores, ranks and nodes with one kind of processor. One in so many products is exact
and known from integer arithmetic: it holds for any processor, and judges a core that is alone. What
differs is told with CPU, part, repetition, place, and the bits expected and found.

Rates count the time of the comparisons too. FFT flop are counted by the convention of radix 2, as
HPCC and FFTW do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.leading import leading_dimension
from kernels.contract import (
    BANDWIDTH,
    FLOP_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)
from kernels.dense.dgemm.kernel import FREQUENCY

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.endurance.burnin.cpu import State

CHAIN_STEPS: Final = 20_000_000
"""Of two cycles each: about 10 ms."""
PASSES: Final = {"moving_inversions": 3, "walking_ones": 2, "address": 2, "random": 2}
"""Passes through the memory of each pattern, in the order in which they are run."""
_WORD_B: Final = 8
_MATRICES: Final = 10
"""Four operands, two expected results, and four while the integer product is computed."""
_SIZES: Final = ((1024, 2**18), (512, 2**16), (256, 2**14), (128, 2**12), (64, 2**10))
"""Orders and points that are tried where none are given; the first are those of a real node."""
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Burnin(Kernel["State"]):
    """Computes what it knows already, until something differs."""

    title: ClassVar[str] = (
        "burn-in: DGEMM, FFT and memory patterns, compared bitwise: finds silent data corruption"
    )
    verification: ClassVar[str] = (
        "every word of every product, transform and pattern has the bits that all cores of its kind"
        " agree on; one in so many products those of integer arithmetic; none may differ"
    )
    primary: ClassVar[str] = "dgemm"
    step: ClassVar[str] = "product"

    filled: int = parameter(
        unit="B", help="memory of each rank that is filled with patterns", minimum=_WORD_B
    )
    duration: float = parameter(
        120.0, unit="s", help="how long to repeat, after a warm-up of one repetition", minimum=0.0
    )
    n: int = parameter(unit="1", help="order of the matrices", minimum=1, maximum=2**14)
    products: int = parameter(
        200, unit="1", help="products of a repetition, beside the exact one", minimum=1
    )
    points: int = parameter(
        unit="1", help="points of a transform, a power of 2", minimum=2, maximum=2**28
    )
    transforms: int = parameter(400, unit="1", help="transforms of a repetition", minimum=1)
    cores: int = parameter(
        unit="1", help="threads of a rank that each do all of this at once", minimum=1
    )
    seed: int = parameter(1, unit="1", help="seed of all data", minimum=0, maximum=_LARGEST)

    @classmethod
    def threaded(cls, threads: int) -> dict[str, Value]:
        """Every thread does all of the work."""
        return {"cores": threads}

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """All the memory that matrices and transforms leave, which is half of it at least."""
        each_B = memory_B // ranks
        chosen: dict[str, Value] = {"cores": 1, "filled": 0}
        for n, points in _SIZES:
            chosen |= {"n": n, "points": points, **given}
            taken_B = cls(**{**chosen, "filled": 0}).memory_B(ranks)  # type: ignore[arg-type]
            if 2 * taken_B <= each_B:
                break
        if "filled" not in given:
            chosen["filled"] = (each_B - taken_B) // _WORD_B * _WORD_B
            if each_B - taken_B < _WORD_B:
                known = f"matrices and transforms of a rank take {taken_B} B: give fewer ranks"
                raise IllegalParameter("filled", "auto", f"{memory_B} B may be filled, {known}")
        return {name: value for name, value in chosen.items() if name not in given}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same: every rank has work of its own."""
        return dict(given)

    @property
    def duration_s(self) -> float | None:
        """That of the parameter."""
        return self.duration

    def check_geometry(self, ranks: int) -> None:
        """Any number of ranks will do; the points must be a power of 2."""
        if self.points & (self.points - 1):
            raise IllegalParameter("points", self.points, "a power of 2, such as 262144")

    def memory_B(self, ranks: int) -> int:
        """Patterns, matrices, transforms: input, roots, result, and two for each core."""
        matrix_B = _WORD_B * self.n * leading_dimension(self.n)
        transform_B = 2 * _WORD_B * self.points
        return (
            self.filled + (_MATRICES + self.cores) * matrix_B + (3 + 2 * self.cores) * transform_B
        )

    def phases(self) -> tuple[Phase[State], ...]:
        """Computing first, while memory keeps the pattern that was written last."""
        return (
            Phase("dgemm", FLOP_RATE, lambda state: state.multiply(), self._products),
            Phase(
                "clock",
                FREQUENCY,
                lambda state: state.run_chains(),
                lambda _ranks: Work(items=2.0 * CHAIN_STEPS),
            ),
            Phase("fft", FLOP_RATE, lambda state: state.transform(), self._transforms),
            *(self._pattern(name, passes) for name, passes in PASSES.items()),
        )

    def _pattern(self, name: str, passes: int) -> Phase[State]:
        def work(ranks: int) -> Work:
            moved_B = float(passes * (self.filled // _WORD_B) * _WORD_B * ranks)
            return Work(bytes_read=moved_B, bytes_written=moved_B)

        return Phase(name, BANDWIDTH, _sweep(name), work)

    def _products(self, ranks: int) -> Work:
        return Work(flop=2.0 * self.n**3 * (self.products + 1) * self.cores * ranks)

    def _transforms(self, ranks: int) -> Work:
        flop = 5.0 * self.points * (self.points.bit_length() - 1)
        return Work(flop=flop * self.transforms * self.cores * ranks)

    def setup(self, comm: Intracomm) -> State:
        """Pin the threads, agree on every answer, fill the memory."""
        from kernels.endurance.burnin.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """The products tell how far they are."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Another repetition, with other constants, bits and random numbers."""
        state.begin()

    def found(self, state: State) -> Sequence[str]:
        """What differed: CPU, part, repetition, place, bits."""
        return state.findings.taken()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """What was left by the last repetition, once more; then all that was ever found."""
        state.check()
        found = state.findings
        total, comparisons = (
            sum(comm.allgather(number)) for number in (found.total, found.comparisons)
        )
        within = f", within each of {state.kinds} kinds of processors" if state.kinds > 1 else ""
        what = f"words that differ, of {comparisons} comparisons{within}"
        return Check(what, float(total), 0.0)


def _sweep(name: str) -> Callable[[State], None]:
    return lambda state: state.sweep(name)
