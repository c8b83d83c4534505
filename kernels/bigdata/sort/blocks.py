"""Sorting what fits into a cache: two passes of a radix sort, then an insertion sort.

The rows of a bucket differ in their highest bits. Two digits of some ten bits each below the
highest bit in which they differ put almost every row where it belongs; an insertion sort puts the
rest right, in one pass with few moves. Where it has to move too much, since many rows agree in
these digits, all digits are sorted, from the lowest up. Blocks that are too large for the cache
are divided in place first, by quicksort in three ways (Bentley, McIlroy, Engineering a sort
function, Software 23, 1993): rows equal to the pivot are done.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels.bigdata.sort.order import PLACE_BITS, before, first, leading_zeros, second

Items = NDArray[Any]  # uint64 or complex128, see `order`
Counts = NDArray[np.uint64]
DIGIT_BITS: Final = 10
"""At most: the places of a digit are 8 KiB."""
DIGITS: Final = 1 << DIGIT_BITS
_SPARE_BITS: Final = 4
"""Bits that two digits have more than it takes to number the rows: few agree in them."""
_MOVES: Final = 8
"""An insertion sort may move each row by so many places, on average."""
_KINDS: Final = ("u8", "c16")
_FAST: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}
_STACK: Final = 128


@njit([f"void({x}[::1], {x}[::1], b1, u8, u8, u8, u8[::1])" for x in _KINDS], **_FAST)
def spread(
    items: Items, out: Items, upper: bool, low: Any, shift: Any, mask: Any, places: Counts
) -> None:
    """Copy items to out by a digit of the first word or the second; places[d]: where d begins."""
    for i in range(items.size):
        word = first(items[i]) if upper else second(items[i])
        digit = ((word - low) >> shift) & mask
        place = places[digit]
        out[place] = items[i]
        places[digit] = place + np.uint64(1)


@njit("b1(u8[::1])", **_FAST)
def to_places(counts: Counts) -> bool:
    """Counts of digits become places; whether more than one digit occurs."""
    place, several = np.uint64(0), np.uint64(0)
    for digit in range(counts.size):
        count = counts[digit]
        several += np.uint64(count > np.uint64(0))
        counts[digit] = place
        place += count
    return bool(several > np.uint64(1))


@njit([f"b1({x}[::1])" for x in _KINDS], **_FAST)
def insert(items: Items) -> bool:
    """Insertion sort; False if it gave up, with all items there but not in order."""
    left = _MOVES * items.size
    for i in range(1, items.size):
        item = items[i]
        if before(item, items[i - 1]):
            j = i
            while j > 0 and before(item, items[j - 1]):
                items[j] = items[j - 1]
                j -= 1
            items[j] = item
            left -= i - j
            if left < 0:
                return False
    return True


@njit([f"void({x}[::1], {x}[::1], u8[:,::1], b1, u8)" for x in _KINDS], **_FAST)
def sort_digits(items: Items, scratch: Items, counts: Counts, upper: bool, low: Any) -> None:
    """Sort by all digits of a word, the lowest first, stable; for the second word, of its key."""
    mask = np.uint64(DIGITS - 1)
    odd = False
    for bit in range(0 if upper else PLACE_BITS, 64, DIGIT_BITS):
        shift = np.uint64(bit)
        counts[0] = np.uint64(0)
        for i in range(items.size):
            word = first(items[i]) if upper else second(items[i])
            counts[0, ((word - low) >> shift) & mask] += np.uint64(1)
        if to_places(counts[0]):
            spread(items, scratch, upper, low, shift, mask, counts[0])
            items, scratch = scratch, items
            odd = not odd
    if odd:
        scratch[:] = items


@njit([f"void({x}[::1], {x}[::1], u8[:,::1])" for x in _KINDS], **_FAST)
def sort_block(items: Items, scratch: Items, counts: Counts) -> None:
    """Sort items in place. scratch : as long; counts : (2, DIGITS)."""
    low = high = first(items[0])
    for i in range(items.size):
        low, high = min(low, first(items[i])), max(high, first(items[i]))
    bits = np.uint64(64) - leading_zeros(high - low)
    number = np.uint64(64) - leading_zeros(np.uint64(items.size))
    width = min((number + np.uint64(_SPARE_BITS)) >> np.uint64(1), np.uint64(DIGIT_BITS))
    shift = max(bits, width + width) - (width + width)
    mask = (np.uint64(1) << width) - np.uint64(1)
    counts[:, : 1 << width] = 0
    for i in range(items.size):
        digits = (first(items[i]) - low) >> shift
        counts[0, digits & mask] += np.uint64(1)
        counts[1, digits >> width] += np.uint64(1)
    to_places(counts[0, : 1 << width])
    to_places(counts[1, : 1 << width])
    spread(items, scratch, True, low, shift, mask, counts[0])
    spread(scratch, items, True, low, shift + width, mask, counts[1])
    if not insert(items):
        sort_digits(items, scratch, counts, False, np.uint64(0))
        sort_digits(items, scratch, counts, True, low)


@njit([f"{x}({x}[::1])" for x in _KINDS], **_FAST)
def pivot(items: Items) -> Any:
    """The median of the first, the middle and the last item."""
    one, two, three = items[0], items[items.size // 2], items[items.size - 1]
    if before(two, one):
        one, two = two, one
    if before(three, two):
        two = one if before(three, one) else three
    return two


@njit([f"UniTuple(i8, 2)({x}[::1])" for x in _KINDS], **_FAST)
def divide(items: Items) -> tuple[int, int]:
    """Put the items below a pivot first and those above it last; where those equal to it are."""
    middle = pivot(items)
    low, i, high = 0, 0, items.size
    while i < high:
        item = items[i]
        if before(item, middle):
            items[i] = items[low]
            items[low] = item
            low += 1
            i += 1
        elif before(middle, item):
            high -= 1
            items[i] = items[high]
            items[high] = item
        else:
            i += 1
    return low, high


@njit([f"void({x}[::1], {x}[::1], u8[:,::1])" for x in _KINDS], **_FAST)
def sort_items(items: Items, scratch: Items, counts: Counts) -> None:
    """Sort items in place, of any number. scratch : the largest block for the caches."""
    stack = np.empty((_STACK, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, items.size
    depth = 1
    while depth:
        depth -= 1
        start, stop = stack[depth]
        part = items[start:stop]
        if part.size <= scratch.size:
            if part.size:
                sort_block(part, scratch[: part.size], counts)
            continue
        low, high = divide(part)
        larger = low > part.size - high
        # The larger side waits: the stack stays as low as a logarithm.
        for one in range(2):
            side = (start, start + low) if (one == 0) == larger else (start + high, stop)
            stack[depth, 0], stack[depth, 1] = side
            depth += 1
