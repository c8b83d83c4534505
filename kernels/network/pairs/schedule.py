"""In which order all pairs meet: a round-robin tournament, many disjoint pairs at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def tournament(ends: int) -> Ints:
    """(rounds, pairs, 2): the circle method; with an odd number of ends one rests in each round.

    Every pair stands once, the smaller number first.
    """
    if ends < 2:
        return np.zeros((0, 0, 2), np.int64)
    places = ends + ends % 2 - 1  # on the circle; one end stands in its centre
    start = np.arange(places)[:, None]
    away = np.arange(1, (places + 1) // 2)[None, :]
    left, right = (start + away) % places, (start - away) % places
    if ends % 2 == 0:
        left = np.hstack([start, left])
        right = np.hstack([np.full_like(start, ends - 1), right])
    return np.sort(np.stack([left, right], axis=-1), axis=-1)


def meetings(ends: int, at_once: int) -> list[Ints]:
    """Of each round (pairs, 2): a tournament, its rounds cut where fewer pairs may meet at once."""
    return [
        one[start:stop]
        for one in tournament(ends)
        for start, stop in pairwise([*range(0, len(one), at_once), len(one)])
    ]


def partners(ends: int, at_once: int, end: int) -> Ints:
    """(rounds,): whom an end meets in each round, -1 where it rests.

    As in `meetings`, without the pairs of all others, of which many ends have very many.
    """
    if ends < 2:
        return np.zeros(0, np.int64)
    places = ends + ends % 2 - 1
    start = np.arange(places)
    if ends % 2 == 0 and end == ends - 1:
        met, pair = start, np.zeros(places, np.int64)
    else:
        met = (2 * start - end) % places
        away = (end - start) % places
        pair = np.minimum(away, places - away) - ends % 2
        met[away == 0] = ends - 1 if ends % 2 == 0 else -1
        pair[away == 0] = 0
    parts = -(-(ends // 2) // at_once)  # of a round
    found = np.full(places * parts, -1, np.int64)
    found[start * parts + pair // at_once] = met
    return found
