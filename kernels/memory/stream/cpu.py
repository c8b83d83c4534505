"""STREAM in Numba: each thread sweeps one contiguous part of the arrays with plain stores.

The number of threads is an argument, since a function that asks Numba for it cannot be cached.
The static split is the same in `fill`, so that each page lies next to the thread that uses it.
Without fast-math no multiplication and addition are fused: an element equals the replayed scalar.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels.memory.stream.reference import START, replay

SCALAR = 3.0
"""STREAM's s."""
RESTART_CALLS = 400
"""100 repetitions: a has grown to 15^100 = 4e117, still far from overflow."""


@njit("void(f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def fill(array: NDArray[np.float64], value: float, threads: int) -> None:
    """Fill array with value, element by element: the first touch."""
    for t in prange(threads):
        part = array[array.size * t // threads : array.size * (t + 1) // threads]
        for i in range(part.size):
            part[i] = value


@njit("void(f8[::1], f8[::1], i8)", parallel=True, cache=True, error_model="numpy")
def copy(c: NDArray[np.float64], a: NDArray[np.float64], threads: int) -> None:
    """Compute c = a."""
    for t in prange(threads):
        low, high = a.size * t // threads, a.size * (t + 1) // threads
        to, x = c[low:high], a[low:high]
        for i in range(to.size):
            to[i] = x[i]


@njit("void(f8[::1], f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def scale(b: NDArray[np.float64], c: NDArray[np.float64], scalar: float, threads: int) -> None:
    """Compute b = scalar c."""
    for t in prange(threads):
        low, high = c.size * t // threads, c.size * (t + 1) // threads
        to, x = b[low:high], c[low:high]
        for i in range(to.size):
            to[i] = scalar * x[i]


@njit("void(f8[::1], f8[::1], f8[::1], i8)", parallel=True, cache=True, error_model="numpy")
def add(
    c: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], threads: int
) -> None:
    """Compute c = a + b."""
    for t in prange(threads):
        low, high = a.size * t // threads, a.size * (t + 1) // threads
        to, x, y = c[low:high], a[low:high], b[low:high]
        for i in range(to.size):
            to[i] = x[i] + y[i]


@njit("void(f8[::1], f8[::1], f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def triad(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    scalar: float,
    threads: int,
) -> None:
    """Compute a = b + scalar c."""
    for t in prange(threads):
        low, high = b.size * t // threads, b.size * (t + 1) // threads
        to, x, y = a[low:high], b[low:high], c[low:high]
        for i in range(to.size):
            to[i] = x[i] + scalar * y[i]


@njit("f8(f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def largest_deviation(array: NDArray[np.float64], value: float, threads: int) -> float:
    """Largest |array - value|; infinity if an element is not a number."""
    worst = np.zeros(threads)
    for t in prange(threads):
        part = array[array.size * t // threads : array.size * (t + 1) // threads]
        most = 0.0
        for i in range(part.size):
            off = abs(part[i] - value)
            if not off <= most:
                most = off if off == off else np.inf  # noqa: PLR0124 - the NaN test
        worst[t] = most
    return float(worst.max())


@dataclass
class State:
    """The arrays of one rank, and the phases run since they were filled."""

    a: NDArray[np.float64]  # (n,)
    b: NDArray[np.float64]  # (n,)
    c: NDArray[np.float64]  # (n,)
    threads: int
    calls: list[str] = field(default_factory=list)

    def copy(self) -> None:
        """Compute c = a."""
        copy(self.c, self.a, self.threads)
        self.calls.append("copy")

    def scale(self) -> None:
        """Compute b = s c."""
        scale(self.b, self.c, SCALAR, self.threads)
        self.calls.append("scale")

    def add(self) -> None:
        """Compute c = a + b."""
        add(self.c, self.a, self.b, self.threads)
        self.calls.append("add")

    def triad(self) -> None:
        """Compute a = b + s c."""
        triad(self.a, self.b, self.c, SCALAR, self.threads)
        self.calls.append("triad")

    def restart(self) -> None:
        """Fill the arrays and forget the calls."""
        for array, value in zip((self.a, self.b, self.c), START, strict=True):
            fill(array, value, self.threads)
        self.calls.clear()

    def restart_if_grown(self) -> None:
        """Restart after `RESTART_CALLS` phases."""
        if len(self.calls) >= RESTART_CALLS:
            self.restart()


def allocate(n: int) -> State:
    """The arrays of one rank, filled by the threads that will use them."""
    state = State(aligned(n), aligned(n), aligned(n), get_num_threads())
    state.restart()
    return state


def worst_error(state: State) -> float:
    """Largest error of this rank's elements, relative to the replayed value of their array."""
    expected = replay(state.calls, SCALAR)
    arrays = (state.a, state.b, state.c)
    return max(
        _relative(largest_deviation(array, value, state.threads), value)
        for array, value in zip(arrays, expected, strict=True)
    )


def _relative(error: float, value: float) -> float:
    return error / abs(value) if value else error
