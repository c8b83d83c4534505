"""The last pass: the pieces of a bucket, from every rank, become sorted rows of the result.

The pieces are read once, in order, sorted in the caches, and written once. What is sorted of a
record is its key and its place (see `order`): the record itself moves from where it was received
to where it belongs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels.bigdata.sort.blocks import sort_items
from kernels.bigdata.sort.order import (
    IMAGE,
    PLACE_BITS,
    RECORD_B,
    bits_of,
    copy_record,
    image,
    key_of,
    second,
)

Words = NDArray[np.uint64]
Records = NDArray[np.uint32]
Pairs = NDArray[np.complex128]
Pieces = NDArray[np.int64]
_FAST: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}
_WORDS: Final = types.uint64[::1]
_RECORDS: Final = types.uint32[::1]
_PAIRS: Final = types.complex128[::1]
_PIECES: Final = types.int64[:, :, ::1]
_DIGITS: Final = types.uint64[:, ::1]


@njit(types.void(_WORDS, IMAGE, _WORDS), **_FAST)
def to_images(words: Words, how: Any, out: Words) -> None:
    """Fill out with the images of words; the two may be the same."""
    for i in range(words.size):
        out[i] = image(words[i], how)


@njit(types.void(_WORDS, IMAGE, _WORDS), **_FAST)
def from_images(images: Words, how: Any, out: Words) -> None:
    """Fill out with the words of images; the two may be the same."""
    for i in range(images.size):
        out[i] = bits_of(images[i], how)


@njit(types.void(_WORDS, IMAGE, _PIECES, _WORDS, _WORDS, _WORDS, _DIGITS), **_FAST)
def merge_keys(
    words: Words,
    how: Any,
    pieces: Pieces,
    out: Words,
    block: Words,
    scratch: Words,
    digits: Words,
) -> None:
    """Fill out with the rows of consecutive buckets, sorted.

    pieces : (buckets, sources, 2), first row of words and one past the last. block, scratch : as
    long as the largest bucket that fits into the caches; a larger one is sorted in out.
    """
    at = 0
    for bucket in range(len(pieces)):
        size = 0
        for source in range(pieces.shape[1]):
            size += pieces[bucket, source, 1] - pieces[bucket, source, 0]
        place = out[at : at + size]
        images = block[:size] if size <= block.size else place
        filled = 0
        for source in range(pieces.shape[1]):
            piece = words[pieces[bucket, source, 0] : pieces[bucket, source, 1]]
            to_images(piece, how, images[filled : filled + piece.size])
            filled += piece.size
        sort_items(images, scratch, digits)
        from_images(images, how, place)
        at += size


@njit(types.void(_RECORDS, _PIECES, _RECORDS, _PAIRS, _PAIRS, _DIGITS), **_FAST)
def merge_records(
    words: Records,
    pieces: Pieces,
    out: Records,
    pairs: Pairs,
    scratch: Pairs,
    digits: Words,
) -> None:
    """As `merge_keys`. pairs : as long as the largest bucket, scratch : what fits the caches."""
    mask = (np.uint64(1) << PLACE_BITS) - np.uint64(1)
    to, source_of = np.uint64(out.ctypes.data), np.uint64(words.ctypes.data)
    record_B = np.uint64(RECORD_B)
    for bucket in range(len(pieces)):
        size = 0
        for source in range(pieces.shape[1]):
            for row in range(pieces[bucket, source, 0], pieces[bucket, source, 1]):
                pairs[size] = key_of(words, np.uint64(row), np.uint64(row))
                size += 1
        sort_items(pairs[:size], scratch, digits)
        for i in range(size):
            row_B = (second(pairs[i]) & mask) * record_B
            copy_record(np.int64(to), np.int64(source_of + row_B))
            to += record_B
