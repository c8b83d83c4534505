"""Instructions on bits and on a bucket of hashes that Numba's own code cannot ask for.

A bucket is a cache line of 8 hashes, filled from its beginning; 0 is a free slot. All 8 are
compared at once, so that no branch depends on how many are taken.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.simd import INT64, broadcast, load

BUCKET: Final = 8
"""Hashes of a bucket: 64 B."""
_HASHES: Final = ir.VectorType(INT64, BUCKET)
_UNDEFINED_FOR_ZERO: Final = ir.IntType(1)(1)


@intrinsic
def _matches(_context: Any, address: Any, hashed: Any) -> Any:
    """Bit i : slot i of the bucket at this address holds the hash."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        address, hashed = arguments
        equal = builder.icmp_signed(
            "==", load(builder, address, kind=_HASHES), broadcast(builder, hashed, _HASHES)
        )
        return builder.zext(builder.bitcast(equal, ir.IntType(BUCKET)), INT64)

    return types.uint64(types.int64, types.uint64), code


@intrinsic
def _lowest(_context: Any, mask: Any) -> Any:
    """Number of the lowest bit of a mask that is not 0."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], _UNDEFINED_FOR_ZERO)

    return types.uint64(types.uint64), code


@intrinsic
def _leading_zeros(_context: Any, word: Any) -> Any:
    """Zeros above the highest bit of a word that is not 0."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], _UNDEFINED_FOR_ZERO)

    return types.uint64(types.uint64), code


# As compiled code calls them, without the compiler's context.
matches: Any = _matches
lowest: Any = _lowest
leading_zeros: Any = _leading_zeros
