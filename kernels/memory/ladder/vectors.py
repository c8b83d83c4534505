"""The inner loops of the ladder in vectors as wide as the registers, without Numba's own loops.

Addresses are 64-bit integers and multiples of 64 B; a block is `BLOCK_B` bytes of each array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.simd import (
    INT64,
    broadcast,
    counted_loop,
    load,
    registers,
    store,
    store_nontemporal,
    total,
)
from kernels._support.target import multiply_add, target
from kernels.memory.ladder.steps import BLOCK_B

DOUBLES: Final = registers(ir.DoubleType())
INTEGERS: Final = registers(ir.IntType(64))
_SUMS: Final = 8
"""Vectors of partial sums of a load: more than the latency of an addition times its rate."""
_REALS: Final = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}
_VECTORS_A_BLOCK: Final = BLOCK_B // target().vector_B
CHAINS: Final = 24 if target().registers == 32 else 12
"""Independent multiply-adds: latency times rate is 8 to 10 on x86-64 and 18 on A64FX."""


def _block(builder: Any, address: Any, i: Any) -> Any:
    return builder.add(address, builder.mul(i, INT64(BLOCK_B)))


@intrinsic
def _sum_blocks(_context: Any, x: Any, blocks: Any) -> Any:
    """The sum of the 64-bit integers of so many blocks, modulo 2^64."""

    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        x, blocks = arguments

        def body(i: Any, sums: list[Any]) -> list[Any]:
            at = _block(builder, x, i)
            for k in range(_VECTORS_A_BLOCK):
                vector = load(builder, at, k * INTEGERS.count, INTEGERS)
                sums[k % _SUMS] = builder.add(sums[k % _SUMS], vector)
            return sums

        sums = counted_loop(builder, blocks, [INTEGERS(None)] * _SUMS, body)
        return total(builder, sums, builder.add)

    return types.int64(types.int64, types.int64), code


def _writer(reads: int, emit: Callable[[Any, list[Any], Any], Any], save: Any) -> Any:
    """An intrinsic that writes blocks: (to, addresses read, scalar, blocks) -> None."""
    signature = types.void(*[types.int64] * (1 + reads), types.float64, types.int64)

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        to, *sources, scalar, blocks = arguments
        factor = broadcast(builder, scalar, DOUBLES)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            at = [_block(builder, one, i) for one in (to, *sources)]
            for k in range(_VECTORS_A_BLOCK):
                first = k * DOUBLES.count
                read = [load(builder, one, first, DOUBLES) for one in at[1:]]
                save(builder, emit(builder, read, factor), at[0], first)
            return carried

        counted_loop(builder, blocks, [], body)
        return context.get_dummy_value()

    return signature, code


def _scalar(_builder: Any, _read: list[Any], factor: Any) -> Any:
    return factor


def _same(_builder: Any, read: list[Any], _factor: Any) -> Any:
    return read[0]


def _triad(builder: Any, read: list[Any], factor: Any) -> Any:
    return multiply_add(builder, factor, read[1], read[0], fused=target().fused)


@intrinsic
def _store_blocks(_context: Any, to: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(0, _scalar, store)


@intrinsic
def _store_blocks_past(_context: Any, to: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(0, _scalar, store_nontemporal)


@intrinsic
def _copy_blocks(_context: Any, to: Any, x: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(1, _same, store)


@intrinsic
def _copy_blocks_past(_context: Any, to: Any, x: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(1, _same, store_nontemporal)


@intrinsic
def _triad_blocks(_context: Any, to: Any, x: Any, y: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(2, _triad, store)


@intrinsic
def _triad_blocks_past(_context: Any, to: Any, x: Any, y: Any, scalar: Any, blocks: Any) -> Any:
    return _writer(2, _triad, store_nontemporal)


@intrinsic
def _multiply_add_chains(_context: Any, ends: Any, steps: Any, factor: Any, term: Any) -> Any:
    """So many steps of x <- x factor + term in `CHAINS` vectors at an address.

    factor, term : float64 or float32, as are the numbers of the chains.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        ends, steps, factor, term = arguments
        kind = registers(_REALS[signature.args[2]])
        by, plus = (broadcast(builder, one, kind) for one in (factor, term))

        def body(_i: Any, chains: list[Any]) -> list[Any]:
            return [multiply_add(builder, x, by, plus, fused=target().fused) for x in chains]

        starts = [load(builder, ends, k * kind.count, kind) for k in range(CHAINS)]
        for k, end in enumerate(counted_loop(builder, steps, starts, body)):
            store(builder, end, ends, k * kind.count)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, factor, term), code


sum_blocks: Any = _sum_blocks
store_blocks: Any = _store_blocks
store_blocks_past: Any = _store_blocks_past
copy_blocks: Any = _copy_blocks
copy_blocks_past: Any = _copy_blocks_past
triad_blocks: Any = _triad_blocks
triad_blocks_past: Any = _triad_blocks_past
multiply_add_chains: Any = _multiply_add_chains


def numbers(dtype: str) -> int:
    """Numbers of all chains of a thread."""
    real = ir.DoubleType() if dtype == "float64" else ir.FloatType()
    return CHAINS * int(registers(real).count)
