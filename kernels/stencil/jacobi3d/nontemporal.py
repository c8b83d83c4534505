"""A row of points with non-temporal stores: the new field goes to memory without being read first.

That saves the write-allocate read, 8 of 24 B a point, and pays where the field does not fit the
caches. The arithmetic, and so every bit of the result, is that of `cpu.update_row`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._support.simd import LINE_B, VECTOR, WIDTH, load, store_nontemporal
from kernels.stencil.jacobi3d.reference import SEVENTH

Array = NDArray[np.float64]
_ITEM_B = 8


@intrinsic
def _update_line(
    _context: Any, out: Any, centre: Any, south: Any, north: Any, below: Any, above: Any
) -> Any:
    """Eight points at ``out``, a multiple of 64 B, from the addresses of their neighbours."""

    def code(context: Any, builder: Any, _signature: Any, addresses: Any) -> Any:
        to, row, *beside = addresses
        total = builder.fadd(load(builder, row), load(builder, row, -1))
        total = builder.fadd(total, load(builder, row, 1))
        for address in beside:
            total = builder.fadd(total, load(builder, address))
        value = builder.fmul(total, ir.Constant(VECTOR, [SEVENTH] * WIDTH))
        store_nontemporal(builder, value, to)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), code


update_line: Any = _update_line
"""The function as compiled code calls it, without the compiler's context."""


@njit("void(f8[::1], f8[::1], i8, i8, i8, i8)", cache=True, error_model="numpy")
def update_points(new: Array, old: Array, first: Any, count: Any, row: Any, plane: Any) -> None:
    """``count`` points from index ``first`` on. new, old : the fields as one row of items.

    row, plane : items from a point to its neighbour along y and z.
    """
    start, to_y, to_z, one = np.uintp(first), np.uintp(row), np.uintp(plane), np.uintp(1)
    for i in range(np.uintp(count)):
        at = start + np.uintp(i)
        total = old[at] + old[at - one] + old[at + one] + old[at - to_y] + old[at + to_y]
        new[at] = (total + old[at - to_z] + old[at + to_z]) * SEVENTH


@njit("void(f8[::1], f8[::1], i8, i8, i8, i8)", cache=True, error_model="numpy")
def update_row(new: Array, old: Array, first: Any, count: Any, row: Any, plane: Any) -> None:
    """As `update_points`; whole cache lines of new are written past the caches."""
    to, centre = new.ctypes.data + first * _ITEM_B, old.ctypes.data + first * _ITEM_B
    head = min(count, (-to % LINE_B) // _ITEM_B)
    lines = (count - head) // WIDTH
    update_points(new, old, first, head, row, plane)
    to_y, to_z = row * _ITEM_B, plane * _ITEM_B
    for i in range(lines):
        at = head * _ITEM_B + i * LINE_B
        here = centre + at
        update_line(to + at, here, here - to_y, here + to_y, here - to_z, here + to_z)
    done = head + lines * WIDTH
    update_points(new, old, first + done, count - done, row, plane)
