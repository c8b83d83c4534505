"""The scan for candidates: whole blocks are passed over in vectors if nothing in them is above.

Values are taken as 64-bit words. The key of a float orders its bits as a signed integer: the
magnitude of a negative one is inverted; -0.0 becomes +0.0. Integers are their own keys.

Every thread has a buffer for candidates, and the key above which a row is one. When the buffer is
full, its k largest stay and the smallest of them is the new bound. As a buffer holds at least twice
as many as stay, and some thousand more, the selections cost a few operations a row at most,
whatever the order of the data.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._support.memory import touched
from kernels._support.simd import INT64, broadcast, element_address, load, registers
from kernels.bigdata.topk.select import DIGITS, Words, keep, kth_largest

BLOCK: Final = 64
"""Rows that are passed over at once."""
ROOM: Final = 2**14
"""A buffer holds at least so many more than the k that stay."""
SPARSE: Final = 16
"""Among this many times as many rows as a buffer holds, a sample of as many gives the first bound:
it would be a long way up from nothing in data that rise."""
COUNT, LOWEST, CLOSED = range(3)
STATUS: Final = 8
"""Words of a thread: candidates in its buffer, lowest key that is one, whether none can be."""
_KEYS: Final = registers(INT64)
_MASK: Final = ir.VectorType(ir.IntType(1), _KEYS.count)
_SIGN_BIT: Final = 63
LEAST: Final = -(2**63)


def capacity(k: int) -> int:
    """Candidates that a buffer holds."""
    return k + max(k, ROOM) + BLOCK


@intrinsic
def _blocks_without(
    _context: Any, words: Any, first: Any, blocks: Any, low: Any, high: Any, magnitude: Any
) -> Any:
    """Blocks from ``first`` on, of so many, before the first with a key in low .. high."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words, first, blocks, low, high, magnitude = arguments
        address = element_address(context, builder, signature.args[0], words, first)
        lowest, bits = (broadcast(builder, one, _KEYS) for one in (low, magnitude))
        span = broadcast(builder, builder.sub(high, low), _KEYS)
        shift = ir.Constant(_KEYS, [_SIGN_BIT] * _KEYS.count)

        before = builder.block
        head, body, after = (builder.append_basic_block(name) for name in ("head", "body", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.phi(INT64)
        i.add_incoming(INT64(0), before)
        builder.cbranch(builder.icmp_signed("<", i, blocks), body, after)
        builder.position_at_end(body)
        at = builder.add(address, builder.mul(i, INT64(8 * BLOCK)))
        found = _MASK(None)
        for k in range(0, BLOCK, _KEYS.count):
            word = load(builder, at, k, _KEYS)
            key = builder.xor(word, builder.and_(builder.ashr(word, shift), bits))
            inside = builder.icmp_unsigned("<=", builder.sub(key, lowest), span)
            found = builder.or_(found, inside)
        some = builder.bitcast(found, ir.IntType(_KEYS.count))
        i.add_incoming(builder.add(i, INT64(1)), body)
        builder.cbranch(builder.icmp_unsigned("==", some, some.type(0)), head, after)
        builder.position_at_end(after)
        return i

    return types.int64(words, *[types.int64] * 5), code


blocks_without: Any = _blocks_without


@njit("i8(i8, i8)", cache=True, error_model="numpy")
def key_of(word: int, magnitude: int) -> int:
    """The key of a value's bits. magnitude : all but the sign for floats, 0 for integers."""
    key = word ^ ((word >> _SIGN_BIT) & magnitude)
    return key + ((key == -1) & (magnitude != 0))


@njit("void(i8[::1], i8[::1], i8[::1], i8, i8, i8[::1], i8[::1])", cache=True, error_model="numpy")
def select(
    status: Words, keys: Words, rows: Words, k: int, high: int, work: Words, counts: Words
) -> None:
    """Let the k largest of a buffer stay."""
    size = status[COUNT]
    if size < k:
        return
    threshold, ties = kth_largest(keys[:size], k, work, counts)
    status[COUNT] = keep(keys[:size], rows[:size], threshold, ties)
    status[CLOSED] = threshold == high
    status[LOWEST] = threshold + (threshold < high)


@njit("i8(i8[::1], i8, i8, i8[::1])", cache=True, error_model="numpy")
def sample(words: Words, high: int, magnitude: int, keys: Words) -> int:
    """Fill keys with those of blocks spread evenly over words, NaN below all numbers; how many."""
    blocks = keys.size // BLOCK
    stride = words.size // blocks
    for b in range(blocks):
        for i in range(BLOCK):
            key = key_of(words[b * stride + i], magnitude)
            keys[b * BLOCK + i] = key if key <= high else LEAST
    return blocks * BLOCK


@njit(
    "void(i8[::1], i8, i8, i8, i8, i8[:,::1], i8[:,:,::1], i8[:,::1])",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def scan(
    words: Words,
    first_row: int,
    k: int,
    high: int,
    magnitude: int,
    status: Words,
    buffers: NDArray[np.int64],
    counts: Words,
) -> None:
    """Add the candidates among words, the rows from first_row on, to the buffers.

    high : largest key that is a number. status: (threads, STATUS); counts: (threads, DIGITS);
    buffers: (threads, 3, capacity): keys, rows, work.
    """
    threads = len(status)
    for t in prange(threads):
        mine, keys, rows, work = status[t], buffers[t, 0], buffers[t, 1], buffers[t, 2]
        place, last = words.size * t // threads, words.size * (t + 1) // threads
        if mine[COUNT] == 0 and last - place >= SPARSE * keys.size:
            size = sample(words[place:last], high, magnitude, keys)
            mine[LOWEST] = max(mine[LOWEST], kth_largest(keys[:size], k, work, counts[t])[0])
        while place < last and not mine[CLOSED]:
            blocks = (last - place) // BLOCK
            place += BLOCK * blocks_without(words, place, blocks, mine[LOWEST], high, magnitude)
            size, lowest = mine[COUNT], mine[LOWEST]
            stop = min(place + BLOCK, last)
            for i in range(place, stop):
                key = key_of(words[i], magnitude)
                keys[size], rows[size] = key, first_row + i
                size += (key >= lowest) & (key <= high)
            mine[COUNT], place = size, stop
            if size > keys.size - BLOCK:
                select(mine, keys, rows, k, high, work, counts[t])


def cleared(threads: int, k: int) -> tuple[Words, NDArray[np.int64], Words]:
    """Status, buffers and counts of so many threads."""
    return (
        touched((threads, STATUS), np.int64),
        touched((threads, 3, capacity(k)), np.int64),
        touched((threads, DIGITS), np.int64),
    )
