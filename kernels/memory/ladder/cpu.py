"""The ladder in Numba: every thread sweeps its own row of the buffers, all threads at once.

One parallel loop a call; the sweeps of a thread follow each other without waiting for the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels._support.pinning import Pinned
from kernels._support.simd import fence
from kernels.memory.ladder import vectors
from kernels.memory.ladder.kernel import DTYPES, FMA_TERMS
from kernels.memory.ladder.steps import LINE_B, SHIFTS, Step, buffers

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Array = NDArray[Any]
ITEM_B = 8
LINE = LINE_B // ITEM_B
"""Elements of a cache line."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
HASH_SHIFT = np.uint64(64 - 20)
SEEDS = 7
"""Calls that follow each other differ; every seventh repeats, so that float32 stays exact."""


@njit("f8(i8)", cache=True, error_model="numpy")
def element(i: Any) -> float:
    """What is read at place i: an integer below 2^20 (multiplicative hashing, Knuth, 6.4)."""
    return float((np.uint64(i) * GOLDEN) >> HASH_SHIFT)


@njit("void(f8[:,::1])", parallel=True, cache=True, error_model="numpy")
def fill(source: Array) -> None:
    """The elements that are read: (sets, items). The first touch."""
    for row in prange(len(source)):
        for i in range(source.shape[1]):
            source[row, i] = element(i)


@njit("void(f8[:,::1], f8)", parallel=True, cache=True, error_model="numpy")
def clear(target: Array, value: float) -> None:
    """Fill a buffer with one value: (sets, items). The first touch."""
    for row in prange(len(target)):
        for i in range(target.shape[1]):
            target[row, i] = value


@njit("void(i8[::1], f8[:,::1], i8, i8, i8)", parallel=True, cache=True, error_model="numpy")
def load(sums: Array, source: Array, first: int, blocks: int, passes: int) -> None:
    """Sum the bits of all elements of all passes, from ``first`` on, into (sets,)."""
    for row in prange(len(source)):
        x = source[row].ctypes.data + first * ITEM_B
        total = 0
        for _ in range(passes):
            total += vectors.sum_blocks(x, blocks)
        sums[row] = total


@njit("void(f8[:,::1], f8, i8, i8, b1)", parallel=True, cache=True, error_model="numpy")
def store(target: Array, value: float, blocks: int, passes: int, past_caches: bool) -> None:
    """Pass p writes value + p into (sets, items)."""
    for row in prange(len(target)):
        to = target[row].ctypes.data
        for p in range(passes):
            if past_caches:
                vectors.store_blocks_past(to, value + p, blocks)
            else:
                vectors.store_blocks(to, value + p, blocks)
        fence()


@njit("void(f8[:,::1], f8[:,::1], i8, i8, i8, b1)", parallel=True, cache=True, error_model="numpy")
def copy(
    target: Array, source: Array, first: int, blocks: int, passes: int, past_caches: bool
) -> None:
    """Copies from element ``first`` of source on to the beginning of target: (sets, items)."""
    for row in prange(len(target)):
        to, x = target[row].ctypes.data, source[row].ctypes.data + first * ITEM_B
        for _ in range(passes):
            if past_caches:
                vectors.copy_blocks_past(to, x, 0.0, blocks)
            else:
                vectors.copy_blocks(to, x, 0.0, blocks)
        fence()


@njit(
    "void(f8[:,::1], f8[:,::1], i8, i8, f8, i8, i8, b1)",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def triad(
    target: Array,
    source: Array,
    first: int,
    second: int,
    scalar: float,
    blocks: int,
    passes: int,
    past_caches: bool,
) -> None:
    """Pass p computes x + (scalar + p) y, x from element ``first`` on, y from ``second`` on."""
    for row in prange(len(target)):
        to, from_ = target[row].ctypes.data, source[row].ctypes.data
        x, y = from_ + first * ITEM_B, from_ + second * ITEM_B
        for p in range(passes):
            if past_caches:
                vectors.triad_blocks_past(to, x, y, scalar + p, blocks)
            else:
                vectors.triad_blocks(to, x, y, scalar + p, blocks)
        fence()


@njit(
    ["void(f8[::1], i8, i8, f8, f8)", "void(f4[::1], i8, i8, f4, f4)"],
    cache=True,
    error_model="numpy",
)
def multiply_add_row(chains: Array, start: int, steps: int, factor: Any, term: Any) -> None:
    """The chains of one thread: (numbers,)."""
    for i in range(chains.size):
        chains[i] = start + i
    vectors.multiply_add_chains(chains.ctypes.data, steps, factor, term)


@njit(
    ["void(f8[:,::1], i8, i8, f8, f8)", "void(f4[:,::1], i8, i8, f4, f4)"],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def multiply_add(chains: Array, start: int, steps: int, factor: Any, term: Any) -> None:
    """``steps`` times x <- x factor + term, from x = start + i: (sets, numbers)."""
    for row in prange(len(chains)):
        multiply_add_row(chains[row], start, steps, factor, term)


@dataclass
class State:
    """The buffers of one rank, and what the last call of each phase used and left."""

    source: Array  # (sets, items) float64, read by all
    targets: dict[str, Array]  # (sets, items) float64, one a curve that writes
    chains: dict[str, Array]  # (sets, numbers) of each type, and of one thread alone
    steps: list[Step]  # in the order in which they are run
    rank: int
    pinned: Pinned
    sums: dict[Step, Array]  # (sets,) int64 of the loads
    seeds: dict[Step | str, int] = field(default_factory=dict)  # of the last call

    def sweep(self, step: Step) -> None:
        """One call of a point of a curve."""
        seed = self._next(step)
        first, past = seed * LINE, step.past_caches
        if step.operation == "load":
            load(self.sums[step], self.source, first, step.blocks, step.passes)
            return
        to, source = self.targets[step.curve], self.source
        if step.operation == "store":
            store(to, scalar(step, seed), step.blocks, step.passes, past)
        elif step.operation == "copy":
            copy(to, source, first, step.blocks, step.passes, past)
        else:
            second, s = first + step.second, scalar(step, seed)
            triad(to, source, first, second, s, step.blocks, step.passes, past)

    def fma(self, phase: str) -> None:
        """One call of a peak; on one thread of rank 0 if the phase says so."""
        chains, seed = self.chains[phase], self._next(phase)
        real = chains.dtype.type
        arguments = (seed, fma_steps(chains), real(1.0), real(1.0 + seed))
        if not alone(phase):
            multiply_add(chains, *arguments)
        elif self.rank == 0:
            multiply_add_row(chains[0], *arguments)

    def _next(self, phase: Step | str) -> int:
        self.seeds[phase] = (self.seeds.get(phase, -1) + 1) % SEEDS
        return self.seeds[phase]


assert SEEDS <= SHIFTS  # noqa: S101 - the source has room for them


def scalar(step: Step, seed: int) -> float:
    """What the first pass of a call stores, or multiplies by: another one at each rung."""
    return float(step.set_B.bit_length() * 16 + seed + 8 * (step.set_B & (step.set_B - 1) > 0))


def alone(phase: str) -> bool:
    """Whether a peak is that of one thread."""
    return phase.endswith("_core")


def fma_steps(chains: Array) -> int:
    """Steps of each chain; chains : (sets, numbers)."""
    return FMA_TERMS // int(chains.shape[1])


def allocate(sets: int, steps: list[Step], comm: Intracomm) -> State:
    """The buffers of one rank, each row touched by the thread that will sweep it. Collective."""
    pinned = Pinned(comm)
    targets = {name: aligned((sets, items)) for name, items in buffers(steps).items()}
    source = targets.pop("source")
    fill(source)
    for target in targets.values():
        clear(target, np.nan)
    sums = {one: np.zeros(sets, np.int64) for one in steps if one.operation == "load"}
    return State(source, targets, _chains(sets), steps, comm.rank, pinned, sums)


def _chains(sets: int) -> dict[str, Array]:
    return {
        f"fma_{dtype}{core}": aligned((1 if core else sets, vectors.numbers(dtype)), dtype)
        for dtype in DTYPES
        for core in ("", "_core")
    }
