"""The innermost loop: one row of points, a cache line of them at a time.

A line is a vector of 64 B: 8 points in float64, 16 in float32; on a processor with shorter
registers LLVM splits each operation. Every load is aligned. What a point needs of the lines before
and after its own is shifted out of registers, and each line of the row is loaded once, or summed
once with the rows beside it, and kept for the two lines that need it next. A line costs

    7 points    5 loads, 2 shifts, 6 additions, 1 multiplication, 1 store
    27 points   9 loads, 6 shifts, 11 additions, 3 multiply-adds, 1 multiplication, 1 store

No multiplication that rounds is fused with an addition, and the order of every sum is that of
`reference.step`: the results have the same bits. Where the code below fuses, it multiplies by two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels._support.simd import INT64, LINE_B, broadcast, store_nontemporal
from kernels._support.target import multiply_add, target

_REALS: Final = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}
_FACES: Final = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""Rows beside one that share a face with it, along z and y: south, north, below, above."""
_EDGES: Final = ((-1, -1), (-1, 1), (1, -1), (1, 1))
Sums = tuple[Any, ...]
"""What a line contributes to its points, and to those of the lines before and after it."""


@dataclass(frozen=True)
class _Emitter:
    """Emits the instructions for lines of points."""

    builder: Any
    real: Any  # the LLVM type of a number
    item_B: int
    row_B: Any
    plane_B: Any

    @property
    def lanes(self) -> int:
        """Points of a line."""
        return LINE_B // self.item_B

    @property
    def vector(self) -> Any:
        """The LLVM type of a line."""
        return ir.VectorType(self.real, self.lanes)

    def pointer(self, address: Any) -> Any:
        """To the line at an address."""
        return self.builder.inttoptr(address, self.vector.as_pointer())

    def load(self, at: Any, z: int = 0, y: int = 0) -> Any:
        """The line in the row that lies z planes and y rows from the one at ``at``."""
        for step, stride in ((z, self.plane_B), (y, self.row_B)):
            if step:
                move = self.builder.add if step > 0 else self.builder.sub
                at = move(at, stride)
        line = self.builder.load(self.pointer(at))
        line.align = LINE_B
        return line

    def add(self, first: Any, *others: Any) -> Any:
        """The sum from left to right."""
        for one in others:
            first = self.builder.fadd(first, one)
        return first

    def double_and_add(self, a: Any, b: Any) -> Any:
        """Compute 2 a + b: the product is exact, so that fused or not the bits are the same."""
        two = ir.Constant(self.vector, [2.0] * self.lanes)
        return multiply_add(self.builder, two, a, b, fused=target().fused)

    def beside(self, before: Any, here: Any, after: Any) -> tuple[Any, Any]:
        """For each point of a line its western and its eastern neighbour."""
        last = self.lanes - 1
        west = self._shift(before, here, last)
        return west, self._shift(here, after, 1)

    def _shift(self, low: Any, high: Any, first: int) -> Any:
        """The line that begins at an element of the first of two."""
        kind = ir.VectorType(ir.IntType(32), self.lanes)
        chosen = ir.Constant(kind, list(range(first, first + self.lanes)))
        return self.builder.shuffle_vector(low, high, chosen)


class _Star:
    """The 7-point stencil: the point and its six neighbours."""

    @staticmethod
    def sums(emit: _Emitter, at: Any) -> Sums:
        """The line itself."""
        return (emit.load(at),)

    @staticmethod
    def value(emit: _Emitter, at: Any, lines: tuple[Sums, Sums, Sums], scale: Any) -> Any:
        """Centre, west, east, south, north, below, above."""
        (before,), (here,), (after,) = lines
        beside = emit.beside(before, here, after)
        faces = [emit.load(at, *one) for one in _FACES]
        return emit.builder.fmul(emit.add(here, *beside, *faces), scale)


class _Box:
    """The 27-point stencil: weights 8, 4, 2, 1 of centre, faces, edges, corners."""

    @staticmethod
    def sums(emit: _Emitter, at: Any) -> Sums:
        """The line, the sum of those that share a face with it, and of those that share an edge."""
        faces = emit.add(*(emit.load(at, *one) for one in _FACES))
        edges = emit.add(*(emit.load(at, *one) for one in _EDGES))
        return emit.load(at), faces, edges

    @staticmethod
    def value(emit: _Emitter, at: Any, lines: tuple[Sums, Sums, Sums], scale: Any) -> Any:
        """By Horner's rule: ((2 centre + faces) 2 + edges) 2 + corners."""
        centre, faces, edges = lines[1]
        beside = [emit.beside(*one) for one in zip(*lines, strict=True)]
        total = emit.double_and_add(centre, emit.add(*beside[0], faces))
        total = emit.double_and_add(total, emit.add(*beside[1], edges))
        total = emit.double_and_add(total, emit.add(*beside[2]))
        return emit.builder.fmul(total, scale)


Stencil = type[_Star] | type[_Box]
Store = Callable[[_Emitter, Any, Any], None]


def _store(emit: _Emitter, value: Any, to: Any) -> None:
    emit.builder.store(value, emit.pointer(to)).align = LINE_B


def _store_past_caches(emit: _Emitter, value: Any, to: Any) -> None:
    store_nontemporal(emit.builder, value, to)


def _store_some(emit: _Emitter, value: Any, to: Any, low: Any, high: Any) -> None:
    """Store the points low, ..., high - 1 of a line, and leave the others as they are."""
    builder, kind = emit.builder, ir.VectorType(INT64, emit.lanes)
    lane = ir.Constant(kind, list(range(emit.lanes)))
    mask = builder.and_(
        builder.icmp_signed(">=", lane, broadcast(builder, low, kind)),
        builder.icmp_signed("<", lane, broadcast(builder, high, kind)),
    )
    pointer = emit.pointer(to)
    arguments = [value, pointer, ir.Constant(ir.IntType(32), LINE_B), mask]
    name = f"llvm.masked.store.v{emit.lanes}{emit.real.intrinsic_name}.p0"
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(ir.VoidType(), [one.type for one in arguments]), name
    )
    builder.call(function, arguments)


def _emit_lines(
    emit: _Emitter, stencil: Stencil, store: Store, ends: tuple[Any, Any, Any], scale: Any
) -> None:
    """A loop over lines. ends : address of the first line written and read, and past the last."""
    builder, before = emit.builder, emit.builder.block
    to, source, stop = ends
    line = INT64(LINE_B)
    begin = (
        *stencil.sums(emit, builder.sub(source, line)),
        *stencil.sums(emit, source),
    )
    loop, after = builder.append_basic_block("line"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    at, *carried = (builder.phi(one.type) for one in (source, *begin))
    count = len(carried) // 2
    following = builder.add(at, line)
    new = stencil.sums(emit, following)
    lines = tuple(carried[:count]), tuple(carried[count:]), new
    there = builder.add(at, builder.sub(to, source))
    store(emit, stencil.value(emit, at, lines, scale), there)
    for phi, first, later in zip(
        (at, *carried), (source, *begin), (following, *carried[count:], *new), strict=True
    ):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_unsigned("<", following, stop), loop, after)
    builder.position_at_end(after)


def _emitter(builder: Any, real: Any, row_B: Any, plane_B: Any) -> _Emitter:
    return _Emitter(builder, _REALS[real], real.bitwidth // 8, row_B, plane_B)


def _whole_lines(stencil: Stencil, store: Store) -> Any:
    """The compiled function that updates whole lines, at least one."""

    @intrinsic
    def update_lines(
        _context: Any, to: Any, source: Any, stop: Any, row_B: Any, plane_B: Any, scale: Any
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            to, source, stop, row_B, plane_B, scale = arguments
            emit = _emitter(builder, signature.args[5], row_B, plane_B)
            _emit_lines(
                emit, stencil, store, (to, source, stop), broadcast(builder, scale, emit.vector)
            )
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5, scale), code

    return update_lines


def _part_of_a_line(stencil: Stencil) -> Any:
    """The compiled function that updates the points low, ..., high - 1 of one line."""

    @intrinsic
    def update_some(
        _context: Any,
        to: Any,
        source: Any,
        low: Any,
        high: Any,
        row_B: Any,
        plane_B: Any,
        scale: Any,
    ) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            to, source, low, high, row_B, plane_B, scale = arguments
            emit = _emitter(builder, signature.args[6], row_B, plane_B)
            places = (builder.add(source, INT64(step)) for step in (-LINE_B, 0, LINE_B))
            before, here, after = (stencil.sums(emit, one) for one in places)
            lines = before, here, after
            value = stencil.value(emit, source, lines, broadcast(builder, scale, emit.vector))
            _store_some(emit, value, to, low, high)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6, scale), code

    return update_some


star_lines: Any = _whole_lines(_Star, _store)
star_lines_past_caches: Any = _whole_lines(_Star, _store_past_caches)
some_of_star: Any = _part_of_a_line(_Star)
box_lines: Any = _whole_lines(_Box, _store)
box_lines_past_caches: Any = _whole_lines(_Box, _store_past_caches)
some_of_box: Any = _part_of_a_line(_Box)

Places = tuple[int, int]
"""Address written and address read, of x = 0 in a row: multiples of 64 B."""
Strides = tuple[int, int, int]
"""B from a row to the next, B from a plane to the next, points of a line."""
STAR: Final = 7
"""Points of the star, as parameter of the compiled functions; every other number is the box."""


@njit(
    [f"void(i8, i8, UniTuple(i8, 2), UniTuple(i8, 3), {real}, i8)" for real in ("f8", "f4")],
    cache=True,
    error_model="numpy",
    inline="never",
)
def update_some(to: Any, source: Any, span: Any, strides: Any, scale: Any, points: Any) -> None:
    """Points of one line; ``to`` and ``source`` are the addresses of the line."""
    if points == STAR:
        some_of_star(to, source, span[0], span[1], strides[0], strides[1], scale)
    else:
        some_of_box(to, source, span[0], span[1], strides[0], strides[1], scale)


@njit(
    [f"void(i8, i8, i8, UniTuple(i8, 3), {real}, i8, b1)" for real in ("f8", "f4")],
    cache=True,
    error_model="numpy",
)
def update_lines(
    to: Any, source: Any, stop: Any, strides: Any, scale: Any, points: Any, past_caches: Any
) -> None:
    """Whole lines, at least one."""
    if points == STAR:
        if past_caches:
            star_lines_past_caches(to, source, stop, strides[0], strides[1], scale)
        else:
            star_lines(to, source, stop, strides[0], strides[1], scale)
    elif past_caches:
        box_lines_past_caches(to, source, stop, strides[0], strides[1], scale)
    else:
        box_lines(to, source, stop, strides[0], strides[1], scale)


@njit(
    [
        f"void(UniTuple(i8, 2), UniTuple(i8, 2), UniTuple(i8, 3), {real}, i8, b1)"
        for real in ("f8", "f4")
    ],
    cache=True,
    error_model="numpy",
)
def update_row(
    places: Any, span: Any, strides: Any, scale: Any, points: Any, past_caches: Any
) -> None:
    """One row: x from span[0] to span[1] (exclusive), which may begin before 0, within the halo.

    scale : 1/7 or 1/64, of the type of the field. past_caches : whole lines with non-temporal
    stores; parts of a line at the ends are stored under a mask.
    """
    to, source = places
    low, high = span
    lanes = strides[2]
    item_B = LINE_B // lanes
    # The whole lines: lanes is a power of two.
    first, last = (low + lanes - 1) & -lanes, high & -lanes
    if last < first:
        at = last * item_B
        update_some(to + at, source + at, (low - last, high - last), strides, scale, points)
        return
    if low < first:
        at = (first - lanes) * item_B
        update_some(to + at, source + at, (low - first + lanes, lanes), strides, scale, points)
    if first < last:
        at, stop = first * item_B, source + last * item_B
        update_lines(to + at, source + at, stop, strides, scale, points, past_caches)
    if last < high:
        at = last * item_B
        update_some(to + at, source + at, (0, high - last), strides, scale, points)
