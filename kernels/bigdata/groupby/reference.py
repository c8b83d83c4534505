"""The group-by in NumPy and the standard library's integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def groupby(keys: NDArray[Any], values: NDArray[np.int64]) -> dict[Any, tuple[int, int, int, int]]:
    """Sum, count, minimum and maximum of the values of each key."""
    found, groups = np.unique(keys, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    pieces = np.split(values[order], np.cumsum(np.bincount(groups))[:-1])
    return {
        key.item(): (sum(piece.tolist()), piece.size, int(piece.min()), int(piece.max()))
        for key, piece in zip(found, pieces, strict=True)
    }


def part(keys: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """The partition of each key: the upper half of its fmix64, as a share of all."""
    bits, shift = keys.view(np.uint64), np.uint64(33)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        bits = (bits ^ (bits >> shift)) * np.uint64(factor)
    upper = (bits ^ (bits >> shift)) >> np.uint64(32)
    shares: NDArray[np.uint64] = (upper * np.uint64(parts)) >> np.uint64(32)
    return shares.view(np.int64)
