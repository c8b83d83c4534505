"""Vector instructions that Numba's own code cannot ask for: building blocks of intrinsics.

Addresses are 64-bit integers. A vector may be wider than the registers: LLVM then splits each
operation into several. `VECTOR`, 8 float64, is a cache line; `registers` is as wide as a register.
Numba offers no non-temporal stores (numba issue 7534).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.target import target

WIDTH: Final = 8
"""float64 in a vector: a cache line of 64 B."""
LINE_B: Final = 64
VECTOR: Final = ir.VectorType(ir.DoubleType(), WIDTH)
INT64: Final = ir.IntType(64)
_ITEMS_B: Final = {"double": 8, "float": 4, "i64": 8, "i32": 4}


def item_B(kind: Any) -> int:
    """Bytes of one number of a vector type."""
    return _ITEMS_B[str(kind.element)]


def registers(item: Any) -> Any:
    """The vector type of such numbers that fills a register; item : an LLVM type."""
    return ir.VectorType(item, target().vector_B // _ITEMS_B[str(item)])


def _pointer(builder: Any, address: Any, offset_B: int, kind: Any) -> Any:
    return builder.inttoptr(builder.add(address, INT64(offset_B)), kind.as_pointer())


def element_address(context: Any, builder: Any, kind: Any, array: Any, first: Any) -> Any:
    """The address of element ``first`` of a contiguous array; kind : its type in Numba."""
    data = context.make_array(kind)(context, builder, value=array).data
    item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    return builder.add(builder.ptrtoint(data, INT64), builder.mul(first, INT64(item)))


def load(builder: Any, address: Any, items: int = 0, kind: Any = VECTOR) -> Any:
    """The vector at ``address`` + ``items`` numbers, which need not be aligned."""
    value = builder.load(_pointer(builder, address, items * item_B(kind), kind))
    value.align = item_B(kind)
    return value


def store(builder: Any, value: Any, address: Any, items: int = 0) -> None:
    """As `load`, the other way."""
    each_B = item_B(value.type)
    one = builder.store(value, _pointer(builder, address, items * each_B, value.type))
    one.align = each_B


def store_nontemporal(builder: Any, value: Any, address: Any, items: int = 0) -> None:
    """Write a vector past the caches; where it goes must be a multiple of its size."""
    kind = value.type
    one = builder.store(value, _pointer(builder, address, items * item_B(kind), kind))
    one.align = kind.count * item_B(kind)
    once = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
    one.set_metadata("nontemporal", once)


def broadcast(builder: Any, number: Any, kind: Any = VECTOR) -> Any:
    """A vector with one number in all its lanes."""
    one = builder.insert_element(kind(ir.Undefined), number, ir.IntType(32)(0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, kind(ir.Undefined), lanes)


def total(builder: Any, vectors: Sequence[Any], add: Callable[[Any, Any], Any]) -> Any:
    """The sum of all lanes of all vectors, in one fixed order; add : builder.fadd, builder.add."""
    whole = vectors[0]
    for one in vectors[1:]:
        whole = add(whole, one)
    lanes = [
        builder.extract_element(whole, ir.IntType(32)(lane)) for lane in range(whole.type.count)
    ]
    result = lanes[0]
    for one in lanes[1:]:
        result = add(result, one)
    return result


def counted_loop(
    builder: Any,
    count: Any,
    carried: Sequence[Any],
    body: Callable[[Any, list[Any]], Sequence[Any]],
) -> list[Any]:
    """Emit ``for i in range(count): carried = body(i, carried)``; returns the last of carried.

    What is carried stays in registers, as no loop of Numba's would keep so many.
    """
    before = builder.block
    loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
    builder.cbranch(builder.icmp_signed(">", count, INT64(0)), loop, after)
    builder.position_at_end(loop)
    i, *values = (builder.phi(kind) for kind in (INT64, *(one.type for one in carried)))
    following = body(i, [*values])
    next_i = builder.add(i, INT64(1))
    for phi, start, value in zip(
        (i, *values), (INT64(0), *carried), (next_i, *following), strict=True
    ):
        phi.add_incoming(start, before)
        phi.add_incoming(value, builder.block)
    end = builder.block
    builder.cbranch(builder.icmp_signed("<", next_i, count), loop, after)
    builder.position_at_end(after)
    return [
        _either(builder, (start, before), (value, end))
        for start, value in zip(carried, following, strict=True)
    ]


def _either(builder: Any, *ways: tuple[Any, Any]) -> Any:
    phi = builder.phi(ways[0][0].type)
    for value, block in ways:
        phi.add_incoming(value, block)
    return phi


@intrinsic
def _fence(_context: Any) -> Any:
    """Let every store before it be seen by other cores before any after it."""

    def code(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), code


fence: Any = _fence
"""The function as compiled code calls it: non-temporal stores are not ordered without it."""
