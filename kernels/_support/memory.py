"""Arrays that begin on a cache line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

CACHE_LINE_B = 64
"""Alignment of every array, B: a cache line, and a vector register of AVX-512."""


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
