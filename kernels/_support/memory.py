"""Arrays that begin on a cache line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

CACHE_LINE_B = 64
"""Alignment of every array, B: a cache line, and a vector register of AVX-512."""
HUGE_PAGE_B = 2**21
"""Of x86-64 and of AArch64 with pages of 4 KiB."""
_ADVISED_B = 2**22
"""From this size on NumPy asks Linux for huge pages."""


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """An array of that shape, C order, at a multiple of 64 B; its pages are not touched yet.

    The allocation is one cache line longer than the array.
    """
    shape = (shape,) if isinstance(shape, int) else shape
    size_B = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size_B + CACHE_LINE_B, dtype=np.uint8)
    offset = -raw.ctypes.data % CACHE_LINE_B
    return raw[offset : offset + size_B].view(dtype).reshape(shape)


def touched(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """As `aligned`, filled with zeros by the calling thread: no timed region pays for its pages."""
    array = aligned(shape, dtype)
    array.fill(0)
    return array


def on_huge_pages(size_B: int) -> NDArray[np.uint8]:
    """Bytes on huge pages from the first to the last, where Linux gives them; filled with zeros.

    One process reads the memory of another page by page, up to twice as fast from huge ones.
    """
    raw = np.empty(huge_B(size_B), dtype=np.uint8)
    offset = -raw.ctypes.data % HUGE_PAGE_B
    array = raw[offset : offset + size_B]
    raw.fill(0)
    return array


def huge_B(size_B: int) -> int:
    """What `on_huge_pages` allocates: whole pages, and one more to begin on a page."""
    return max(_ADVISED_B, (-(-size_B // HUGE_PAGE_B) + 1) * HUGE_PAGE_B)
