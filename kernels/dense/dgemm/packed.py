"""The product in Numba alone: packed into panels that the caches hold, tile by tile.

For each part of the depth, A and B are copied in the order in which the tiles read them: A in
panels of MR rows, B in panels of NR columns, padded with zeros (the algorithm of Goto and van de
Geijn, ACM TOMS 34 (2008), doi 10.1145/1356052.1356053). Then every thread takes its share of A's
panels in blocks, and for each block runs over the panels of B:

    depth of a part  = L1 / 2 / (NR item)      one panel of B fills half of level 1
    rows of a block  = L2 / 2 / (depth item)   one block of A fills half of level 2

both cut into equal parts. There is no block for the level 3: a number of B that is read once from
there, or from memory, serves 2 x rows flop: with 240 rows about 1 GB/s at 55 Gflop/s, and the size
of the level 3 that a virtual machine shows is often not the one it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numba import get_num_threads, njit, prange, types
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels._support.microkernel import Tile, update_tile
from kernels.dense.dgemm.kernel import DEEPEST
from kernels.dense.dgemm.matrices import REALS, Matrix

Vector = NDArray[Any]
Cut = tuple[int, int, int]

_L1, _L2 = 188, 191
"""_SC_LEVEL1_DCACHE_SIZE and _SC_LEVEL2_CACHE_SIZE of glibc, which Python has no names for."""
_L1_B, _L2_B = 32 * 1024, 512 * 1024
"""Where the system does not say."""
_Function = TypeVar("_Function", bound=Callable[..., Any])


def cache_B(number: int, otherwise: int) -> int:
    """The size of a cache as the C library knows it, B."""
    with suppress(OSError, ValueError):
        found = os.sysconf(number)
        if found >= 2**12:
            return found
    return otherwise


@dataclass(frozen=True)
class Blocks:
    """How the operands are cut. depth : of a part; rows : of a block, a multiple of the tile's."""

    depth: int
    rows: int


def blocks(tile: Tile, l1_B: int, l2_B: int) -> Blocks:
    """The blocks that fit caches of these sizes; see the formula above."""
    depth = min(DEEPEST, max(1, l1_B // 2 // (tile.columns * tile.item_B)))
    panels = l2_B // 2 // (depth * tile.item_B * tile.rows)
    return Blocks(depth, max(1, panels) * tile.rows)


@dataclass(frozen=True)
class Packed:
    """The space for packed operands."""

    tile: Tile
    blocks: Blocks
    a: Vector  # panels of A, one part of the depth
    b: Vector  # panels of B, one part of the depth
    edges: NDArray[Any]  # (threads, NR, MR), for a tile of C that reaches over its edge

    def gemm(self, alpha: float, a: Matrix, b: Matrix, beta: float, c: Matrix) -> None:
        """C <- alpha A B + beta C, with A (m x k), B (k x n), C (m x n); C is read in any case.

        The sizes are at most those that `space` was called with.
        """
        k, tile = a.shape[0], self.tile
        parts = max(1, -(-k // self.blocks.depth))
        block = self.blocks.rows // tile.rows
        for part in range(parts):
            low, high = k * part // parts, k * (part + 1) // parts
            _pack_a(self.a, a[low:high], tile.rows)
            _pack_b(self.b, b[:, low:high], tile.columns)
            factors = np.array([alpha, beta if part == 0 else 1.0], dtype=c.dtype)
            cut = high - low, tile.rows, tile.columns
            _multiply(self.a, self.b, c, self.edges, factors, cut, block)


def space(m: int, n: int, k: int, dtype: str) -> Packed:
    """The space for products of up to m x k by k x n, on all of Numba's threads."""
    tile = Tile(np.dtype(dtype).itemsize)
    cut = blocks(tile, cache_B(_L1, _L1_B), cache_B(_L2, _L2_B))
    depth = min(cut.depth, k)
    edges = aligned((get_num_threads(), tile.columns, tile.rows), dtype)
    edges[...] = 0.0
    return Packed(
        tile=tile,
        blocks=cut,
        a=aligned(-(-m // tile.rows) * tile.rows * depth, dtype),
        b=aligned(-(-n // tile.columns) * tile.columns * depth, dtype),
        edges=edges,
    )


def _for_both(
    signature: Callable[[Any], Any], *, parallel: bool = False
) -> Callable[[_Function], _Function]:
    """Compile a function for float64 and float32. ``signature``: from the real type."""
    compiled: Any = njit(
        [signature(real) for real in REALS], cache=True, error_model="numpy", parallel=parallel
    )
    return cast("Callable[[_Function], _Function]", compiled)


def _matrix(real: Any) -> Any:
    return types.Array(real, 2, "A")


@_for_both(lambda real: types.void(real[::1], _matrix(real), types.int64), parallel=True)
def _pack_a(to: Vector, a: Matrix, rows: int) -> None:
    """A (m x depth) in panels of so many rows, each panel column after column."""
    depth, m = a.shape
    for panel in prange(-(-m // rows)):
        first = panel * rows
        filled = min(rows, m - first)
        for k in range(depth):
            at = (first * depth) + k * rows
            for i in range(filled):
                to[at + i] = a[k, first + i]
            for i in range(filled, rows):
                to[at + i] = 0.0


@_for_both(lambda real: types.void(real[::1], _matrix(real), types.int64), parallel=True)
def _pack_b(to: Vector, b: Matrix, columns: int) -> None:
    """B (depth x n) in panels of so many columns, each panel row after row."""
    n, depth = b.shape
    for panel in prange(-(-n // columns)):
        first = panel * columns
        filled = min(columns, n - first)
        at = first * depth
        for j in range(columns):
            for k in range(depth):
                to[at + k * columns + j] = b[first + j, k] if j < filled else 0.0


_CUT = types.UniTuple(types.int64, 3)  # type: ignore[no-untyped-call]


@_for_both(
    lambda real: types.void(
        *[real[::1]] * 2, _matrix(real), real[:, ::1], real[::1], _CUT, types.int64, types.int64
    )
)
def _update_edge(
    a: Vector, b: Vector, c: Matrix, edge: Matrix, factors: Vector, cut: Cut, i: int, j: int
) -> None:
    """Update the tile of C at row i and column j, of which only a part lies in C.

    a, b : its panels; edge : (NR, MR).
    """
    depth, rows, columns = cut
    height, width = min(rows, c.shape[1] - i), min(columns, c.shape[0] - j)
    for column in range(width):  # an assignment of slices would compile its error message too
        for row in range(height):
            edge[column, row] = c[j + column, i + row]
    to = edge.ctypes.data
    update_tile(depth, a.ctypes.data, b.ctypes.data, to, edge.strides[0], factors[0], factors[1])
    for column in range(width):
        for row in range(height):
            c[j + column, i + row] = edge[column, row]


@_for_both(
    lambda real: types.void(
        *[real[::1]] * 2, _matrix(real), real[:, ::1], real[::1], _CUT, types.int64, types.int64
    )
)
def update_block(
    a: Vector, b: Vector, c: Matrix, edge: Matrix, factors: Vector, cut: Cut, low: int, high: int
) -> None:
    """Update the rows of C that belong to the panels low to high of A. cut : depth, MR, NR."""
    depth, rows, columns = cut
    n, m = c.shape
    item, leading_B = c.itemsize, c.strides[0]
    for j in range(0, n, columns):
        b_at = b.ctypes.data + j * depth * item
        for i in range(low * rows, high * rows, rows):
            if i + rows > m or j + columns > n:
                _update_edge(a[i * depth :], b[j * depth :], c, edge, factors, cut, i, j)
                continue
            a_at = a.ctypes.data + i * depth * item
            to = c.ctypes.data + j * leading_B + i * item
            update_tile(depth, a_at, b_at, to, leading_B, factors[0], factors[1])


@_for_both(
    lambda real: types.void(
        *[real[::1]] * 2, _matrix(real), real[:, :, ::1], real[::1], _CUT, types.int64
    ),
    parallel=True,
)
def _multiply(
    a: Vector, b: Vector, c: Matrix, edges: Matrix, factors: Vector, cut: Cut, block: int
) -> None:
    """Update C with one part of the depth: a share of A's panels each thread, in blocks."""
    threads, panels = edges.shape[0], -(-c.shape[1] // cut[1])
    for thread in prange(threads):
        first = panels * thread // threads
        own = panels * (thread + 1) // threads - first
        count = -(-own // block)
        for one in range(count):
            low, high = first + own * one // count, first + own * (one + 1) // count
            update_block(a, b, c, edges[thread], factors, cut, low, high)
