"""STREAM in Numba: each thread sweeps one contiguous part of the arrays.

The number of threads is an argument, since a function that asks Numba for it cannot be cached.
The static split is the same in `fill`, so that each page lies next to the thread that uses it.
Without fast-math no multiplication and addition are fused: an element equals the replayed scalar.

Whole cache lines of a part are written by `lines`, plainly or past the caches; its two ends, as far
as they are no whole lines, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels._support.pinning import Pinned
from kernels._support.simd import LINE_B, WIDTH
from kernels.memory.stream import lines
from kernels.memory.stream.reference import START, replay, replay_dot

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Array = NDArray[np.float64]
SCALAR = 3.0
"""STREAM's s."""
RESTART_CALLS = 500
"""100 repetitions: a has grown to 15^100 = 4e117, the terms of the dot product to 1e236."""
_ITEM_B = 8


@njit("void(f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def fill(array: Array, value: float, threads: int) -> None:
    """Fill array with value, element by element: the first touch."""
    for t in prange(threads):
        part = array[array.size * t // threads : array.size * (t + 1) // threads]
        for i in range(part.size):
            part[i] = value


@njit("UniTuple(i8, 2)(f8[::1])", cache=True, error_model="numpy")
def whole_lines(part: Array) -> tuple[int, int]:
    """Where the whole lines of a part begin, and how many there are."""
    head = min(part.size, (-part.ctypes.data % LINE_B) // _ITEM_B)
    return head, (part.size - head) // WIDTH


@njit("void(f8[::1], f8[::1])", cache=True, error_model="numpy")
def copy_each(to: Array, x: Array) -> None:
    """Compute to = x."""
    for i in range(to.size):
        to[i] = x[i]


@njit("void(f8[::1], f8[::1], f8)", cache=True, error_model="numpy")
def scale_each(to: Array, x: Array, scalar: float) -> None:
    """Compute to = scalar x."""
    for i in range(to.size):
        to[i] = scalar * x[i]


@njit("void(f8[::1], f8[::1], f8[::1])", cache=True, error_model="numpy")
def add_each(to: Array, x: Array, y: Array) -> None:
    """Compute to = x + y."""
    for i in range(to.size):
        to[i] = x[i] + y[i]


@njit("void(f8[::1], f8[::1], f8[::1], f8)", cache=True, error_model="numpy")
def triad_each(to: Array, x: Array, y: Array, scalar: float) -> None:
    """Compute to = x + scalar y."""
    for i in range(to.size):
        to[i] = x[i] + scalar * y[i]


@njit("void(f8[::1], f8[::1], i8, b1)", parallel=True, cache=True, error_model="numpy")
def copy(c: Array, a: Array, threads: int, past_caches: bool) -> None:
    """Compute c = a."""
    for t in prange(threads):
        low, high = a.size * t // threads, a.size * (t + 1) // threads
        to, x = c[low:high], a[low:high]
        head, count = whole_lines(to)
        tail = head + count * WIDTH
        copy_each(to[:head], x[:head])
        lines.copy(to[head:].ctypes.data, x[head:].ctypes.data, count, past_caches)
        copy_each(to[tail:], x[tail:])


@njit("void(f8[::1], f8[::1], f8, i8, b1)", parallel=True, cache=True, error_model="numpy")
def scale(b: Array, c: Array, scalar: float, threads: int, past_caches: bool) -> None:
    """Compute b = scalar c."""
    for t in prange(threads):
        low, high = c.size * t // threads, c.size * (t + 1) // threads
        to, x = b[low:high], c[low:high]
        head, count = whole_lines(to)
        tail = head + count * WIDTH
        scale_each(to[:head], x[:head], scalar)
        lines.scale(to[head:].ctypes.data, x[head:].ctypes.data, scalar, count, past_caches)
        scale_each(to[tail:], x[tail:], scalar)


@njit("void(f8[::1], f8[::1], f8[::1], i8, b1)", parallel=True, cache=True, error_model="numpy")
def add(c: Array, a: Array, b: Array, threads: int, past_caches: bool) -> None:
    """Compute c = a + b."""
    for t in prange(threads):
        low, high = a.size * t // threads, a.size * (t + 1) // threads
        to, x, y = c[low:high], a[low:high], b[low:high]
        head, count = whole_lines(to)
        tail = head + count * WIDTH
        add_each(to[:head], x[:head], y[:head])
        at_x, at_y = x[head:].ctypes.data, y[head:].ctypes.data
        lines.add(to[head:].ctypes.data, at_x, at_y, count, past_caches)
        add_each(to[tail:], x[tail:], y[tail:])


@njit("void(f8[::1], f8[::1], f8[::1], f8, i8, b1)", parallel=True, cache=True, error_model="numpy")
def triad(a: Array, b: Array, c: Array, scalar: float, threads: int, past_caches: bool) -> None:
    """Compute a = b + scalar c."""
    for t in prange(threads):
        low, high = b.size * t // threads, b.size * (t + 1) // threads
        to, x, y = a[low:high], b[low:high], c[low:high]
        head, count = whole_lines(to)
        tail = head + count * WIDTH
        triad_each(to[:head], x[:head], y[:head], scalar)
        at_x, at_y = x[head:].ctypes.data, y[head:].ctypes.data
        lines.triad(to[head:].ctypes.data, at_x, at_y, scalar, count, past_caches)
        triad_each(to[tail:], x[tail:], y[tail:], scalar)


@njit("f8(f8[::1], f8[::1], f8[::1], i8)", parallel=True, cache=True, error_model="numpy")
def dot(x: Array, y: Array, sums: Array, threads: int) -> float:
    """The sum of x y: each thread one of its part, into sums (threads,), added in their order."""
    for t in prange(threads):
        low, high = x.size * t // threads, x.size * (t + 1) // threads
        sums[t] = lines.dot(x[low:high], y[low:high])
    result = 0.0
    for t in range(threads):
        result += sums[t]
    return result


@njit("f8(f8[::1], f8, i8)", parallel=True, cache=True, error_model="numpy")
def largest_deviation(array: Array, value: float, threads: int) -> float:
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

    a: Array  # (n,)
    b: Array  # (n,)
    c: Array  # (n,)
    sums: Array  # (threads,) of the dot product
    past_caches: bool  # arrays are written with non-temporal stores
    pinned: Pinned
    calls: list[str] = field(default_factory=list)
    product: float = 0.0  # the last dot product of this rank

    @property
    def threads(self) -> int:
        """Parts of an array."""
        return self.sums.size

    def copy(self) -> None:
        """Compute c = a."""
        copy(self.c, self.a, self.threads, self.past_caches)
        self.calls.append("copy")

    def scale(self) -> None:
        """Compute b = s c."""
        scale(self.b, self.c, SCALAR, self.threads, self.past_caches)
        self.calls.append("scale")

    def add(self) -> None:
        """Compute c = a + b."""
        add(self.c, self.a, self.b, self.threads, self.past_caches)
        self.calls.append("add")

    def triad(self) -> None:
        """Compute a = b + s c."""
        triad(self.a, self.b, self.c, SCALAR, self.threads, self.past_caches)
        self.calls.append("triad")

    def dot(self) -> None:
        """Compute the sum of a b over this rank."""
        self.product = dot(self.a, self.b, self.sums, self.threads)
        self.calls.append("dot")

    def restart(self) -> None:
        """Fill the arrays and forget the calls."""
        for array, value in zip((self.a, self.b, self.c), START, strict=True):
            fill(array, value, self.threads)
        self.calls.clear()
        self.product = 0.0

    def restart_if_grown(self) -> None:
        """Restart after `RESTART_CALLS` phases."""
        if len(self.calls) >= RESTART_CALLS:
            self.restart()


def allocate(n: int, comm: Intracomm, *, past_caches: bool = False) -> State:
    """The arrays of one rank, filled by the threads that will use them. Collective."""
    pinned = Pinned(comm)
    sums = np.zeros(get_num_threads())
    state = State(aligned(n), aligned(n), aligned(n), sums, past_caches, pinned)
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


def dot_error(state: State) -> float:
    """Error of this rank's dot product as a share of its bound; infinity if it is no number."""
    n = state.a.size
    expected = replay_dot(state.calls, SCALAR) * n
    error = _relative(abs(state.product - expected), expected) / dot_bound(n, state.threads)
    return float(error) if np.isfinite(error) else np.inf


def dot_bound(n: int, threads: int) -> float:
    """Largest relative rounding error of a dot product of n positive terms over threads.

    No term passes through more additions than a thread does steps, then one for each vector of
    partial sums, lane, element that fills no step, and thread; its product is rounded too. Each
    rounds by half an epsilon of the sum at most. Doubled, that covers the terms of second order
    and the expected value (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 4.2).
    """
    steps = -(-n // threads) // lines.STEP
    return float((steps + 2 * lines.STEP + threads + 1) * np.finfo(np.float64).eps)


def _relative(error: float, value: float) -> float:
    return error / abs(value) if value else error
