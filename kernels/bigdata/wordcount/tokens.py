"""Where words begin and end in UTF-8 text, 64 bytes at a time, and whether it is UTF-8.

A word is a maximal run of characters that are not white space: of the 25 that Unicode gives the
property White_Space (PropList.txt). Six are single bytes, two have two bytes, seventeen three:

    U+0009..U+000D U+0020 | U+0085 U+00A0 | U+1680 U+2000..U+200A U+2028 U+2029 U+202F U+205F U+3000

Vectors of 64 bytes are compared, and the bits of the results combined as words of 64 bits (as in
G. Langdale, D. Lemire, Parsing gigabytes of JSON per second, VLDB Journal 28, 2019): bit i of a
mask stands for byte i of a block. What a character of several bytes adds to the next block is
carried over. Text is UTF-8 if continuation bytes stand exactly where leading bytes ask for them,
and four leading bytes have a second byte in range (Unicode Standard, table 3-7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._support.simd import INT64

BLOCK_B: Final = 64
"""Bytes of a block: all are read, and two more, also of the last."""
AT_ONCE: Final = 8
"""Edges written without asking whether they are there."""
BEYOND_B: Final = BLOCK_B + 2
"""Bytes that must be there behind a text, whatever they are."""
_BLOCK: Final = ir.VectorType(ir.IntType(8), BLOCK_B)
_COMPILED: Final[Any] = {"cache": True, "error_model": "numpy"}
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE, _TWO, _THREE, _TOP = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(63)


class _Bytes:
    """The bytes at an address, with which masks are made."""

    def __init__(self, builder: Any, address: Any, offset: int = 0) -> None:
        self._builder = builder
        place = builder.inttoptr(builder.add(address, INT64(offset)), _BLOCK.as_pointer())
        self._value = builder.load(place)
        self._value.align = 1

    def are(self, *wanted: int) -> Any:
        """Those equal to one of these."""
        found = [self._builder.icmp_unsigned("==", self._value, _all(one)) for one in wanted]
        return _any(self._builder, found)

    def between(self, least: int, most: int) -> Any:
        """Those from ``least`` to ``most``."""
        moved = self._builder.sub(self._value, _all(least))
        return self._builder.icmp_unsigned("<=", moved, _all(most - least))


def _all(byte: int) -> Any:
    return ir.Constant(_BLOCK, [byte] * BLOCK_B)


def _any(builder: Any, found: list[Any]) -> Any:
    whole = found[0]
    for one in found[1:]:
        whole = builder.or_(whole, one)
    return whole


def _masks(count: int, emit: Callable[[Any, Any], list[Any]]) -> Any:
    """An intrinsic that makes so many masks of the bytes at an address."""
    kind = types.UniTuple(types.uint64, count)  # type: ignore[no-untyped-call]

    @intrinsic
    def masks(_context: Any, address: Any) -> Any:
        def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            words = [builder.bitcast(one, INT64) for one in emit(builder, arguments[0])]
            return cgutils.pack_array(builder, words)  # type: ignore[no-untyped-call]

        return kind(types.int64), code

    return masks


def _ascii(builder: Any, address: Any) -> list[Any]:
    """White space of one byte; bytes that belong to characters of several."""
    here = _Bytes(builder, address)
    return [builder.or_(here.are(0x20), here.between(0x09, 0x0D)), here.between(0x80, 0xFF)]


def _leads(builder: Any, address: Any) -> list[Any]:
    """Continuation bytes; leading bytes of 2, 3, 4 bytes; those with a bad second byte."""
    here, second = _Bytes(builder, address), _Bytes(builder, address, 1)
    bad = [
        builder.and_(here.are(lead), second.between(least, most))
        for lead, least, most in (
            (0xE0, 0x80, 0x9F),  # fewer bytes would do
            (0xED, 0xA0, 0xBF),  # surrogates
            (0xF0, 0x80, 0x8F),
            (0xF4, 0x90, 0xBF),  # beyond U+10FFFF
        )
    ]
    leads = [here.between(0xC2, 0xDF), here.between(0xE0, 0xEF), here.between(0xF0, 0xF4)]
    return [here.between(0x80, 0xBF), *leads, _any(builder, bad)]


def _wide(builder: Any, address: Any) -> list[Any]:
    """Leading bytes of white space of 2 and of 3 bytes."""
    here, second, third = (_Bytes(builder, address, one) for one in range(3))
    two = builder.and_(here.are(0xC2), second.are(0x85, 0xA0))
    general = builder.or_(third.between(0x80, 0x8A), third.are(0xA8, 0xA9, 0xAF))
    three = [
        builder.and_(here.are(0xE2), builder.and_(second.are(0x80), general)),
        builder.and_(here.are(0xE2), builder.and_(second.are(0x81), third.are(0x9F))),
        builder.and_(here.are(0xE1), builder.and_(second.are(0x9A), third.are(0x80))),
        builder.and_(here.are(0xE3), builder.and_(second.are(0x80), third.are(0x80))),
    ]
    return [two, _any(builder, three)]


def _pairs(builder: Any, address: Any) -> list[Any]:
    """Continuation bytes; leading bytes of two that begin no white space."""
    here = _Bytes(builder, address)
    return [here.between(0x80, 0xBF), here.between(0xC3, 0xDF)]


_ascii_masks: Any = _masks(2, _ascii)
_pair_masks: Any = _masks(2, _pairs)
_lead_masks: Any = _masks(5, _leads)
_wide_masks: Any = _masks(2, _wide)


@intrinsic
def _trailing_zeros(_context: Any, _bits: Any) -> Any:
    """Number of the lowest bit that is set, 64 if none is."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(0))

    return types.uint64(types.uint64), code


@intrinsic
def _population(_context: Any, _bits: Any) -> Any:
    """How many bits are set."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


lowest: Any = _trailing_zeros
ones: Any = _population


@njit("UniTuple(u8, 4)(i8, u8, u8, u8, u8)", **_COMPILED)
def _characters(address: Any, high: Any, within: Any, white_next: Any, cont_next: Any) -> Any:
    """White space of several bytes in a block, and what the next block inherits.

    high : bytes of characters of several bytes; within : bytes that belong to the text.
    white_next, cont_next : bytes that are white, and continuation bytes, because of the block
    before. Returns white space, the two for the next block, and bytes that are wrong.
    """
    cont, two, three, four, wrong = _lead_masks(address)
    three, four = three & within, four & within
    more = three | four
    leads = (two & within) | more
    wanted = (leads << _ONE) | (more << _TWO) | (four << _THREE) | cont_next
    wrong = (wanted ^ (cont & within)) | (wrong & within) | (high & ~(cont | leads))
    cont_next = (leads >> _TOP) | (more >> (_TOP - _ONE)) | (four >> (_TOP - _TWO))
    pair, triple = _wide_masks(address)
    pair, triple = pair & within, triple & within
    first = pair | triple
    white = first | (first << _ONE) | (triple << _TWO) | white_next
    return white, (first >> _TOP) | (triple >> (_TOP - _ONE)), cont_next, wrong


@njit("i8(i8, i8, i8, i8[::1], i8, u8[::1])", **_COMPILED)
def find_edges(
    address: Any, start: int, stop: int, edges: NDArray[np.int64], count: Any, state: Any
) -> Any:
    """Append where words begin and end, in turns, to the ``count`` edges that are there.

    Bytes start, ..., stop - 1 from an address, a multiple of `BLOCK_B` but at the end of a text.
    state : (3,), what the last call has left for this one; `BEGINNING` before the first. Returns
    how many edges there are now, or -1 if the text is not UTF-8. A word that ends with the text
    has no end among the edges where its last block is full.
    """
    before, white_next, cont_next = state[0], state[1], state[2]
    for at in range(start, stop, BLOCK_B):
        white, high = _ascii_masks(address + at)
        within = _ALL
        if stop - at < BLOCK_B:
            within = (_ONE << np.uint64(stop - at)) - _ONE
            white, high = white | ~within, high & within
        if high | cont_next:
            cont, two = _pair_masks(address + at)
            wide, later = white_next, np.uint64(0)
            if high & ~(cont | two):
                wide, later, cont_next, wrong = _characters(
                    address + at, high, within, white_next, cont_next
                )
            else:  # mostly so: letters of two bytes
                two &= within
                wrong = ((two << _ONE) | cont_next) ^ (cont & within)
                cont_next = two >> _TOP
            if wrong:
                return -1
            white, white_next = white | wide, later
        bits = white ^ ((white << _ONE) | before)
        before = white >> _TOP
        found = ones(bits)
        for first in range(0, np.int64(found), AT_ONCE):
            for i in range(AT_ONCE):  # those beyond the last are overwritten
                edges[np.uint64(count + first + i)] = at + np.int64(lowest(bits))
                bits &= bits - _ONE
        count = count + np.int64(found)
    state[0], state[1], state[2] = before, white_next, cont_next
    return count


BEGINNING: Final = (1, 0, 0)
"""State before a text: as after white space."""
