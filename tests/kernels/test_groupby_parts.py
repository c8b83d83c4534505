"""Parts of groupby: names, samples, rows in partitions, tables that grow."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.bigdata.groupby import by_integer, reference, results, sample, table
from kernels.bigdata.groupby.names import Names
from kernels.bigdata.groupby.parted import nothing
from kernels.bigdata.groupby.partition import parts_of
from kernels.bigdata.groupby.room import Room
from kernels.bigdata.groupby.split import BLOCK_WORDS, Split, blocks
from tests.kernels.test_groupby import numbers


def test_generated_strings_are_the_digits_of_the_keys() -> None:
    class Keys:
        rows = 2

        def read(self, start: int, out: np.ndarray) -> None:
            out[:] = 12345, 9_999_999_999

    strings = Names(Keys()).read(0, 2)  # type: ignore[arg-type]
    assert strings.data.tobytes() == b"id0000012345id9999999999"
    assert strings.starts.tolist() == [0, 12, 24]


@pytest.mark.parametrize("shift", [0, 1, 12, 32, 40])
@pytest.mark.parametrize("parts", [64, 1000])
def test_the_hash_spreads_regular_keys(shift: int, parts: int) -> None:
    """Chi-squared of 100 keys a partition: mean parts, deviation sqrt(2 parts)."""
    keys = np.arange(100 * parts, dtype=np.int64) << shift
    found = np.empty(keys.size, np.int64)
    parts_of(keys, parts, found)
    np.testing.assert_array_equal(found, reference.part(keys, parts))
    counts = np.bincount(found, minlength=parts)
    assert ((counts - 100) ** 2 / 100).sum() < parts + 6 * np.sqrt(2 * parts)


@pytest.mark.parametrize("keys", [10, 10_000, 10**6])
def test_a_sample_bounds_the_number_of_uniform_keys(keys: int) -> None:
    rows = np.random.default_rng(3).integers(0, keys, 2**20)
    seen = sample.sample(rows, rows.size)
    distinct = np.unique(rows).size
    assert 0.8 * min(keys, rows.size) <= seen.least * 1.02
    assert distinct <= seen.most * 1.05
    assert set(seen.frequent.tolist()) <= set(rows.tolist())
    assert (seen.frequent.size > 0) == (keys <= 10_000)


def test_a_sample_of_nothing() -> None:
    seen = sample.sample(np.empty(0, np.int64), 0)
    assert (seen.least, seen.most, seen.frequent.size) == (0, 0, 0)


def test_split_keeps_every_row(threads: int) -> None:
    """In the partition of its key, chunk after chunk, whichever blocks are full."""
    rng = np.random.default_rng(4)
    split = Split(5, np.empty(0, np.int64), table.SUMS, 4000, Room(np.int64))
    for _ in range(2):
        chunks = [rng.integers(0, 999, size) for size in (1, 1023, 0, 256, 2720)]
        for chunk in chunks:
            assert split.fits(chunk.size)
            split.add(chunk, chunk + 7)
        assert not split.fits(1)
        rows, keys = split.rows(), np.concatenate(chunks)
        for part in range(5):
            pieces = rows.pieces[rows.bounds[part, 0] : rows.bounds[part, 1]]
            found = np.concatenate([rows.items[first:last] for first, last in pieces])
            wanted = np.sort(keys[reference.part(keys, 5) == part])
            np.testing.assert_array_equal(np.sort(found[:, 0]), wanted)
            np.testing.assert_array_equal(found[:, 1], found[:, 0] + 7)
        split.clear(4000)


@pytest.mark.parametrize("width", [table.SUMS, table.ALL])
@pytest.mark.parametrize("size", [0, 9, 300, 5000])
def test_results_take_the_blocks_of_rows_first(
    width: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are there in their order, whether they need fewer blocks than there are or more."""
    monkeypatch.setattr(results, "CHUNK", 200)
    split = Split(3, np.empty(0, np.int64), width, 2000, Room(np.int64))
    split.add(np.arange(2000), np.arange(2000))
    some, every = results.Results(width), -1 - np.arange(2 * size * width).reshape(-1, width)
    rows = split.rows()
    memory, there = blocks(rows)
    for half, parts in ((every[:size], [0, 2]), (every[size:], [1])):
        some.append(half, spent=rows.some(np.array(parts)))
    assert some.size == 2 * size
    np.testing.assert_array_equal(np.concatenate([every[:0], *some.chunks()]), every)
    taken = int((memory[there, 0] < 0).sum())
    assert taken == there.size if size == 5000 else taken <= 2 * (size * width // BLOCK_WORDS)


def test_a_table_grows() -> None:
    """From 64 slots to 2^15, with the sums right whatever LOW has to carry."""
    one = by_integer.Combiner(table.ALL)
    split = Split(1, np.empty(0, np.int64), table.ALL, 30_000, Room(np.int64))
    keys = np.arange(30_000) % 10_000
    split.add(keys, np.full(30_000, -3))
    found, made = one.combine(nothing(table.ALL, 1), split.rows())
    assert made.tolist() == [10_000]
    assert {numbers(row) for row in found} == {(-9, 3, -3, -3)}
    assert (found[:, table.LOW] >> 32 == 0).all()
