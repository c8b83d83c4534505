"""Rows of the star stencil in vectors of a cache line, emitted as LLVM IR.

    out(x) += sum over k of w(k) ((in(y, x+k) - in(y, x-k)) + (in(y+k, x) - in(y-k, x)))
    to(x) = in(y-r, x) + 1

The lowest row that a point needs is read for the last time, so that it is increased while it is in
a register. Neighbours along x are cut out of three lines of the row, two of which stay in registers
from one vector to the next: reading them from memory would cross a line each time, which took 1.3
times as long at radius 2. What remains is bound by its additions, 4 r + 1 a vector. Numba's own
loop would test 2 r + 1 rows for overlap with ``out``, which is too much for LLVM's vectoriser.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._support.simd import LINE_B
from kernels.stencil.star2d.layout import BLOCK
from kernels.stencil.star2d.reference import RADII, weight

DEEPEST: Final = max(RADII)
"""Rows below the first that the function is told of, whatever the radius."""
ROWS: Final = 2 * DEEPEST + BLOCK
"""Rows that it is told of."""
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

    def added(self, line: tuple[Any, Any, Any], column: dict[int, Any], row: int) -> Any:
        """What an iteration adds to a vector of points.

        line : the vectors of the row before, at and after the points; column : those of the rows
        around, by their number.
        """
        builder, before, here, after = self.builder, *line
        total = None
        for k in range(1, self.radius + 1):
            along_x = builder.fsub(self.cut(here, after, k), self.cut(before, here, self.lanes - k))
            along_y = builder.fsub(column[row + k], column[row - k])
            both = builder.fadd(along_x, along_y)
            term = builder.fmul(self.constant(weight(self.radius, k)), both)
            total = term if total is None else builder.fadd(total, term)
        return total

    def block(self, out: list[Any], rows: list[Any], to: list[Any], vectors: Any) -> None:
        """The loop over at least one vector of points of as many rows as ``out`` has.

        Of every row each vector is loaded once, before its increased value is stored.
        """
        builder, start, count = self.builder, self.builder.block, len(out)
        centres = rows[DEEPEST : DEEPEST + count]
        first = [self.load(one, _INT64(at)) for one in centres for at in (-LINE_B, 0)]
        end = builder.mul(vectors, _INT64(LINE_B))
        loop, done = builder.append_basic_block("vector"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        offset, *lines = (self._phi(one, start) for one in (_INT64(0), *first))
        following = builder.add(offset, _INT64(LINE_B))
        befores, heres = lines[::2], lines[1::2]
        afters = [self.load(one, following) for one in centres]
        column = dict(enumerate(heres))
        for row in (*range(-self.radius, 0), *range(count, count + self.radius)):
            column[row] = self.load(rows[DEEPEST + row], offset)
        for row, line in enumerate(zip(befores, heres, afters, strict=True)):
            added = self.added(line, column, row)
            self.store(builder.fadd(self.load(out[row], offset), added), out[row], offset)
        for row, address in enumerate(to):
            value = builder.fadd(column[row - self.radius], self.constant(1.0))
            self.store(value, address, offset)
        values = [following, *itertools.chain(*zip(heres, afters, strict=True))]
        for phi, value in zip([offset, *lines], values, strict=True):
            phi.add_incoming(value, loop)
        builder.cbranch(builder.icmp_signed("<", following, end), loop, done)
        builder.position_at_end(done)

    def steps(self, place: Any, count: int) -> list[Any]:
        """Addresses of so many rows from a pair of the first one and the bytes to the next."""
        address, row_B = (self.builder.extract_value(place, i) for i in range(2))
        found = [address]
        for _ in range(count - 1):
            found.append(self.builder.add(found[-1], row_B))
        return found

    def _phi(self, value: Any, block: Any) -> Any:
        phi = self.builder.phi(value.type)
        phi.add_incoming(value, block)
        return phi


@intrinsic(prefer_literal=True)
def _update_rows(
    _context: Any, radius: Any, count: Any, one: Any, out: Any, rows: Any, to: Any, vectors: Any
) -> Any:
    """Update so many vectors, at least one, of each of ``count`` rows.

    radius, count : literals; one : 1, in the type of the numbers; out : address of the points in
    the first row, and bytes to the next; rows : addresses of the same columns in the rows -4 to
    7, of which only those within the radius of a row are read; to : where the lowest rows go as
    ``out``, or 0: to where they are.
    """
    if not (isinstance(radius, types.IntegerLiteral) and isinstance(count, types.IntegerLiteral)):
        return None
    in_place = isinstance(to, types.IntegerLiteral)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, _, _, out, rows, to, vectors = arguments
        addresses = [builder.extract_value(rows, i) for i in range(ROWS)]
        emitter = _Emitter(builder, signature.args[2], radius.literal_value)
        wanted = count.literal_value
        lowest = addresses[DEEPEST - radius.literal_value :][:wanted]
        targets = lowest if in_place else emitter.steps(to, wanted)
        emitter.block(emitter.steps(out, wanted), addresses, targets, vectors)
        return context.get_dummy_value()

    return types.void(radius, count, one, out, rows, to, types.int64), code


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
update_rows: Any = _update_rows
"""The function as compiled code calls it, without the compiler's context."""
