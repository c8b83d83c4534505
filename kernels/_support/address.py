"""Memory by its address, for compiled code: addresses are integers of 64 bits."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._support.simd import INT64


@intrinsic
def _word_at(_context: Any, address: Any) -> Any:
    """The 8 bytes at an address, which need not be aligned."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        value = builder.load(builder.inttoptr(arguments[0], INT64.as_pointer()))
        value.align = 1
        return value

    return types.uint64(types.int64), code


@intrinsic
def _folded(_context: Any, x: Any, y: Any) -> Any:
    """The upper half of the 128-bit product x y, exclusive or the lower half."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(one, wide) for one in arguments))
        upper = builder.lshr(product, wide(64))
        return builder.xor(builder.trunc(upper, INT64), builder.trunc(product, INT64))

    return types.uint64(types.uint64, types.uint64), code


@intrinsic
def _copy(_context: Any, to: Any, start: Any, length: Any) -> Any:
    """Copy bytes from one address to another."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        places = [builder.inttoptr(one, ir.IntType(8).as_pointer()) for one in arguments[:2]]
        cgutils.raw_memcpy(builder, *places, arguments[2], 1)  # type: ignore[call-arg, no-untyped-call]
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), code


@intrinsic
def _prefetch(_context: Any, address: Any) -> Any:
    """Ask for the cache line of an address, which will be written."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, kind, "llvm.prefetch.p0i8"
        )
        written, kept, data = number(1), number(3), number(1)
        builder.call(function, (builder.inttoptr(arguments[0], pointer), written, kept, data))
        return context.get_dummy_value()

    return types.void(types.int64), code


word_at: Any = _word_at
folded: Any = _folded
copy: Any = _copy
prefetch: Any = _prefetch
"""The functions as compiled code calls them."""
