"""Factorisation of a panel: recursive in its columns, partial pivoting, BLAS on all but the leaves.

A panel is factored in a buffer of its own, which is also the message that carries it along the
process row. L stays there: nothing reads it again after the update. If the process column has more
than one rank, each of them keeps a copy of the diagonal block (``top``), made of the pivot rows as
they are found, so that no rank waits for another between two pivots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.blas import gemm, gemv, iamax, trsm_lower_unit
from kernels._support.block_cyclic import Step
from kernels._support.leading import LINE, leading_dimension

LEAF = 8
"""Columns at which the recursion stops; at N = 4000 any number from 8 to 24 is as fast."""

_MATRIX = types.float64[:, ::1]
_PIVOTS = types.int64[::1]


@dataclass(frozen=True)
class Panel:
    """The packed message of one step, and views of its parts; matrices are [column, row]."""

    step: Step
    message: NDArray[np.float64]
    pivots: NDArray[np.int64]  # (width,), global row swapped with row first + i
    top: NDArray[np.float64]  # (width, >= width), L and U of the diagonal block
    w: NDArray[np.float64]  # (width, ld >= step.rows), local rows; L below the first step.top ones


def message_size(rows: int, width: int, p: int) -> int:
    """Elements of a panel's message."""
    top = width * width if p > 1 else 0
    return _padded(width) + _padded(top) + width * leading_dimension(rows)


def open_panel(step: Step, buffer: NDArray[np.float64], p: int) -> Panel:
    """Lay out the panel of a step in a buffer of at least `message_size` elements."""
    width, ld = step.width, leading_dimension(step.rows)
    message = buffer[: message_size(step.rows, width, p)]
    w = message[message.size - width * ld :].reshape(width, ld)
    start = _padded(width)
    top = message[start : start + width * width].reshape(width, width) if p > 1 else w
    return Panel(step, message, message[:width].view(np.int64), top, w)


Leaf = Callable[[Panel, int, int], None]
"""Factors columns first..last-1 of a panel, which are up to date with those left of them."""


def factor(panel: Panel, leaf: Leaf) -> None:
    """Factor the panel in place: L in w, L and U of the diagonal block in top, and the pivots."""
    _factor_columns(panel, 0, panel.step.width, leaf)


def _factor_columns(panel: Panel, first: int, last: int, leaf: Leaf) -> None:
    if last - first <= LEAF:
        leaf(panel, first, last)
        return
    half = -(-(last - first) // (2 * LEAF)) * LEAF
    middle = min(first + half, last)
    _factor_columns(panel, first, middle, leaf)
    _update_columns(panel, first, middle, last)
    _factor_columns(panel, middle, last, leaf)


def _update_columns(panel: Panel, first: int, middle: int, last: int) -> None:
    """Apply factored columns first..middle-1 to columns middle..last-1."""
    top, w, step = panel.top, panel.w, panel.step
    done = middle if step.top else 0  # rows of w that hold pivot rows already
    u = top[middle:last, first:middle]
    trsm_lower_unit(top[first:middle, first:middle], u)
    below = w[middle:last, done : step.rows]
    gemm(-1.0, w[first:middle, done : step.rows], u, 1.0, below)


def leaf_alone(panel: Panel, first: int, last: int) -> None:
    """The leaf where one rank holds all rows of the panel."""
    _factor_leaf(panel.w, panel.step.rows, first, last, panel.pivots, panel.step.first)


@njit(
    types.void(_MATRIX, _MATRIX, types.int64, types.int64, types.int64, types.int64),
    cache=True,
    error_model="numpy",
)
def update_column(
    w: NDArray[np.float64], top: NDArray[np.float64], first: int, c: int, done: int, rows: int
) -> None:
    """Apply columns first..c-1 of a leaf to column c: U by substitution, the rest by one gemv."""
    u = top[c]
    for k in range(first, c):
        for i in range(k + 1, c):
            u[i] -= top[k, i] * u[k]
    if c > first:
        gemv(-1.0, w[first:c, done:rows], u[first:c], 1.0, w[c, done:rows])


@njit(types.void(types.float64[::1], types.float64), cache=True, error_model="numpy")
def scale(column: NDArray[np.float64], pivot: float) -> None:
    """Divide a column by its pivot; a zero pivot leaves infinities and NaN, which verify finds."""
    factor_ = 1.0 / pivot
    for i in range(column.size):
        column[i] *= factor_


@njit(
    types.void(_MATRIX, types.int64, types.int64, types.int64, _PIVOTS, types.int64),
    cache=True,
    error_model="numpy",
)
def _factor_leaf(
    w: NDArray[np.float64],
    rows: int,
    first: int,
    last: int,
    pivots: NDArray[np.int64],
    offset: int,
) -> None:
    for c in range(first, last):
        update_column(w, w, first, c, c, rows)
        best = c + iamax(w[c, c:rows])
        pivots[c] = offset + best
        if best != c:
            for j in range(w.shape[0]):
                w[j, c], w[j, best] = w[j, best], w[j, c]
        scale(w[c, c + 1 : rows], w[c, c])


def _padded(count: int) -> int:
    return -(-count // LINE) * LINE
