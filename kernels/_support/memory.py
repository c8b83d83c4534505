"""Arrays that begin on a cache line, the large ones in huge pages."""

from __future__ import annotations

import itertools
import math
import mmap
from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

CACHE_LINE_B = 64
"""Alignment of every array, B: a cache line, and a vector register of AVX-512."""
HUGE_PAGE_B: Final = 2**21
"""A huge page of x86-64 and of Arm with pages of 4 KiB."""
_LARGE_B: Final = 2 * HUGE_PAGE_B
COLOUR_B: Final = 2**16
"""Large arrays begin this far from each other modulo a huge page.

Arrays swept side by side that begin at the same offset meet in the same sets of a cache and the
same banks of memory. Measured for a triad of 256 MiB in huge pages on Zen 4: 32.7 GB/s with 64 KiB
between the offsets, 30.0 without, 28.0 with 4 KiB; 26.6 without huge pages either."""
_COLOURS: Final = 8
_large_arrays = itertools.count()


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """An array of that shape, C order, at a multiple of 64 B; its pages are not touched yet.

    From 4 MiB on it is a mapping of its own, which asks for huge pages: the kernel gives them
    where transparent huge pages are "always" or "madvise". The allocation is longer than the array
    by one cache line, or by less than two huge pages that nobody touches.
    """
    shape = (shape,) if isinstance(shape, int) else shape
    size_B = math.prod(shape) * np.dtype(dtype).itemsize
    raw = _mapping(size_B) if size_B >= _LARGE_B else _allocation(size_B)
    return raw.view(dtype).reshape(shape)


def _allocation(size_B: int) -> NDArray[np.uint8]:
    raw = np.empty(size_B + CACHE_LINE_B, dtype=np.uint8)
    offset = -raw.ctypes.data % CACHE_LINE_B
    return raw[offset : offset + size_B]


def _mapping(size_B: int) -> NDArray[np.uint8]:
    """Bytes at the next colour after a multiple of a huge page."""
    colour_B = next(_large_arrays) % _COLOURS * COLOUR_B
    whole_B = -(-(colour_B + size_B) // HUGE_PAGE_B) * HUGE_PAGE_B
    mapping = mmap.mmap(-1, whole_B + HUGE_PAGE_B, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without huge pages
        mapping.madvise(mmap.MADV_HUGEPAGE)
    raw = np.frombuffer(mapping, dtype=np.uint8)
    offset = -raw.ctypes.data % HUGE_PAGE_B + colour_B
    return raw[offset : offset + size_B]


def touched(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """As `aligned`, filled with zeros by the calling thread: no timed region pays for its pages."""
    array = aligned(shape, dtype)
    array.fill(0)
    return array


def on_huge_pages(size_B: int) -> NDArray[np.uint8]:
    """Bytes on huge pages, where Linux gives them; filled with zeros.

    One process reads the memory of another page by page, up to twice as fast from huge ones.
    """
    return touched(huge_B(size_B), np.uint8)[:size_B]


def huge_B(size_B: int) -> int:
    """What `on_huge_pages` allocates: smaller arrays lie on ordinary pages."""
    return max(_LARGE_B, size_B)
