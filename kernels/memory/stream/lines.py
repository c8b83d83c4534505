"""STREAM's loops over whole cache lines, with plain or non-temporal stores, and the dot product.

A non-temporal store writes a line to memory without reading it first, which saves the
write-allocate traffic of a plain one. Plain stores use the narrowest vectors: that keeps more
requests under way. Measured for a triad of arrays of 0.5 GB on Zen 4, in turns with gcc -O3
-march=native, which stores 512 bits at once: 128 bits are 1.18 times as fast on one thread and 1.05
to 1.13 on two, 256 bits 1.13 and 1.03, 512 bits and LLVM's own loop 0.98 and 0.94 to 1.00.

Addresses are those of aligned lines of 8 float64 that are written; what is read need not be
aligned. No multiplication is fused with an addition.
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
    VECTOR,
    WIDTH,
    broadcast,
    counted_loop,
    fence,
    load,
    registers,
    store,
    store_nontemporal,
    total,
)
from kernels._support.target import multiply_add, target

Array = NDArray[Any]
_ITEM_B: Final = 8
PAIR: Final = ir.VectorType(ir.DoubleType(), 2)
"""The narrowest vector that every processor has."""
SUMS: Final = 8
"""Vectors of partial sums of the dot product: they hide the latency of two fused adds a cycle."""
DOUBLES: Final = registers(ir.DoubleType())
STEP: Final = SUMS * DOUBLES.count
"""Elements that one step of the dot product adds."""


Emit = Callable[[Any, Any, Any], Any]
"""Receives the builder, the vectors that are read and one of the scalar."""


def _line(emit: Emit, reads: int, *, past_caches: bool) -> Any:
    """An intrinsic that writes one line: (to, x, y, scalar); what is not read is ignored."""
    kind = VECTOR if past_caches else PAIR
    put = store_nontemporal if past_caches else store

    @intrinsic
    def line(_context: Any, to: Any, x: Any, y: Any, scalar: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            factor = broadcast(builder, given[-1], kind)
            for at in range(0, WIDTH, kind.count):
                read = [load(builder, address, at, kind) for address in given[1 : 1 + reads]]
                put(builder, emit(builder, read, factor), given[0], at)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 3, types.float64), code

    return line


def _copied(_builder: Any, read: Any, _scalar: Any) -> Any:
    return read[0]


def _scaled(builder: Any, read: Any, scalar: Any) -> Any:
    return builder.fmul(scalar, read[0])


def _added(builder: Any, read: Any, _scalar: Any) -> Any:
    return builder.fadd(*read)


def _triad(builder: Any, read: Any, scalar: Any) -> Any:
    return builder.fadd(read[0], builder.fmul(scalar, read[1]))


copy_line, copy_line_past = (_line(_copied, 1, past_caches=one) for one in (False, True))
scale_line, scale_line_past = (_line(_scaled, 1, past_caches=one) for one in (False, True))
add_line, add_line_past = (_line(_added, 2, past_caches=one) for one in (False, True))
triad_line, triad_line_past = (_line(_triad, 2, past_caches=one) for one in (False, True))


@njit("void(i8, i8, i8, b1)", cache=True, error_model="numpy")
def copy(to: int, x: int, lines: int, past_caches: bool) -> None:
    """So many lines of to = x."""
    if past_caches:
        for at in range(0, lines * LINE_B, LINE_B):
            copy_line_past(to + at, x + at, 0, 0.0)
        fence()
        return
    for at in range(0, lines * LINE_B, LINE_B):
        copy_line(to + at, x + at, 0, 0.0)


@njit("void(i8, i8, f8, i8, b1)", cache=True, error_model="numpy")
def scale(to: int, x: int, scalar: float, lines: int, past_caches: bool) -> None:
    """So many lines of to = scalar x."""
    if past_caches:
        for at in range(0, lines * LINE_B, LINE_B):
            scale_line_past(to + at, x + at, 0, scalar)
        fence()
        return
    for at in range(0, lines * LINE_B, LINE_B):
        scale_line(to + at, x + at, 0, scalar)


@njit("void(i8, i8, i8, i8, b1)", cache=True, error_model="numpy")
def add(to: int, x: int, y: int, lines: int, past_caches: bool) -> None:
    """So many lines of to = x + y."""
    if past_caches:
        for at in range(0, lines * LINE_B, LINE_B):
            add_line_past(to + at, x + at, y + at, 0.0)
        fence()
        return
    for at in range(0, lines * LINE_B, LINE_B):
        add_line(to + at, x + at, y + at, 0.0)


@njit("void(i8, i8, i8, f8, i8, b1)", cache=True, error_model="numpy")
def triad(to: int, x: int, y: int, scalar: float, lines: int, past_caches: bool) -> None:
    """So many lines of to = x + scalar y."""
    if past_caches:
        for at in range(0, lines * LINE_B, LINE_B):
            triad_line_past(to + at, x + at, y + at, scalar)
        fence()
        return
    for at in range(0, lines * LINE_B, LINE_B):
        triad_line(to + at, x + at, y + at, scalar)


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
