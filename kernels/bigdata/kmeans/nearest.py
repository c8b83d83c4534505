"""The nearest centres of a panel of points: a packed product whose sums never leave the registers.

    ||x - c||^2 = ||x||^2 - 2 x.c + ||c||^2

and ||x||^2 is the same for all centres. A tile is MR points by NR centres (`_support.microkernel`),
both packed coordinate after coordinate. Its products x.c are turned into -2 x.c + ||c||^2 and
compared with the best so far while they are in registers.

Every product is summed from the first coordinate to the last, whatever tile it is in: the nearest
centre of a point is the same for any number of ranks and threads. Of two centres at the same
distance the first is taken: a later one must be nearer.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.microkernel import Emitter, Tile
from kernels._support.simd import broadcast

TILE = Tile(item_B=8)
_INT64 = ir.IntType(64)


@intrinsic
def _compare_tile(
    _context: Any, depth: Any, points: Any, centres: Any, norms: Any, first: Any, best: Any
) -> Any:
    """Update the nearest centres of a panel of points with a panel of centres.

    depth : coordinates, at least 1; the others are addresses but first, the number of the first
    centre. norms : (NR,) squares of the centres. best : (2, MR), the smallest of
    ||c||^2 - 2 x.c so far, and the numbers of the centres as int64.
    """

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        depth, points, centres, norms, first, best = arguments
        emit = Emitter(builder, ir.DoubleType(), TILE)
        sums = emit.product(depth, points, centres)
        vectors = TILE.rows // TILE.lanes
        integers = ir.VectorType(_INT64, TILE.lanes)
        at = [emit.at(best, v * TILE.lanes) for v in range(vectors)]
        names_at = [emit.at(best, TILE.rows + v * TILE.lanes) for v in range(vectors)]
        nearest = [emit.load(one, emit.vector) for one in at]
        names = [emit.load(one, integers) for one in names_at]
        minus_two = emit.broadcast(ir.DoubleType()(-2.0))
        for j in range(TILE.columns):
            norm = emit.broadcast(emit.load(emit.at(norms, j), emit.real))
            name = broadcast(builder, builder.add(first, _INT64(j)), integers)
            for v in range(vectors):
                distance = emit.multiply_add(minus_two, sums[j * vectors + v], norm)
                nearer = builder.fcmp_ordered("<", distance, nearest[v])
                nearest[v] = builder.select(nearer, distance, nearest[v])
                names[v] = builder.select(nearer, name, names[v])
        for v in range(vectors):
            emit.store(nearest[v], at[v])
            emit.store(names[v], names_at[v])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), code


compare_tile: Any = _compare_tile
"""The function as compiled code calls it, without the compiler's context."""
