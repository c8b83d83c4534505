"""Lloyd's step with NumPy, and the sums of its clusters in integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.bigdata.kmeans.exact import Units

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def nearest(points: Floats, centres: Floats) -> Integers:
    """(rows,): the number of the nearest centre, the first of equally near ones."""
    differences = points[:, None, :] - centres[None, :, :]
    labels: Integers = (differences**2).sum(axis=2).argmin(axis=1)
    return labels


def means(points: Floats, labels: NDArray[Any], centres: Floats) -> Floats:
    """The new centres; that of an empty cluster stays where it was."""
    new = centres.copy()
    for label in np.unique(labels):
        new[label] = points[labels == label].mean(axis=0)
    return new


def in_units(points: Floats, units: Units) -> Integers:
    """(2, rows, dimensions): the coordinates cut into integers; see `exact`."""
    high = np.rint(points / units.high)
    low = np.rint((points - high * units.high) / units.low)
    return np.stack([high, low]).astype(np.int64)


def sums(points: Floats, labels: NDArray[Any], clusters: int, units: Units) -> Integers:
    """(2, clusters, dimensions): the sums of the clusters, in the two units."""
    total = np.zeros((2, clusters, points.shape[1]), np.int64)
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    if found.size:
        total[:, found] = np.add.reduceat(in_units(points[order], units), starts, axis=1)
    return total
