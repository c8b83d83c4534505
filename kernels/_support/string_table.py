"""A hash table of byte strings: what groups rows by text and counts words have in common.

An entry is four words of 64 bits, two entries a cache line:

    0, 1, 2   a string of up to 24 B itself, filled up with zeros; of a longer one its hash, where
              its bytes begin in the arena, and its length
    3         upper 8 bits, the tag: its length + 1, `LONG` for a longer one, 0 of a free entry;
              lower 56 bits, the value: what the user of the table keeps for it, 0 at first

Most words fit into an entry, so that one cache line answers a look-up, and equal always means equal
bytes, never equal hashes. Collisions go to the next entry (linear probing).

The hash folds 128-bit products, as wyhash does (W. Yi, wyhash, public domain, 2019): 16 B a step.
Its upper half says which rank owns a string (`hashing.part_of`), its lower bits where it stands in
the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.address import copy, folded, word_at
from kernels._support.hashing import part_of
from kernels._support.memory import aligned, touched

Entries = NDArray[np.uint64]
HASH, PLACE, LENGTH, STATE = range(4)
"""Words of an entry; the first three are so used if the string is long."""
INLINE_B: Final = 24
"""The longest string that stands in its entry."""
LONG: Final = 255
"""Tag of all longer strings."""
TAG_BITS: Final = 56
"""The tag stands above so many bits, the value in them."""
VALUE: Final = (1 << TAG_BITS) - 1
"""Mask of the value."""
RANKS: Final = np.uint64(1)
"""Factor of the hash for parts that belong to ranks; another one for parts within a rank."""
SPARSE: Final = 2
"""Entries a string at least: a string is found with at most 1.5 probes on average."""
SMALLEST: Final = 2**12
_ARENA_B: Final = 2**16
_PAGE_B: Final = 4096
_PRIMES: Final = (0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)
_FIRST, _SECOND, _THIRD = (np.uint64(one) for one in _PRIMES)
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_SHIFT, _LONG = np.uint64(TAG_BITS), np.uint64(LONG)
_KEPT: Final = np.array(
    [[(1 << 8 * min(max(n - i, 0), 8)) - 1 for i in (0, 8, 16)] for n in range(INLINE_B + 1)],
    np.uint64,
)
"""Which bits of the three words belong to a string of n bytes."""
_COMPILED: Final[Any] = {"cache": True, "error_model": "numpy"}


class Table(NamedTuple):
    """A table as compiled code takes it; used : how many strings, and bytes of the arena."""

    entries: Entries  # (capacity, 4), capacity a power of 2
    arena: NDArray[np.uint8]
    used: NDArray[np.int64]  # (2,)


TABLE: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (types.uint64[:, ::1], types.uint8[::1], types.int64[::1]), Table
)
KEY: Final[Any] = types.UniTuple(types.uint64, 4)  # type: ignore[no-untyped-call]


@njit(types.uint64(types.int64, types.int64), **_COMPILED)
def _bytes_at(address: int, length: int) -> Any:
    """Up to 8 bytes as a word, no other byte touched."""
    word: Any = np.uint64(0)
    base = address & ~7
    if length > 0:
        word = word_at(base) >> np.uint64(8 * (address - base))
        if address + length > base + 8:
            word |= word_at(base + 8) << np.uint64(8 * (base + 8 - address))
        if length < 8:
            word &= _ONES >> np.uint64(64 - 8 * length)
    return word


@njit(types.uint64(types.int64, types.int64), **_COMPILED)
def long_hash(address: int, length: int) -> Any:
    """Hash of a string of at least 16 B; the last step takes its last 16 B."""
    state: Any = _FIRST ^ np.uint64(length)
    last = address + length - 16
    while address < last:
        state = folded(word_at(address) ^ state, word_at(address + 8) ^ _SECOND)
        address += 16
    state = folded(word_at(last) ^ state, word_at(last + 8) ^ _SECOND)
    return folded(state ^ _THIRD, _SECOND)


@njit(types.uint64(KEY), **_COMPILED)
def hash_of(key: Any) -> Any:
    """The hash of a string from its `key`, or from its entry with the tag instead of the state."""
    if key[3] == _LONG:
        return key[HASH]
    return folded(folded(key[0] ^ _FIRST, key[1] ^ _SECOND) ^ key[3], key[2] ^ _THIRD)


@njit(KEY(types.uint64[::1]), **_COMPILED)
def key_of(entry: Any) -> Any:
    """The key in an entry."""
    return entry[0], entry[1], entry[2], entry[STATE] >> _SHIFT


@njit(KEY(types.int64, types.int64), **_COMPILED)
def key(address: int, length: int) -> Any:
    """Three words and the tag of the string of so many bytes at an address.

    Of a short string 24 B are read in one go where they lie on one page. A long one has no place
    yet: one that is nowhere.
    """
    if length > INLINE_B:
        return long_hash(address, length), _ONES, np.uint64(length), _LONG
    tag = np.uint64(length + 1)
    if length == 0 or (address & (_PAGE_B - 1)) > _PAGE_B - INLINE_B:
        return (
            _bytes_at(address, min(length, 8)),
            _bytes_at(address + 8, min(length - 8, 8)),
            _bytes_at(address + 16, length - 16),
            tag,
        )
    kept = _KEPT[np.uint64(length)]
    return (
        word_at(address) & kept[0],
        word_at(address + 8) & kept[1],
        word_at(address + 16) & kept[2],
        tag,
    )


@njit(types.boolean(types.int64, types.int64, types.int64), **_COMPILED)
def equal(one: int, other: int, length: int) -> bool:
    """Two strings of more than 8 B have the same bytes."""
    for i in range(0, length - 8, 8):
        if word_at(one + i) != word_at(other + i):
            return False
    return bool(word_at(one + length - 8) == word_at(other + length - 8))


@njit(types.boolean(types.uint64[::1], KEY), **_COMPILED)
def same(entry: Any, key: Any) -> bool:
    """An entry holds this short string."""
    differs = (entry[0] ^ key[0]) | (entry[1] ^ key[1]) | (entry[2] ^ key[2])
    return bool((differs | (entry[STATE] >> _SHIFT) ^ key[3]) == np.uint64(0))


@njit(types.uint64(TABLE, KEY, types.int64), **_COMPILED)
def place(table: Any, key: Any, address: int) -> Any:
    """The entry of a string, which is put into the table if it is not there: its value is 0 then.

    key : that of the string at ``address``, which is read for strings of more than 24 B only. The
    table must have room (`StringTable.reserve`).
    """
    entries, mask = table.entries, np.uint64(len(table.entries) - 1)
    arena: Any = table.arena.ctypes.data
    length: Any = np.int64(key[LENGTH])
    long = key[3] == _LONG
    slot = hash_of(key) & mask
    while entries[slot, STATE] != np.uint64(0):
        if same(entries[slot], key):
            return slot
        if long and entries[slot, STATE] >> _SHIFT == _LONG and entries[slot, HASH] == key[HASH]:
            there = arena + np.int64(entries[slot, PLACE])
            if entries[slot, LENGTH] == key[LENGTH] and equal(there, address, length):
                return slot
        slot = (slot + np.uint64(1)) & mask
    entries[slot, 0], entries[slot, 1], entries[slot, 2] = key[0], key[1], key[2]
    entries[slot, STATE] = key[3] << _SHIFT
    if long:
        entries[slot, PLACE] = np.uint64(table.used[1])
        copy(arena + table.used[1], address, length)
        table.used[1] += length
    table.used[0] += 1
    return slot


@njit(types.void(TABLE, TABLE), **_COMPILED)
def _move(table: Any, new: Any) -> None:
    """Put all entries of a table into an empty one with as long an arena or longer."""
    entries, mask = new.entries, np.uint64(len(new.entries) - 1)
    for i in range(len(table.entries)):
        entry = table.entries[i]
        if entry[STATE] != np.uint64(0):
            slot = hash_of(key_of(entry)) & mask
            while entries[slot, STATE] != np.uint64(0):
                slot = (slot + np.uint64(1)) & mask
            entries[slot, :] = entry
    new.arena[: table.used[1]] = table.arena[: table.used[1]]
    new.used[:] = table.used


@njit(types.void(TABLE, types.int64[:, ::1], types.uint64), **_COMPILED)
def count_owned(table: Any, amounts: NDArray[np.int64], factor: Any) -> None:
    """amounts[p] = entries of owner p, and bytes of the long strings among them. (parts, 2).

    factor : `RANKS`, or another odd number for parts that have nothing to do with those.
    """
    amounts[:] = 0
    for i in range(len(table.entries)):
        entry = table.entries[i]
        if entry[STATE] != np.uint64(0):
            found = key_of(entry)
            part = part_of(hash_of(found) * factor, len(amounts))
            amounts[part, 0] += 1
            if found[3] == _LONG:
                amounts[part, 1] += np.int64(found[LENGTH])


@njit(
    types.void(TABLE, types.int64[:, ::1], types.uint64, types.uint64[:, ::1], types.uint8[::1]),
    **_COMPILED,
)
def pack(
    table: Any,
    places: NDArray[np.int64],
    factor: Any,
    entries: Entries,
    text: NDArray[np.uint8],
) -> None:
    """The entries ordered by owner, and the bytes of the long strings among them in their order.

    places : (parts, 2), where the entries and the bytes of a part begin; afterwards, where they
    end. The place of a long string is lost: its bytes follow those of the long one before it.
    """
    arena, to = table.arena.ctypes.data, text.ctypes.data
    for i in range(len(table.entries)):
        entry = table.entries[i]
        if entry[STATE] == np.uint64(0):
            continue
        found = key_of(entry)
        part = part_of(hash_of(found) * factor, len(places))
        at = places[part, 0]
        places[part, 0] += 1
        entries[at, :] = entry
        if found[3] == _LONG:
            length = np.int64(found[LENGTH])
            entries[at, PLACE] = _ONES
            copy(to + places[part, 1], arena + np.int64(found[PLACE]), length)
            places[part, 1] += length


class StringTable:
    """A table that grows: `reserve` before compiled code puts strings into ``table``."""

    def __init__(self, strings: int = 0) -> None:
        """An empty table with room for so many strings of up to 24 B."""
        self.table = _empty(_capacity(strings), _ARENA_B)

    @property
    def strings(self) -> int:
        """How many there are."""
        return int(self.table.used[0])

    @property
    def allocated_B(self) -> int:
        """Bytes of the table."""
        return self.table.entries.nbytes + self.table.arena.nbytes

    def room(self) -> int:
        """How many strings may be added before it must grow."""
        return len(self.table.entries) // SPARSE - self.strings

    def clear(self) -> None:
        """Forget all strings, keep the memory."""
        self.table.entries[:, STATE] = 0
        self.table.used[:] = 0

    def free(self) -> None:
        """Forget all strings and give the memory back."""
        self.table = _empty(SMALLEST, _ARENA_B)

    def needed_B(self, strings: int, text_B: int) -> int:
        """Bytes to allocate, beside those it has, for so many strings more and their bytes."""
        capacity, arena_B = self._sizes(strings, text_B)
        if capacity == len(self.table.entries) and arena_B == self.table.arena.size:
            return 0
        return 32 * capacity + arena_B

    def reserve(self, strings: int, text_B: int) -> None:
        """Make room for so many strings more, and so many bytes of those of more than 24 B."""
        capacity, arena_B = self._sizes(strings, text_B)
        if capacity > len(self.table.entries):
            new = _empty(capacity, arena_B)
            _move(self.table, new)
            self.table = new
        elif arena_B > self.table.arena.size:
            arena = aligned(arena_B, np.uint8)
            taken_B = int(self.table.used[1])
            arena[:taken_B] = self.table.arena[:taken_B]
            self.table = self.table._replace(arena=arena)

    def _sizes(self, strings: int, text_B: int) -> tuple[int, int]:
        """Entries and bytes of the arena with room for that, at least twice as many if more."""
        capacity = max(len(self.table.entries), _capacity(self.strings + strings))
        arena_B, need_B = self.table.arena.size, int(self.table.used[1]) + text_B
        return capacity, arena_B if need_B <= arena_B else max(2 * arena_B, need_B)

    def values(self) -> dict[bytes, int]:
        """Every string with its value, in Python's own types: for results that are looked at."""
        arena = self.table.arena.tobytes()
        found = {}
        for *words, state in self.table.entries[self.table.entries[:, STATE] > 0].tolist():
            tag, value = state >> TAG_BITS, state & VALUE
            if tag == LONG:
                text = arena[words[PLACE] : words[PLACE] + words[LENGTH]]
            else:
                text = b"".join(one.to_bytes(8, "little") for one in words)[: tag - 1]
            found[text] = value
        return found


def packed(
    tables: Sequence[StringTable], factor: np.uint64, parts: int
) -> tuple[Entries, NDArray[np.uint8], NDArray[np.int64]]:
    """All tables as `pack` writes them, and how many entries and bytes each part has: (parts, 2).

    Within a part the tables follow one another: a string may be there once for each.
    """
    amounts = np.zeros((parts, len(tables), 2), np.int64)
    own = np.empty((parts, 2), np.int64)
    for at, one in enumerate(tables):
        count_owned(one.table, own, factor)
        amounts[:, at] = own
    ends = np.cumsum(amounts.reshape(-1, 2), axis=0).reshape(amounts.shape)
    entries = aligned((int(ends[-1, -1, 0]), 4), np.uint64)
    text = aligned(int(ends[-1, -1, 1]), np.uint8)
    for at, one in enumerate(tables):
        pack(one.table, (ends - amounts)[:, at].copy(), factor, entries, text)
    return entries, text, amounts.sum(axis=1)


def _capacity(strings: int) -> int:
    """Entries for so many strings: a power of 2."""
    return max(SMALLEST, 1 << (SPARSE * strings - 1).bit_length())


def _empty(capacity: int, arena_B: int) -> Table:
    """Its pages are touched here: no look-up pays for them."""
    entries = touched((capacity, 4), np.uint64)
    return Table(entries, aligned(arena_B, np.uint8), np.zeros(2, np.int64))
