"""The data: a column x and, for the dot product, a column y, of the types that reduce knows.

To the distributions of every data kernel comes one for sums:

cancelling  elements i and n - 1 - i cancel but for the lower half of their digits; their
            magnitudes spread over 128 binades (int64: 2^15 .. 2^31). The sum is what is left.

It uses no transcendental function, so that its values have the same bits everywhere.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.dataset.column import Column, StringColumn
from kernels._support.splitmix import random_bits, stream_key
from kernels.contract import IllegalParameter

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.reduce.kernel import Reduce

DIGITS = {"float64": 53, "float32": 24, "int64": 0}
"""Significant bits of a data type; 0 stands for integers."""
_PIECE: Final = 2**16
"""Rows that are narrowed at once."""


@njit("f8(u8, i8, b1)", cache=True, error_model="numpy")
def cancelling(bits: int, digits: int, mirrored: bool) -> float:
    """A number of random sign and magnitude; mirrored: its negative without its lower digits."""
    low: Any = np.int64(bits & np.uint64(0xFF))
    sign = 1.0 if low < 128 else -1.0
    if digits == 0:
        whole = np.int64(bits >> np.uint64(33)) >> (low & 15)
        return sign * (-float(whole & ~np.int64(0xFF)) if mirrored else float(whole))
    whole = np.int64(bits >> np.uint64(64 - digits)) | (np.int64(1) << (digits - 1))
    if mirrored:
        whole = -((whole >> (digits // 2)) << (digits // 2))
    return math.ldexp(sign * float(whole), (low & 127) - 64 - (digits - 1))


@njit("f8(u8, i8, i8, i8)", cache=True, error_model="numpy")
def element(key: Any, i: int, rows: int, digits: int) -> float:
    """Element i of the distribution, exactly representable in the data type."""
    mirror = min(i, rows - 1 - i)
    return cancelling(random_bits(key, np.uint64(mirror)), digits, mirror != i)


_SIGNATURES = [f"void({kind}[::1], u8, i8, i8, i8, i8)" for kind in ("f8", "f4", "i8")]


@njit(_SIGNATURES, parallel=True, cache=True, error_model="numpy")
def fill(out: NDArray[Any], key: Any, start: int, rows: int, digits: int, threads: int) -> None:
    """out[j] = element start + j; the first touch, in the static split of the reductions."""
    for t in prange(threads):
        for j in range(out.size * t // threads, out.size * (t + 1) // threads):
            out[j] = element(key, start + j, rows, digits)


class Cancelling(Column):
    """Elements of the distribution cancelling."""

    def __init__(self, dtype: str, rows: int, key: np.uint64) -> None:
        self.rows, self.dtype = rows, np.dtype(dtype)
        self._key, self._digits = key, DIGITS[dtype]

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Generate them, each thread its static share."""
        fill(out, self._key, start, self.rows, self._digits, get_num_threads())


class Narrowed(Column):
    """The float32 nearest to the float64 of another column."""

    def __init__(self, wide: Column) -> None:
        self.rows, self.dtype = wide.rows, np.dtype(np.float32)
        self._wide = wide

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Read piece by piece: the wide rows are never all in memory."""
        wide = np.empty(min(_PIECE, out.size))
        for first in range(0, out.size, _PIECE):
            piece = out[first : first + _PIECE]
            self._wide.read(start + first, wide[: piece.size])
            piece[:] = wide[: piece.size]


def columns(kernel: Reduce, comm: Intracomm) -> tuple[Column, Column]:
    """x, of the input if there is one, and y, always generated, of the same type."""
    if not kernel.input:
        return _generated(kernel, kernel.dtype, 0), _generated(kernel, kernel.dtype, 1)
    x = kernel.column(kernel.dtype, comm=comm)
    if isinstance(x, StringColumn):
        raise IllegalParameter("input", kernel.input, "a column of text: numbers are reduced")
    return x, _generated(replace(kernel, input=""), x.dtype.name, 1)


def _generated(kernel: Reduce, dtype: str, stream: int) -> Column:
    if kernel.distribution == "cancelling":
        return Cancelling(dtype, kernel.rows, stream_key(kernel.seed, stream))
    column = kernel.column("float64" if dtype == "float32" else dtype, stream)
    assert isinstance(column, Column)  # noqa: S101 - numbers, as asked for
    return Narrowed(column) if dtype == "float32" else column
