"""Factorisation of a panel: recursive in its columns, partial pivoting, BLAS inside.

The columns are factored in a workspace, stored by columns where the matrix is stored by rows. What
comes out is a message: the pivots, L and U of the diagonal block, and L below it by rows, which is
the form that the update multiplies fastest. If the process column has more than one rank, each of
them keeps a copy of the diagonal block (``top``), made of the pivot rows as they are found, so that
no rank waits for another between two pivots.

Three orders of the same operations, as in netlib HPL, both for the recursion over column ranges
and for the single columns of a leaf:

    right   a factored range is applied to all columns right of it at once
    left    a range gets everything from its left just before it is factored
    crout   a range gets its own columns so, and then its rows of U are completed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blas import gemm, gemv, iamax, trsm_lower_unit
from kernels._support.block_cyclic import Step
from kernels._support.leading import LINE, leading_dimension

LEFT, CROUT, RIGHT = 0, 1, 2
ORDERS = {"left": LEFT, "crout": CROUT, "right": RIGHT}


@dataclass(frozen=True)
class Panel:
    """The packed message of one step, and views of its parts."""

    step: Step
    message: NDArray[np.float64]
    pivots: NDArray[np.int64]  # (width,), global row swapped with row first + i
    top: NDArray[np.float64]  # (width, width), L and U of the diagonal block, [column, row]
    below: NDArray[np.float64]  # (local rows below it, width), L, [row, column]


@dataclass(frozen=True)
class Columns:
    """The columns of a panel while they are factored; matrices are [column, row]."""

    step: Step
    pivots: NDArray[np.int64]  # (width,), of the panel
    top: NDArray[np.float64]  # (width, >= width), the pivot rows: w, or top of the panel
    w: NDArray[np.float64]  # (width, ld >= step.rows), local rows; L below the first step.top ones


def message_size(rows: int, width: int) -> int:
    """Elements of a panel's message."""
    return _padded(width) + _padded(width * width) + rows * width


def open_panel(step: Step, buffer: NDArray[np.float64]) -> Panel:
    """Lay out the panel of a step in a buffer of at least `message_size` elements."""
    width, below = step.width, step.rows - step.top
    message = buffer[: message_size(below, width)]
    start = _padded(width)
    top = message[start : start + width * width].reshape(width, width)
    rows = message[message.size - below * width :].reshape(below, width)
    return Panel(step, message, message[:width].view(np.int64), top, rows)


def workspace_size(rows: int, width: int) -> int:
    """Elements in which the columns of a panel are factored."""
    return width * leading_dimension(rows)


def open_columns(panel: Panel, workspace: NDArray[np.float64], p: int) -> Columns:
    """Lay out the columns of a panel in a workspace of at least `workspace_size` elements."""
    step = panel.step
    ld = leading_dimension(step.rows)
    w = workspace[: step.width * ld].reshape(step.width, ld)
    return Columns(step, panel.pivots, w if p == 1 else panel.top, w)


def pack(columns: Columns, panel: Panel) -> None:
    """Put factored columns into the message of their panel."""
    step = panel.step
    if columns.top is columns.w:
        panel.top[:] = columns.w[:, : step.width]
    transpose(columns.w[:, step.top : step.rows], panel.below)


@njit("void(float64[:, :], float64[:, :])", cache=True, error_model="numpy", nogil=True)
def transpose(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    """b[j, i] = a[i, j], in tiles of one cache line each way."""
    rows, columns = a.shape
    for i0 in range(0, rows, LINE):
        last = min(i0 + LINE, rows)
        for j in range(columns):
            for i in range(i0, last):
                b[j, i] = a[i, j]


def _padded(count: int) -> int:
    return -(-count // LINE) * LINE


Leaf = Callable[[Columns, int, int], None]
"""Factors columns first..last-1 of a panel, which are up to date with those left of them."""


@dataclass(frozen=True)
class Recursion:
    """How columns are divided: into ``ndiv`` ranges until ``nbmin`` or fewer are left."""

    order: str  # "left", "crout" or "right"
    ndiv: int
    nbmin: int

    def factor(self, columns: Columns, leaf: Leaf) -> None:
        """Factor a panel in place: L in w, L and U of the diagonal block in top, the pivots."""
        self._columns(columns, leaf, 0, columns.step.width)

    def _columns(self, columns: Columns, leaf: Leaf, first: int, last: int) -> None:
        if last - first <= self.nbmin:
            leaf(columns, first, last)
            return
        for start, stop in self._ranges(first, last):
            if self.order == "left":
                _apply(columns, first, start, start, stop)
            elif self.order == "crout":
                _subtract(columns, (first, start), (start, stop), start)
            self._columns(columns, leaf, start, stop)
            if self.order == "right":
                _apply(columns, start, stop, stop, last)
            elif self.order == "crout":
                _complete_rows(columns, first, start, stop, last)

    def _ranges(self, first: int, last: int) -> list[tuple[int, int]]:
        """At most ndiv ranges, of which all but the last hold a multiple of nbmin columns."""
        leaves = -(-(last - first) // self.nbmin)
        size = -(-leaves // self.ndiv) * self.nbmin
        return [(at, min(at + size, last)) for at in range(first, last, size)]


def _apply(columns: Columns, first: int, middle: int, start: int, stop: int) -> None:
    """Apply factored columns first..middle-1 to columns start..stop-1: U, and all rows below."""
    if first == middle or start == stop:
        return
    top = columns.top
    trsm_lower_unit(top[first:middle, first:middle], top[start:stop, first:middle])
    _subtract(columns, (first, middle), (start, stop), middle)


def _subtract(columns: Columns, by: tuple[int, int], of: tuple[int, int], row: int) -> None:
    """Columns ``of`` lose L U of columns ``by``, from row ``row`` of the diagonal block on."""
    if by[0] == by[1]:
        return
    w, step = columns.w, columns.step
    done = row if step.top else 0  # rows of w that hold pivot rows already
    u = columns.top[of[0] : of[1], by[0] : by[1]]
    gemm(-1.0, w[by[0] : by[1], done : step.rows], u, 1.0, w[of[0] : of[1], done : step.rows])


def _complete_rows(columns: Columns, first: int, start: int, stop: int, last: int) -> None:
    """Rows start..stop-1 of U, in columns stop..last-1, from the columns first..stop-1 of L."""
    if stop == last:
        return
    top = columns.top
    rows = top[stop:last, start:stop]
    if start > first:
        gemm(-1.0, top[first:start, start:stop], top[stop:last, first:start], 1.0, rows)
    trsm_lower_unit(top[start:stop, start:stop], rows)


def leaf_alone(order: str) -> Leaf:
    """The leaf where one rank holds all rows of the panel."""
    code = ORDERS[order]

    def leaf(columns: Columns, first: int, last: int) -> None:
        step = columns.step
        _factor_leaf(columns.w, columns.pivots, (first, last, step.rows, step.first, code))

    return leaf


@njit(
    "void(float64[:, ::1], float64[:, ::1], UniTuple(int64, 4), int64)",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def prepare_column(
    w: NDArray[np.float64], top: NDArray[np.float64], at: tuple[int, int, int, int], order: int
) -> None:
    """Bring column c of a leaf up to date before its pivot is searched for.

    at : the leaf's first column, c, the first row of w that is no pivot row yet, rows of w.
    """
    first, c, done, rows = at
    if order == RIGHT or c == first:
        return
    u = top[c]
    if order == LEFT:
        for k in range(first, c):
            for i in range(k + 1, c):
                u[i] -= top[k, i] * u[k]
    gemv(-1.0, w[first:c, done:rows], u[first:c], 1.0, w[c, done:rows])


@njit(
    "void(float64[:, ::1], float64[:, ::1], UniTuple(int64, 5), int64)",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def finish_column(
    w: NDArray[np.float64],
    top: NDArray[np.float64],
    at: tuple[int, int, int, int, int],
    order: int,
) -> None:
    """Divide column c by its pivot; apply it to the columns c+1..last-1 of the leaf.

    at : the leaf's first column, c, one past its last, the first row of w that is no pivot row
    yet, rows of w. A zero pivot leaves infinities and NaN, which verify finds.
    """
    first, c, last, done, rows = at
    column = w[c, done:rows]
    factor = 1.0 / top[c, c]
    for i in range(column.size):
        column[i] *= factor
    if order == CROUT:
        for j in range(c + 1, last):
            for k in range(first, c):
                top[j, c] -= top[k, c] * top[j, k]
    if order == RIGHT:
        for j in range(c + 1, last):
            other, by = w[j, done:rows], top[j, c]
            for i in range(column.size):
                other[i] -= by * column[i]


@njit(
    "void(float64[:, ::1], int64[::1], UniTuple(int64, 5))",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def _factor_leaf(
    w: NDArray[np.float64], pivots: NDArray[np.int64], at: tuple[int, int, int, int, int]
) -> None:
    """Factor a leaf; the other columns are swapped at its end, each in one go."""
    first, last, rows, offset, order = at
    for c in range(first, last):
        prepare_column(w, w, (first, c, c, rows), order)
        best = c + iamax(w[c, c:rows])
        pivots[c] = offset + best
        for j in range(first, last):
            w[j, c], w[j, best] = w[j, best], w[j, c]
        finish_column(w, w, (first, c, last, c + 1, rows), order)
    for j in range(w.shape[0]):
        if first <= j < last:
            continue
        column = w[j]
        for c in range(first, last):
            best = pivots[c] - offset
            column[c], column[best] = column[best], column[c]
