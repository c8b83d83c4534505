"""A row of the star stencil in vectors of a cache line, emitted as LLVM IR.

    out(x) += sum over k of w(k) ((in(y, x+k) - in(y, x-k)) + (in(y+k, x) - in(y-k, x)))
    to(x) = in(y-r, x) + 1

The lowest row that a point needs is read for the last time, so that it is increased while it is in
a register. Neighbours along x are cut out of three lines of the row, two of which stay in registers
from one vector to the next: reading them from memory would cross a line each time. Numba's own
loop would test 2 r + 1 rows for overlap with ``out``, which is too much for LLVM's vectoriser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._support.simd import LINE_B
from kernels.stencil.star2d.reference import RADII, weight

DEEPEST: Final = max(RADII)
"""Rows on either side that the function is told of, whatever the radius."""
_INT64: Final = ir.IntType(64)
_REALS: Final[dict[Any, tuple[Any, Any]]] = {
    types.float64: (ir.DoubleType(), np.float64),
    types.float32: (ir.FloatType(), np.float32),
}


@dataclass(frozen=True)
class _Emitter:
    """Emits the instructions of a row. ``real``: a type of Numba."""

    builder: Any
    real: Any
    radius: int

    @property
    def item_B(self) -> int:
        """Bytes of a number."""
        return int(self.real.bitwidth) // 8

    @property
    def lanes(self) -> int:
        """Numbers in a vector."""
        return LINE_B // self.item_B

    @property
    def vector(self) -> Any:
        """The LLVM type of a vector."""
        return ir.VectorType(_REALS[self.real][0], self.lanes)

    def constant(self, number: float) -> Any:
        """A vector of one number, rounded to the type."""
        return ir.Constant(self.vector, [float(_REALS[self.real][1](number))] * self.lanes)

    def at(self, address: Any, offset: Any) -> Any:
        """A pointer to the vector at an address plus an offset, B."""
        return self.builder.inttoptr(self.builder.add(address, offset), self.vector.as_pointer())

    def load(self, address: Any, offset: Any) -> Any:
        """A vector, at any multiple of the size of a number."""
        value = self.builder.load(self.at(address, offset))
        value.align = self.item_B
        return value

    def store(self, value: Any, address: Any, offset: Any) -> None:
        """As `load`, the other way."""
        self.builder.store(value, self.at(address, offset)).align = self.item_B

    def cut(self, low: Any, high: Any, first: int) -> Any:
        """The vector that begins at a lane of ``low`` and ends in ``high``, which follows it."""
        lanes = ir.Constant(
            ir.VectorType(ir.IntType(32), self.lanes), list(range(first, first + self.lanes))
        )
        return self.builder.shuffle_vector(low, high, lanes)

    def update(self, line: tuple[Any, Any, Any], rows: list[Any], offset: Any) -> tuple[Any, Any]:
        """What is added to a vector of points, and the lowest row there.

        line : the vectors of the row before, at and after the points; rows : addresses.
        """
        builder, before, here, after = self.builder, *line
        total = lowest = None
        for k in range(1, self.radius + 1):
            east = self.cut(here, after, k)
            west = self.cut(before, here, self.lanes - k)
            above = self.load(rows[DEEPEST + k], offset)
            lowest = self.load(rows[DEEPEST - k], offset)
            along = builder.fadd(builder.fsub(east, west), builder.fsub(above, lowest))
            term = builder.fmul(self.constant(weight(self.radius, k)), along)
            total = term if total is None else builder.fadd(total, term)
        return total, lowest

    def row(self, out: Any, rows: list[Any], to: Any, vectors: Any) -> None:
        """The loop over at least one vector of points."""
        builder, start = self.builder, self.builder.block
        line = _INT64(LINE_B)
        centre = rows[DEEPEST]
        first = self.load(centre, _INT64(-LINE_B)), self.load(centre, _INT64(0))
        end = builder.mul(vectors, line)
        loop, done = builder.append_basic_block("vector"), builder.append_basic_block("row")
        builder.branch(loop)
        builder.position_at_end(loop)
        offset, before, here = (self._phi(one, start) for one in (_INT64(0), *first))
        following = builder.add(offset, line)
        after = self.load(centre, following)
        added, lowest = self.update((before, here, after), rows, offset)
        self.store(builder.fadd(self.load(out, offset), added), out, offset)
        self.store(builder.fadd(lowest, self.constant(1.0)), to, offset)
        for phi, value in ((offset, following), (before, here), (here, after)):
            phi.add_incoming(value, loop)
        builder.cbranch(builder.icmp_signed("<", following, end), loop, done)
        builder.position_at_end(done)

    def _phi(self, value: Any, block: Any) -> Any:
        phi = self.builder.phi(value.type)
        phi.add_incoming(value, block)
        return phi


@intrinsic(prefer_literal=True)
def _update_vectors(
    _context: Any, radius: Any, one: Any, out: Any, rows: Any, to: Any, vectors: Any
) -> Any:
    """Update so many vectors of points, at least one.

    radius : a literal; one : 1, in the type of the numbers; out, to : addresses; rows : those of
    the same points in the rows -4 to 4, of which those beyond the radius are not read.
    """
    if not isinstance(radius, types.IntegerLiteral):
        return None

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, _, out, rows, to, vectors = arguments
        addresses = [builder.extract_value(rows, i) for i in range(2 * DEEPEST + 1)]
        emitter = _Emitter(builder, signature.args[1], radius.literal_value)
        emitter.row(out, addresses, to, vectors)
        return context.get_dummy_value()

    return types.void(radius, one, types.int64, rows, types.int64, types.int64), code


@intrinsic
def _increase_lines(_context: Any, one: Any, to: Any, source: Any, lines: Any) -> Any:
    """Compute to = source + 1 of so many vectors, none if that is not positive."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, to, source, lines = arguments
        emitter = _Emitter(builder, signature.args[0], 0)
        with cgutils.for_range(builder, lines) as loop:
            offset = builder.mul(loop.index, _INT64(LINE_B))
            value = builder.fadd(emitter.load(source, offset), emitter.constant(1.0))
            emitter.store(value, to, offset)
        return context.get_dummy_value()

    return types.void(one, types.int64, types.int64, types.int64), code


increase_lines: Any = _increase_lines
update_vectors: Any = _update_vectors
"""The function as compiled code calls it, without the compiler's context."""
