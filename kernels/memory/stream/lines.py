"""STREAM's loops over whole cache lines with non-temporal stores, and the dot product.

A non-temporal store writes a line to memory without reading it first, which saves the
write-allocate traffic of a plain one. Addresses are those of aligned lines of 8 float64 that are
written; what is read need not be aligned. No multiplication is fused with an addition, so that an
element has the same bits as with plain stores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._support.simd import (
    LINE_B,
    broadcast,
    counted_loop,
    load,
    registers,
    store_nontemporal,
    total,
)
from kernels._support.target import multiply_add, target

Array = NDArray[Any]
_ITEM_B: Final = 8
SUMS: Final = 8
"""Vectors of partial sums of the dot product: they hide the latency of two fused adds a cycle."""
DOUBLES: Final = registers(ir.DoubleType())
STEP: Final = SUMS * DOUBLES.count
"""Elements that one step of the dot product adds."""
_SLOTS: Final = {"int64": types.int64, "float64": types.float64}


def _line(emit: Callable[[Any, Any, Any], Any], reads: int, *, scaled: bool) -> Any:
    """An intrinsic that writes one line: (to, addresses read, scalar if any) -> None."""
    arguments = [types.int64] * (1 + reads) + [types.float64] * scaled

    def code(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        vectors = [load(builder, address) for address in given[1 : 1 + reads]]
        factor = broadcast(builder, given[-1]) if scaled else None
        store_nontemporal(builder, emit(builder, vectors, factor), given[0])
        return context.get_dummy_value()

    return types.void(*arguments), code


@intrinsic
def _copy_line(_context: Any, to: Any, x: Any) -> Any:
    return _line(lambda builder, read, s: read[0], 1, scaled=False)


@intrinsic
def _scale_line(_context: Any, to: Any, x: Any, scalar: Any) -> Any:
    return _line(lambda builder, read, s: builder.fmul(s, read[0]), 1, scaled=True)


@intrinsic
def _add_line(_context: Any, to: Any, x: Any, y: Any) -> Any:
    return _line(lambda builder, read, s: builder.fadd(*read), 2, scaled=False)


@intrinsic
def _triad_line(_context: Any, to: Any, x: Any, y: Any, scalar: Any) -> Any:
    def emit(builder: Any, read: Any, s: Any) -> Any:
        return builder.fadd(read[0], builder.fmul(s, read[1]))

    return _line(emit, 2, scaled=True)


copy_line: Any = _copy_line
scale_line: Any = _scale_line
add_line: Any = _add_line
triad_line: Any = _triad_line


@njit("void(i8, i8, i8)", cache=True, error_model="numpy")
def copy(to: int, x: int, lines: int) -> None:
    """So many lines of to = x."""
    for i in range(lines):
        copy_line(to + i * LINE_B, x + i * LINE_B)


@njit("void(i8, i8, f8, i8)", cache=True, error_model="numpy")
def scale(to: int, x: int, scalar: float, lines: int) -> None:
    """So many lines of to = scalar x."""
    for i in range(lines):
        scale_line(to + i * LINE_B, x + i * LINE_B, scalar)


@njit("void(i8, i8, i8, i8)", cache=True, error_model="numpy")
def add(to: int, x: int, y: int, lines: int) -> None:
    """So many lines of to = x + y."""
    for i in range(lines):
        add_line(to + i * LINE_B, x + i * LINE_B, y + i * LINE_B)


@njit("void(i8, i8, i8, f8, i8)", cache=True, error_model="numpy")
def triad(to: int, x: int, y: int, scalar: float, lines: int) -> None:
    """So many lines of to = x + scalar y."""
    for i in range(lines):
        triad_line(to + i * LINE_B, x + i * LINE_B, y + i * LINE_B, scalar)


@intrinsic
def _dot_steps(_context: Any, x: Any, y: Any, steps: Any) -> Any:
    """The sum of the products of so many steps of ``STEP`` elements from two addresses on."""

    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        x, y, steps = arguments

        def body(i: Any, sums: list[Any]) -> list[Any]:
            from_B = builder.mul(i, i.type(STEP * _ITEM_B))
            at_x, at_y = builder.add(x, from_B), builder.add(y, from_B)
            return [
                multiply_add(
                    builder,
                    load(builder, at_x, k * DOUBLES.count, DOUBLES),
                    load(builder, at_y, k * DOUBLES.count, DOUBLES),
                    one,
                    fused=target().fused,
                )
                for k, one in enumerate(sums)
            ]

        sums = counted_loop(builder, steps, [DOUBLES(None)] * SUMS, body)
        return total(builder, sums, builder.fadd)

    return types.float64(types.int64, types.int64, types.int64), code


dot_steps: Any = _dot_steps


@njit("f8(f8[::1], f8[::1])", cache=True, error_model="numpy")
def dot(x: Array, y: Array) -> float:
    """The sum of x y: in steps of ``STEP`` elements, then the rest one by one."""
    steps = x.size // STEP
    result = dot_steps(x.ctypes.data, y.ctypes.data, steps)
    for i in range(steps * STEP, x.size):
        result += x[i] * y[i]
    return float(result)
