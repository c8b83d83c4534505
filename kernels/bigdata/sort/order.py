"""What is compared: 64-bit words in the order of the rows, and pairs of words for records.

An int64 or float64 is compared by its *image*, an unsigned integer in the same order: the sign bit
of an integer is flipped, and all bits of a negative float. Among floats -0.0 comes before 0.0, and
NaN come last, those with a sign bit after those without: the images of the latter, which would come
first, are turned round to the end. Every image stands for one pattern of bits, so that nothing is
lost on the way back.

A record is compared by a pair: the first eight bytes of its key as a number, most significant byte
first, and a word with the other two at its top. The lower 48 bits of that word say where the record
is. A pair is a complex128 to Numba, which moves both words at once; nobody computes with it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from kernels._support.simd import INT64, load, store

SIGN: Final = np.uint64(1 << 63)
NEGATIVE_NANS: Final = (1 << 52) - 1
"""Patterns of bits that are NaN with a sign bit."""
PLACE_BITS: Final = np.uint64(48)
WORD: Final = types.uint64
PAIR: Final = types.complex128
WORD_B: Final = 8
PAIR_B: Final = 16
RECORD_B: Final = 100
RECORD_WORDS: Final = RECORD_B // 4
_PIECE: Final = ir.VectorType(ir.FloatType(), 16)
"""A record is two vectors that overlap."""


class Image(NamedTuple):
    """How bits become an image: the bits that a negative sign inverts, what is taken away."""

    inverted: np.uint64
    offset: np.uint64


IMAGE: Final[Any] = types.NamedUniTuple(types.uint64, 2, Image)  # type: ignore[no-untyped-call]
IMAGES: Final = {
    "int64": Image(np.uint64(0), np.uint64(0)),
    "float64": Image(~np.uint64(0), np.uint64(NEGATIVE_NANS)),
}


@njit(WORD(WORD, IMAGE), cache=True, error_model="numpy")
def image(bits: Any, how: Any) -> Any:
    """The number that orders as the int64 or float64 of these bits does."""
    negative = np.uint64(0) - (bits >> np.uint64(63))
    return (bits ^ ((negative & how.inverted) | SIGN)) - how.offset


@njit(WORD(WORD, IMAGE), cache=True, error_model="numpy")
def bits_of(number: Any, how: Any) -> Any:
    """The bits of an image."""
    turned = number + how.offset
    negative = (turned >> np.uint64(63)) - np.uint64(1)
    return turned ^ ((negative & how.inverted) | SIGN)


@intrinsic
def _first(_context: Any, item: Any) -> Any:
    """The word that is compared first: of a pair, or the word itself."""

    def code(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        if item == WORD:
            return given[0]
        return builder.bitcast(builder.extract_value(given[0], 0), INT64)

    return WORD(item), code


@intrinsic
def _second(_context: Any, item: Any) -> Any:
    """The other word of a pair; 0 if there is none."""

    def code(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        if item == WORD:
            return INT64(0)
        return builder.bitcast(builder.extract_value(given[0], 1), INT64)

    return WORD(item), code


@intrinsic
def _pair(_context: Any, _one: Any, _other: Any) -> Any:
    """Two words as one item."""

    def code(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        double = ir.DoubleType()
        item = ir.LiteralStructType([double, double])(ir.Undefined)
        for place, word in enumerate(given):
            item = builder.insert_value(item, builder.bitcast(word, double), place)
        return item

    return PAIR(WORD, WORD), code


@intrinsic
def _leading_zeros(_context: Any, _word: Any) -> Any:
    """Zero bits above the highest one; 64 for 0."""

    def code(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.ctlz(given[0], ir.IntType(1)(0))

    return WORD(WORD), code


@intrinsic
def _swapped(_context: Any, _word: Any) -> Any:
    """The eight bytes of a word in the opposite order."""

    def code(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.bswap(given[0])

    return WORD(WORD), code


@intrinsic
def _copy_record(_context: Any, _to: Any, _source: Any) -> Any:
    """100 bytes from one address to another."""

    def code(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        to, source = given
        rest = RECORD_WORDS - _PIECE.count
        pieces = [load(builder, source, at, _PIECE) for at in (0, rest)]
        for at, piece in zip((0, rest), pieces, strict=True):
            store(builder, piece, to, at)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


# The functions as compiled code calls them, without the compiler's context.
first: Any = _first
second: Any = _second
pair: Any = _pair
leading_zeros: Any = _leading_zeros
swapped: Any = _swapped
copy_record: Any = _copy_record


@njit([f"b1({x}, {x})" for x in ("u8", "c16")], cache=True, error_model="numpy")
def before(one: Any, other: Any) -> bool:
    """Whether the key of one item is smaller than that of another; where they are is no key."""
    if first(one) != first(other):
        return bool(first(one) < first(other))
    return bool(second(one) >> PLACE_BITS < second(other) >> PLACE_BITS)


@njit("c16(u4[::1], u8, u8)", cache=True, error_model="numpy")
def key_of(records: Any, row: Any, place: Any) -> Any:
    """The pair of a row of records, as words of 4 bytes; place : what to put below its key."""
    at = row * np.uint64(RECORD_WORDS)
    head = np.uint64(records[at]) | (np.uint64(records[at + np.uint64(1)]) << np.uint64(32))
    rest = swapped(np.uint64(records[at + np.uint64(2)])) >> PLACE_BITS
    return pair(swapped(head), (rest << PLACE_BITS) | place)
