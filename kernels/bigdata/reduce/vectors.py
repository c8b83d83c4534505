"""The inner loops of the sums in explicit vectors, as wide as the registers.

Extraction in registers: with sigma = 1.5 * 2^52 u, the bits of x + sigma are those of sigma plus
x / u rounded to an integer, as long as |x| is below 2^51 u; x - ((x + sigma) - sigma) is what is
left, exactly, to be split once more with a sigma 2^52 times smaller. The bits themselves are summed
as integers: 6 additions of floats and 4 integer operations a vector, and nothing is stored. Where
|x| was too large the exponent of x + sigma shows it; where anything is left after the second step
its bits do. Then the caller takes these elements again, the slow way.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from kernels._support.simd import (
    INT64,
    broadcast,
    counted_loop,
    element_address,
    load,
    registers,
    total,
)
from kernels._support.target import multiply_add

DOUBLES: Final = registers(ir.DoubleType())
_BITS: Final = ir.VectorType(INT64, DOUBLES.count)
_UNROLLED: Final = 4
STEP: Final = _UNROLLED * DOUBLES.count
"""Elements that one turn of an inner loop takes."""
_SUMS: Final = 8
"""Vectors of a plain sum: they hide the latency of two additions a cycle."""
PLAIN_STEP: Final = _SUMS * DOUBLES.count
_EXPONENT: Final = 0x7FF0000000000000
_MAGNITUDE: Final = 0x7FFFFFFFFFFFFFFF
_ITEMS: Final = {
    types.float64: ir.DoubleType(),
    types.float32: ir.FloatType(),
    types.int64: INT64,
}
_PAIR: Final[Any] = types.UniTuple(types.float64, 2)  # type: ignore[no-untyped-call]
_WIDE: Final = ir.IntType(192)
"""Holds a sum of 2^63 products of integers of 64 bits."""


def _integers(count: int) -> Any:
    """The type of a tuple of so many."""
    return types.UniTuple(types.int64, count)  # type: ignore[no-untyped-call]


def _doubles(builder: Any, address: Any, first: Any, kind: Any) -> Any:
    """A vector of elements as float64; first : index of its first one."""
    item = _ITEMS[kind.dtype]
    item_B = 4 if kind.dtype == types.float32 else 8
    at = builder.add(address, builder.mul(first, INT64(item_B)))
    vector = load(builder, at, 0, ir.VectorType(item, DOUBLES.count))
    return builder.fpext(vector, DOUBLES) if kind.dtype == types.float32 else vector


def _bits(builder: Any, vector: Any) -> Any:
    return builder.bitcast(vector, _BITS)


class _Extraction:
    """Two steps of extraction, and what they carry along: two sums of bits, and what is amiss."""

    carried: Final = (_BITS(None), _BITS(None), _BITS(None), _BITS(None))

    def __init__(self, builder: Any, sigma_1: Any, sigma_2: Any) -> None:
        self._builder = builder
        self._zeros = [builder.bitcast(one, INT64) for one in (sigma_1, sigma_2)]
        self._sigmas = [broadcast(builder, one, DOUBLES) for one in (sigma_1, sigma_2)]

    def split(self, x: Any, carried: list[Any]) -> list[Any]:
        """Take the two parts of x off."""
        builder, (sum_1, sum_2, beyond, left) = self._builder, carried
        high, rest = self._step(x, self._sigmas[0])
        low, rest = self._step(rest, self._sigmas[1])
        shifted = builder.xor(_bits(builder, high), _bits(builder, self._sigmas[0]))
        return [
            builder.add(sum_1, _bits(builder, high)),
            builder.add(sum_2, _bits(builder, low)),
            builder.or_(beyond, shifted),
            builder.or_(left, _bits(builder, rest)),
        ]

    def _step(self, x: Any, sigma: Any) -> tuple[Any, Any]:
        builder = self._builder
        high = builder.fadd(x, sigma)
        return high, builder.fsub(x, builder.fsub(high, sigma))

    def results(self, carried: list[Any], count: Any) -> list[Any]:
        """The two sums of ``count`` elements in units of u and u / 2^52; not 0 if they failed."""
        builder, (sum_1, sum_2, beyond, left) = self._builder, carried
        sums = [
            builder.sub(total(builder, [one], builder.add), builder.mul(zero, count))
            for one, zero in zip((sum_1, sum_2), self._zeros, strict=True)
        ]
        too_large = builder.and_(total(builder, [beyond], builder.or_), INT64(_EXPONENT))
        something = builder.and_(total(builder, [left], builder.or_), INT64(_MAGNITUDE))
        return [*sums, builder.or_(too_large, something)]


@intrinsic
def _extract(
    _context: Any, x: Any, first: Any, count: Any, sigma_1: Any, sigma_2: Any, mask: Any
) -> Any:
    """(sum in units of u, sum in units of u / 2^52, not 0 if that is not all) of count elements.

    count : a multiple of `STEP`. mask : bits of an element that are kept: all, or all but the sign.
    """
    given = (x, types.int64, types.int64, types.float64, types.float64, types.int64)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, first, count, *sigmas, mask = arguments
        address = element_address(context, builder, signature.args[0], x, first)
        keep = broadcast(builder, mask, _BITS)
        extraction = _Extraction(builder, *sigmas)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            at = builder.mul(i, INT64(STEP))
            for k in range(_UNROLLED):
                here = builder.add(at, INT64(k * DOUBLES.count))
                value = _doubles(builder, address, here, signature.args[0])
                value = builder.bitcast(builder.and_(_bits(builder, value), keep), DOUBLES)
                carried = extraction.split(value, carried)
            return carried

        steps = builder.sdiv(count, INT64(STEP))
        ends = counted_loop(builder, steps, extraction.carried, body)
        return context.make_tuple(builder, signature.return_type, extraction.results(ends, count))

    return _integers(3)(*given), code


@intrinsic
def _extract_products(
    _context: Any, x: Any, y: Any, first: Any, count: Any, sigmas: Any, error_sigmas: Any
) -> Any:
    """The three results of `extract` for the products x y, then those for their rounding errors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y, first, count, *sigmas = arguments
        kinds = signature.args[:2]
        from_x = element_address(context, builder, kinds[0], x, first)
        from_y = element_address(context, builder, kinds[1], y, first)
        both = [
            _Extraction(builder, *(builder.extract_value(one, i) for i in range(2)))
            for one in sigmas
        ]
        minus = ir.Constant(DOUBLES, [-0.0] * DOUBLES.count)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            at = builder.mul(i, INT64(STEP))
            for k in range(_UNROLLED):
                here = builder.add(at, INT64(k * DOUBLES.count))
                a = _doubles(builder, from_x, here, kinds[0])
                b = _doubles(builder, from_y, here, kinds[1])
                product = builder.fmul(a, b)
                error = multiply_add(builder, a, b, builder.fsub(minus, product), fused=True)
                parts = both[0].split(product, carried[:4]), both[1].split(error, carried[4:])
                carried = [*parts[0], *parts[1]]
            return carried

        steps = builder.sdiv(count, INT64(STEP))
        ends = counted_loop(builder, steps, both[0].carried + both[1].carried, body)
        results = both[0].results(ends[:4], count) + both[1].results(ends[4:], count)
        return context.make_tuple(builder, signature.return_type, results)

    given = (x, y, types.int64, types.int64, _PAIR, _PAIR)
    return _integers(6)(*given), code


@intrinsic
def _plain_sum(_context: Any, x: Any, first: Any, count: Any) -> Any:
    """The sum of count elements, a multiple of `PLAIN_STEP`: integers modulo 2^64, else float64."""
    whole = x.dtype == types.int64
    kind = _BITS if whole else DOUBLES

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, first, count = arguments
        address = element_address(context, builder, signature.args[0], x, first)
        add = builder.add if whole else builder.fadd

        def body(i: Any, sums: list[Any]) -> list[Any]:
            at = builder.mul(i, INT64(PLAIN_STEP))
            places = [builder.add(at, INT64(k * DOUBLES.count)) for k in range(_SUMS)]
            return [
                add(one, _doubles(builder, address, place, signature.args[0]))
                for one, place in zip(sums, places, strict=True)
            ]

        steps = builder.sdiv(count, INT64(PLAIN_STEP))
        sums = counted_loop(builder, steps, [kind(None)] * _SUMS, body)
        return total(builder, sums, add)

    result = types.int64 if whole else types.float64
    return result(x, types.int64, types.int64), code


@intrinsic
def _integer_products(_context: Any, x: Any, y: Any, first: Any, count: Any) -> Any:
    """The sum of count products of int64 as one integer: its three words, the lowest first."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y, first, count = arguments
        both = [
            element_address(context, builder, kind, array, first)
            for kind, array in zip(signature.args[:2], (x, y), strict=True)
        ]

        def body(i: Any, carried: list[Any]) -> list[Any]:
            a, b = (_integer(builder, address, i) for address in both)
            product = builder.mul(a, b)
            return [builder.add(carried[0], builder.sext(product, _WIDE))]

        (whole,) = counted_loop(builder, count, [_WIDE(0)], body)
        words = [builder.trunc(builder.lshr(whole, _WIDE(64 * j)), INT64) for j in range(3)]
        return context.make_tuple(builder, signature.return_type, words)

    return _integers(3)(x, y, types.int64, types.int64), code


def _integer(builder: Any, address: Any, i: Any) -> Any:
    """One int64 as an integer of 128 bits."""
    at = builder.add(address, builder.mul(i, INT64(8)))
    number = builder.load(builder.inttoptr(at, INT64.as_pointer()))
    return builder.sext(number, ir.IntType(128))


extract: Any = _extract
extract_products: Any = _extract_products
plain_sum: Any = _plain_sum
integer_products: Any = _integer_products
