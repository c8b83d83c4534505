"""What a sample of the keys tells: how many distinct keys there are, and which are frequent.

At least: A. Chao, Nonparametric estimation of the number of classes in a population, Scand. J.
Statist. 11 (1984), from how many keys occur once and twice in the sample; this is their number if
all are equally frequent. At most: every row that is not in the sample brings a new key with the
probability of the next one, which is estimated by the share of those that occur once (I. J. Good,
Biometrika 40, 1953). They decide how fast the answer is found, not which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
SIZE: Final = 2**16
"""Rows of a sample."""
MOST_FREQUENT: Final = 2**13
"""Frequent keys: their table takes half a level 2 of 1 MiB."""
WORTH_WHILE: Final = 0.25
"""Share of rows that frequent keys must have: looking for them costs all the others time."""


@dataclass(frozen=True)
class Sample:
    """least, most : distinct keys; frequent : those worth a table of their own."""

    least: float
    most: float
    frequent: Keys


def sample(keys: Keys, rows: int) -> Sample:
    """Of some of so many rows, taken at equal distances."""
    taken = keys[:: max(1, -(-keys.size // SIZE))]
    found, counts = np.unique(taken, return_counts=True)
    once, twice = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    left = rows - taken.size
    unseen = once**2 / (2 * twice) if twice else once * (once - 1) / 2
    most = found.size + once * left / max(1, taken.size)
    return Sample(min(found.size + unseen, most), most, _frequent(found, counts))


def _frequent(found: Keys, counts: Keys) -> Keys:
    """The keys that occur most often, and more than once."""
    order = np.argsort(-counts, kind="stable")[:MOST_FREQUENT]
    order = order[counts[order] > 1]
    # One occurrence less: a key that was seen twice by chance says nothing.
    covered = np.sum(counts[order] - 1)
    return found[order] if covered >= WORTH_WHILE * max(1, counts.sum()) else found[:0]
