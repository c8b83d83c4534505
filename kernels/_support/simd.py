"""Vector instructions that Numba's own code cannot ask for: building blocks of intrinsics.

Addresses are 64-bit integers. The vectors are of 8 float64; on a processor with shorter registers
LLVM splits each operation into several. Numba offers no non-temporal stores (numba issue 7534).
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WIDTH: Final = 8
"""float64 in a vector: a cache line of 64 B."""
LINE_B: Final = 64
VECTOR: Final = ir.VectorType(ir.DoubleType(), WIDTH)
_ITEM_B: Final = 8


def load(builder: Any, address: Any, items: int = 0) -> Any:
    """The vector at ``address`` + ``items`` float64, which need not be aligned."""
    offset = ir.Constant(ir.IntType(64), items * _ITEM_B)
    pointer = builder.inttoptr(builder.add(address, offset), VECTOR.as_pointer())
    value = builder.load(pointer)
    value.align = _ITEM_B
    return value


def store_nontemporal(builder: Any, value: Any, address: Any) -> None:
    """Write a vector past the caches; ``address`` must be a multiple of 64 B."""
    store = builder.store(value, builder.inttoptr(address, VECTOR.as_pointer()))
    store.align = LINE_B
    once = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
    store.set_metadata("nontemporal", once)


@intrinsic
def _fence(_context: Any) -> Any:
    """Let every store before it be seen by other cores before any after it."""

    def code(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), code


fence: Any = _fence
"""The function as compiled code calls it: non-temporal stores are not ordered without it."""
