"""Cells of rows, see `edges`, in explicit vectors.

Where a number of linear bins lies in its cell tells more: one that is further from the beginning of
the cell than any edge is from that of its own lies above the edge in it. Then its place is known
without the table, and that is so for all but few.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.simd import INT64, VECTOR, WIDTH, broadcast, counted_loop, load, store

_BITS: Final = ir.VectorType(INT64, WIDTH)
_CELLS: Final = ir.VectorType(ir.IntType(32), WIDTH)
_MASK: Final = ir.VectorType(ir.IntType(1), WIDTH)
_ALL: Final = ir.Constant(_MASK, [1] * WIDTH)


@intrinsic
def _linear_cells(
    _context: Any, x: Any, to: Any, count: Any, last: Any, origin: Any, scale: Any, margin: Any
) -> Any:
    """Cells of so many rows, a multiple of `WIDTH`, from one address to another.

    Whether some place may be another than the cell plus 1. NaN goes to cell ``last``.
    """

    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        x, to, count, last, *numbers = arguments
        top = builder.sitofp(builder.sub(last, INT64(1)), ir.DoubleType())
        first, by, least, most = (broadcast(builder, one) for one in (*numbers, top))
        zero = VECTOR(None)

        def emit(value: Any) -> tuple[Any, Any]:
            at = builder.fmul(builder.fsub(value, first), by)
            at = builder.select(builder.fcmp_ordered(">", at, zero), at, zero)
            at = builder.select(builder.fcmp_ordered("<", at, most), at, most)
            cell = builder.fptosi(at, _CELLS)
            beyond = builder.fsub(at, builder.sitofp(cell, VECTOR))
            return cell, builder.fcmp_ordered("<=", beyond, least)

        return _each(builder, emit, x, to, count, last)

    kinds = [*[types.int64] * 4, *[types.float64] * 3]
    return types.int64(*kinds), code


@intrinsic
def _logarithmic_cells(
    _context: Any, x: Any, to: Any, count: Any, last: Any, shift: Any, base: Any
) -> Any:
    """The same; negative numbers are below all cells, and any place may be another."""

    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        x, to, count, last, shift, base = arguments
        highest = builder.sub(last, INT64(1))
        by, first, most = (broadcast(builder, one, _BITS) for one in (shift, base, highest))
        zero = _BITS(None)

        def emit(value: Any) -> tuple[Any, Any]:
            at = builder.sub(builder.ashr(builder.bitcast(value, _BITS), by), first)
            at = builder.select(builder.icmp_signed(">", at, zero), at, zero)
            at = builder.select(builder.icmp_signed("<", at, most), at, most)
            return builder.trunc(at, _CELLS), _ALL

        return _each(builder, emit, x, to, count, last)

    return types.int64(*[types.int64] * 6), code


def _each(builder: Any, emit: Any, x: Any, to: Any, count: Any, last: Any) -> Any:
    """Emit the loop; emit : of a vector of rows, their cells and which of them are in doubt."""
    nan = broadcast(builder, builder.trunc(last, _CELLS.element), _CELLS)

    def body(i: Any, carried: list[Any]) -> list[Any]:
        value = load(builder, builder.add(x, builder.mul(i, INT64(8 * WIDTH))))
        cell, doubt = emit(value)
        cell = builder.select(builder.fcmp_unordered("uno", value, value), nan, cell)
        store(builder, cell, builder.add(to, builder.mul(i, INT64(4 * WIDTH))))
        return [builder.or_(carried[0], doubt)]

    (found,) = counted_loop(builder, builder.sdiv(count, INT64(WIDTH)), [_MASK(None)], body)
    return builder.zext(builder.bitcast(found, ir.IntType(WIDTH)), INT64)


linear_cells: Any = _linear_cells
logarithmic_cells: Any = _logarithmic_cells
