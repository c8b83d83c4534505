"""Factorisation of a panel without pivoting: the diagonal block, and the rows of L below it.

Triangular solution runs far below the rate of a product in common BLASs, so the triangles of the
diagonal block are inverted in small blocks on their diagonals, and everything else is products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blas import gemm, trsm_lower_unit, trsm_right_upper
from kernels._support.block_cyclic import Step
from kernels._support.leading import leading_dimension
from kernels.dense.hpl_mxp.kernel import BLOCK

Matrix = NDArray[np.float32]
"""Indexed [column, row]."""
LEAF = 16
"""Order of the blocks that are factored element by element."""
ITEM_B = 4


@dataclass(frozen=True)
class Panel:
    """The message of one step, and views of its parts."""

    step: Step
    message: NDArray[np.float32]
    top: Matrix  # (width, step.top), L and U of the diagonal block on its process row
    below: Matrix  # (width, step.rows - step.top), the local rows of L below that block


def message_size(rows: int, width: int) -> int:
    """Elements of a panel's message."""
    return width * leading_dimension(rows, ITEM_B)


def open_panel(step: Step, buffer: NDArray[np.float32]) -> Panel:
    """Lay out the panel of a step in a buffer of at least `message_size` elements."""
    message = buffer[: message_size(step.rows, step.width)]
    w = message.reshape(step.width, -1)
    return Panel(step, message, w[:, : step.top], w[:, step.top : step.rows])


@njit("void(float32[:, :])", cache=True, error_model="numpy", nogil=True)
def _factor_leaf(a: Matrix) -> None:
    """L and U of a small block, in place; a zero on the diagonal leaves infinities and NaN."""
    n = a.shape[0]
    for k in range(n):
        column = a[k]
        pivot = np.float32(1.0) / column[k]
        for i in range(k + 1, n):
            column[i] *= pivot
        for j in range(k + 1, n):
            u = a[j, k]
            for i in range(k + 1, n):
                a[j, i] -= column[i] * u


@njit("void(float32[:, :])", cache=True, error_model="numpy", nogil=True)
def factor_diagonal(a: Matrix) -> None:
    """L and U of the diagonal block, in place, (width, width)."""
    n = a.shape[0]
    for k in range(0, n, LEAF):
        end = min(k + LEAF, n)
        _factor_leaf(a[k:end, k:end])
        trsm_right_upper(a[k:end, k:end], a[k:end, end:])
        trsm_lower_unit(a[k:end, k:end], a[end:, k:end])
        gemm(-1.0, a[k:end, end:], a[end:, k:end], 1.0, a[end:, end:])


@njit("void(float32[:, :], float32[:, ::1])", cache=True, error_model="numpy", nogil=True)
def _identities(diagonal: Matrix, inverse: Matrix) -> None:
    for j in range(diagonal.shape[0]):
        inverse[j] = np.float32(0.0)
        inverse[j, j % BLOCK] = np.float32(1.0)


@njit("void(float32[:, :], float32[:, ::1])", cache=True, error_model="numpy", nogil=True)
def invert_lower(diagonal: Matrix, inverse: Matrix) -> None:
    """The inverses of the blocks on the diagonal of L, one below the other, (width, BLOCK)."""
    _identities(diagonal, inverse)
    for start in range(0, diagonal.shape[0], BLOCK):
        stop = min(start + BLOCK, diagonal.shape[0])
        trsm_lower_unit(diagonal[start:stop, start:stop], inverse[start:stop, : stop - start])


@njit("void(float32[:, :], float32[:, ::1])", cache=True, error_model="numpy", nogil=True)
def invert_upper(diagonal: Matrix, inverse: Matrix) -> None:
    """The inverses of the blocks on the diagonal of U, one below the other, (width, BLOCK)."""
    _identities(diagonal, inverse)
    for start in range(0, diagonal.shape[0], BLOCK):
        stop = min(start + BLOCK, diagonal.shape[0])
        trsm_right_upper(diagonal[start:stop, start:stop], inverse[start:stop, : stop - start])


@njit(
    "void(float32[:, :], float32[:, ::1], float32[:, :], float32[:, :])",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def solve_lower(diagonal: Matrix, inverse: Matrix, rows: Matrix, u: Matrix) -> None:
    """U12 <- L11^-1 A12, both (columns, width); ``rows``, A12, is lost."""
    for start in range(0, diagonal.shape[0], BLOCK):
        stop = min(start + BLOCK, diagonal.shape[0])
        part = rows[:, start:stop]
        if start:
            gemm(-1.0, diagonal[:start, start:stop], u[:, :start], 1.0, part)
        gemm(1.0, inverse[start:stop, : stop - start], part, 0.0, u[:, start:stop])


@njit(
    "void(float32[:, :], float32[:, ::1], float32[:, :], float32[:, :])",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def solve_upper(diagonal: Matrix, inverse: Matrix, columns: Matrix, below: Matrix) -> None:
    """L21 <- A21 U11^-1, both (width, rows); ``columns``, A21, become L21 too."""
    for start in range(0, diagonal.shape[0], BLOCK):
        stop = min(start + BLOCK, diagonal.shape[0])
        part = columns[start:stop]
        if start:
            gemm(-1.0, below[:start], diagonal[start:stop, :start], 1.0, part)
        gemm(1.0, part, inverse[start:stop, : stop - start], 0.0, below[start:stop])
        part[:] = below[start:stop]
