"""The innermost loop of the packed product: one tile of C, held in registers.

    C <- alpha A B + beta C         A of MR x depth, B of depth x NR, both packed

A tile is MR = 3 vectors high and NR columns wide: 8 where there are 32 vector registers, 4 where
there are 16. With the three vectors of A and a broadcast element of B that is 28 of 32 or 16 of 16
registers; where multiply-adds are not fused, one sum goes to the stack for want of a 17th. Each
step along the depth reads MR + NR numbers and does MR NR multiply-adds (BLIS: Van Zee,
van de Geijn, ACM TOMS 41 (2015), doi 10.1145/2764454).

Addresses are 64-bit integers. The vectors are emitted as LLVM IR, since Numba's own loops would be
vectorised along the wrong index or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._support.target import multiply_add, target

_VECTORS: Final = 3
_COLUMNS: Final = {32: 8, 16: 4}
_INT64: Final = ir.IntType(64)
_REALS: Final = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}


@dataclass(frozen=True)
class Tile:
    """The tile of C that the registers hold, in numbers of ``item_B`` bytes."""

    item_B: int

    @property
    def lanes(self) -> int:
        """Numbers in a vector."""
        return target().vector_B // self.item_B

    @property
    def rows(self) -> int:
        """MR."""
        return _VECTORS * self.lanes

    @property
    def columns(self) -> int:
        """NR."""
        return _COLUMNS[target().registers]


@dataclass(frozen=True)
class Emitter:
    """Emits the instructions of one tile: the sums over the depth, and what becomes of them."""

    builder: Any
    real: Any  # the LLVM type of a number
    tile: Tile

    @property
    def vector(self) -> Any:
        """The LLVM type of a vector."""
        return ir.VectorType(self.real, self.tile.lanes)

    def at(self, address: Any, items: int) -> Any:
        """The address that lies so many numbers behind another."""
        return self.builder.add(address, _INT64(items * self.tile.item_B))

    def load(self, address: Any, kind: Any) -> Any:
        """A vector or a number, at any multiple of the size of a number."""
        value = self.builder.load(self.builder.inttoptr(address, kind.as_pointer()))
        value.align = self.tile.item_B
        return value

    def store(self, value: Any, address: Any) -> None:
        """As `load`, the other way."""
        store = self.builder.store(value, self.builder.inttoptr(address, value.type.as_pointer()))
        store.align = self.tile.item_B

    def broadcast(self, number: Any) -> Any:
        """A vector with one number in all its lanes."""
        one = self.builder.insert_element(self.vector(ir.Undefined), number, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.tile.lanes), [0] * self.tile.lanes)
        return self.builder.shuffle_vector(one, self.vector(ir.Undefined), lanes)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """A b + c of vectors."""
        return multiply_add(self.builder, a, b, c, fused=target().fused)

    def step(self, sums: list[Any], a: Any, b: Any) -> list[Any]:
        """One step along the depth: a column of A times a row of B, added to the sums."""
        lanes = self.tile.lanes
        column = [self.load(self.at(a, v * lanes), self.vector) for v in range(_VECTORS)]
        added = []
        for j in range(self.tile.columns):
            number = self.broadcast(self.load(self.at(b, j), self.real))
            added += [
                self.multiply_add(column[v], number, sums[j * _VECTORS + v])
                for v in range(_VECTORS)
            ]
        return added

    def product(self, depth: Any, a: Any, b: Any) -> list[Any]:
        """The sums over the depth, which is at least 1, in a loop that keeps them in registers."""
        builder, before = self.builder, self.builder.block
        loop = builder.append_basic_block("depth")
        after = builder.append_basic_block("update")
        builder.branch(loop)
        builder.position_at_end(loop)
        k, *sums = (
            self._phi(kind, before) for kind in [_INT64] + [self.vector] * self._accumulators
        )
        a_at = builder.add(a, builder.mul(k, _INT64(self.tile.rows * self.tile.item_B)))
        b_at = builder.add(b, builder.mul(k, _INT64(self.tile.columns * self.tile.item_B)))
        added = self.step(sums, a_at, b_at)
        following = builder.add(k, _INT64(1))
        for phi, value in zip([k, *sums], [following, *added], strict=True):
            phi.add_incoming(value, loop)
        builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
        builder.position_at_end(after)
        return added

    @property
    def _accumulators(self) -> int:
        return _VECTORS * self.tile.columns

    def _phi(self, kind: Any, before: Any) -> Any:
        phi = self.builder.phi(kind)
        phi.add_incoming(kind(None if isinstance(kind, ir.VectorType) else 0), before)
        return phi

    def addresses(self, c: Any, leading_B: Any) -> list[Any]:
        """The address of each vector of the tile of C."""
        found = []
        for _ in range(self.tile.columns):
            found += [self.at(c, v * self.tile.lanes) for v in range(_VECTORS)]
            c = self.builder.add(c, leading_B)
        return found

    def prefetch(self, address: Any) -> None:
        """Ask for a cache line that will be written."""
        pointer = self.builder.inttoptr(address, ir.IntType(8).as_pointer())
        flags = [ir.IntType(32)(one) for one in (1, 3, 1)]  # to write, to keep, data
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, *(one.type for one in flags)])
        function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            self.builder.module, kind, "llvm.prefetch.p0i8"
        )
        self.builder.call(function, [pointer, *flags])


@intrinsic
def _update_tile(
    _context: Any, depth: Any, a: Any, b: Any, c: Any, leading_B: Any, alpha: Any, beta: Any
) -> Any:
    """C <- alpha A B + beta C of one tile.

    depth : at least 1; a, b, c : addresses; leading_B : from one column of C to the next;
    alpha, beta : of the type of the matrices.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        depth, a, b, c, leading_B, alpha, beta = arguments
        real = signature.args[5]
        emit = Emitter(builder, _REALS[real], Tile(real.bitwidth // 8))
        tile = emit.addresses(c, leading_B)
        for address in tile:
            emit.prefetch(address)
        scale, keep = emit.broadcast(alpha), emit.broadcast(beta)
        for address, total in zip(tile, emit.product(depth, a, b), strict=True):
            kept = builder.fmul(keep, emit.load(address, emit.vector))
            emit.store(emit.multiply_add(scale, total, kept), address)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5, alpha, beta), code


update_tile: Any = _update_tile
"""The function as compiled code calls it, without the compiler's context."""
