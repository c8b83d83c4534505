"""Sums of coordinates as integers: exact, in any order, whoever adds what.

With all |x| below 2^top, and w bits so that n numbers of w bits sum to less than 2^63, a
coordinate is cut into two integers of w bits:

    x = high 2^(top - w) + low 2^(top - 2 w) + rest,       |rest| <= 2^(top - 2 w - 1)

Both are extracted by adding and subtracting sigma = 1.5 2^52 units: the low bits of x + sigma are x
in units, rounded (Rump, Ogita, Oishi, Accurate floating-point summation I, SIAM J. Sci. Comput. 31,
2008). A number that is a multiple of 2^(top - 2 w) has no rest: with n = 2^26, 2 w = 70, that is
every float64 above 2^(top - 18).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MOST_BITS: Final = 50
"""Of an integer: x / unit, rounded, must leave the exponent of sigma alone."""


class Units(NamedTuple):
    """How coordinates are cut. high, low : the units; both are powers of two."""

    high: float
    low: float

    @property
    def sigmas(self) -> tuple[float, float]:
        """What is added to a number to round it to a multiple of each unit."""
        return 1.5 * 2.0**52 * self.high, 1.5 * 2.0**52 * self.low


def units(largest: float, rows: int) -> Units:
    """Units for so many numbers of at most this magnitude, over all ranks."""
    top = math.frexp(largest)[1]
    bits = min(MOST_BITS, 62 - rows.bit_length())
    return Units(math.ldexp(1.0, top - bits), math.ldexp(1.0, top - 2 * bits))
