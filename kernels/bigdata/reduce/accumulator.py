"""Exact summation: a sum of floats as one long integer, in units of 2^-1074.

The integer is kept in `LIMBS` limbs, limb j weighing 2^(32 j), in 64-bit words whose upper halves
take up carries: the small superaccumulator of R. M. Neal, Fast exact summation using small and
large superaccumulators, arXiv:1505.05571 (2015). Integers add exactly in any order, so the sum is
the same for every number of threads and ranks, and it is rounded once, at the end.

A float is not added alone. A chunk of them is split by error-free extraction (Rump, Ogita, Oishi,
Accurate floating-point summation I, SIAM J. Sci. Comput. 31, 2008; Demmel, Nguyen, Parallel
reproducible summation, IEEE Trans. Comput. 64, 2015): with sigma = 1.5 * 2^52 u, the low bits of
x + sigma are x / u rounded to an integer, and x - ((x + sigma) - sigma) is what is left, exactly.
The integers of a chunk are summed in one vector loop (`vectors`). Two extractions take 104 bits off
the top, with a u that suited the chunk before. Where they fail, the chunk is copied, its largest
magnitude is looked for, and they are repeated further down until nothing is left. The sum is exact
either way: what was tried does not show in it.

Infinities and NaN are counted apart, in the three words after the limbs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.int64]

LIMBS = 70
NAN, PLUS, MINUS = LIMBS, LIMBS + 1, LIMBS + 2
WORDS = LIMBS + 3
"""Limbs, then how many NaN, +inf and -inf were added."""
LOWEST = 1074
"""The unit is 2^-LOWEST, the smallest float64."""
CHUNK = 4032
"""Floats extracted together: their integers, at most 2^51, sum to less than 2^63."""
STEP = 52
"""Bits taken off by one extraction."""
ERROR = 53
"""Bits from a product down to its rounding error."""
HEADROOM = 8
"""Bits by which the chunks to come may exceed the one that u was chosen for."""
UNKNOWN = -(2**20)
"""For an exponent of u: there is none yet."""
LARGEST_FAST = 1000
"""Above 2^LARGEST_FAST sigma comes near overflow: such chunks are added float by float."""

# Of the 64 bits of a float: all but the sign; the fraction; what is added to the exponent.
MAGNITUDE = 0x7FFFFFFFFFFFFFFF
FRACTION_BITS = 52
BIAS = 1023

_MASK = 0xFFFFFFFF


@intrinsic
def _fma(_context: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x y + z, rounded once: the processor's instruction, or the C library's function."""

    def code(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        double = ir.DoubleType()
        kind = ir.FunctionType(double, [double] * 3)
        function = builder.module.declare_intrinsic("llvm.fma", [double], kind)
        return builder.call(function, arguments)

    return types.float64(types.float64, types.float64, types.float64), code


fma: Any = _fma
"""The function as compiled code calls it, without the compiler's context."""


@njit("void(i8[::1], i8, i8)", cache=True, error_model="numpy")
def add_integer(limbs: Words, k: Any, exponent: Any) -> None:
    """Add to limbs: k 2^exponent, exponent >= -1074."""
    place = exponent + LOWEST
    j, shift = np.uintp(place >> 5), place & 31
    low, high = (k & _MASK) << shift, (k >> 32) << shift
    limbs[j] += low & _MASK
    limbs[j + np.uintp(1)] += (low >> 32) + (high & _MASK)
    limbs[j + np.uintp(2)] += high >> 32


@njit("void(i8[::1], f8)", cache=True, error_model="numpy")
def add_float(limbs: Words, x: float) -> None:
    """Add to limbs: x, taken apart into its bits."""
    bits: Any = np.float64(x).view(np.int64)
    power, fraction = (bits & MAGNITUDE) >> FRACTION_BITS, bits & ((1 << FRACTION_BITS) - 1)
    if power == 2 * BIAS + 1:
        limbs[NAN if fraction else PLUS if bits > 0 else MINUS] += 1
        return
    if power:
        fraction |= 1 << FRACTION_BITS
    add_integer(limbs, fraction if bits >= 0 else -fraction, max(power, 1) - 1 - LOWEST)


@njit("void(i8[::1])", cache=True, error_model="numpy")
def carry(limbs: Words) -> None:
    """Every limb but the highest into 0 .. 2^32 - 1."""
    over = 0
    for j in range(LIMBS - 1):
        limbs[j] += over
        over = limbs[j] >> 32
        limbs[j] &= _MASK
    limbs[LIMBS - 1] += over


@njit("b1(f8[::1], i8[::1], i8)", cache=True, error_model="numpy")
def extract_twice(values: Floats, limbs: Words, exponent: int) -> bool:
    """Take two times 52 bits off values, all below 2^(exponent + 51); whether any is left.

    values becomes what is left; limbs gets the multiples of 2^exponent and 2^(exponent - 52).
    """
    sigma_1, sigma_2 = math.ldexp(1.5, exponent + STEP), math.ldexp(1.5, exponent)
    zero_1 = np.float64(sigma_1).view(np.int64)
    zero_2 = np.float64(sigma_2).view(np.int64)
    sum_1: Any = 0
    sum_2: Any = 0
    left: Any = 0
    for i in range(values.size):
        high = values[i] + sigma_1
        rest = values[i] - (high - sigma_1)
        low = rest + sigma_2
        rest -= low - sigma_2
        sum_1 += np.float64(high).view(np.int64) - zero_1
        sum_2 += np.float64(low).view(np.int64) - zero_2
        left |= np.float64(rest).view(np.int64)
        values[i] = rest
    add_integer(limbs, sum_1, exponent)
    add_integer(limbs, sum_2, exponent - STEP)
    return bool(left & MAGNITUDE)


@njit("i8(f8[::1], i8, i8[::1])", cache=True, error_model="numpy")
def add_chunk(values: Floats, top: int, limbs: Words) -> int:
    """Add to limbs: sum of values; overwrites values. values: (at most CHUNK,).

    top : the bits of max |value|, or of a bound with the same or a larger exponent.
    The exponent of u with which the next chunk may be tried; `UNKNOWN` after a chunk too wide.
    """
    power = (top >> FRACTION_BITS) - BIAS
    if power > LARGEST_FAST:
        for i in range(values.size):
            add_float(limbs, values[i])
        carry(limbs)
        return UNKNOWN
    exponent = max(power - 50, STEP - LOWEST)
    passes = 1
    while extract_twice(values, limbs, exponent):
        exponent = max(exponent - 2 * STEP, STEP - LOWEST)
        passes += 1
    return UNKNOWN if passes > 1 else min(exponent + HEADROOM, LARGEST_FAST - 50)


@njit("UniTuple(f8, 2)(i8)", cache=True, error_model="numpy")
def sigmas(exponent: int) -> tuple[float, float]:
    """What is added to extract multiples of u = 2^exponent, and then of u / 2^52."""
    return math.ldexp(1.5, exponent + STEP), math.ldexp(1.5, exponent)


@njit([f"i8({x}[::1], f8[::1], i8)" for x in ("f8", "f4")], cache=True, error_model="numpy")
def load(part: NDArray[Any], values: Floats, mask: int) -> int:
    """Copy the bits of part that are in mask to values; the bits of max |value|.

    Those of NaN are above those of infinity.
    """
    top: Any = 0
    for i in range(part.size):
        bits = np.float64(part[i]).view(np.int64) & mask
        values[i] = np.int64(bits).view(np.float64)
        top = max(top, bits & MAGNITUDE)
    return int(top)


_MULTIPLY = [f"i8({x}[::1], {x}[::1], f8[::1], f8[::1])" for x in ("f8", "f4")]


@njit(_MULTIPLY, cache=True, error_model="numpy")
def multiply(part: NDArray[Any], other: NDArray[Any], products: Floats, errors: Floats) -> int:
    """Multiply: products + errors = part other, exactly; the bits of max |product|."""
    top: Any = 0
    for i in range(part.size):
        x, y = np.float64(part[i]), np.float64(other[i])
        product = x * y
        errors[i] = fma(x, y, -product)
        products[i] = product
        top = max(top, np.float64(product).view(np.int64) & MAGNITUDE)
    return int(top)


@njit("i8(f8[::1], f8[::1], i8, i8[::1])", cache=True, error_model="numpy")
def add_products(products: Floats, errors: Floats, top: int, limbs: Words) -> int:
    """Add to limbs: sum of products and their rounding errors, but no error of an infinite one.

    As `add_chunk`, the exponent for the products; an error is at most half a unit in the last
    place: its exponent is `ERROR` below.
    """
    if (top >> FRACTION_BITS) - BIAS > LARGEST_FAST:
        for i in range(products.size):
            if not math.isfinite(products[i]):
                errors[i] = 0.0
    one = add_chunk(products, top, limbs)
    other = add_chunk(errors, max(top - (ERROR << FRACTION_BITS), 0), limbs)
    return one if other != UNKNOWN else UNKNOWN


def exact(words: Words) -> int:
    """The sum of the finite floats, in units of 2^-1074."""
    return sum(int(limb) << (32 * j) for j, limb in enumerate(words[:LIMBS]))


def not_finite(words: Words) -> float | None:
    """NaN or an infinity, as IEEE 754 sums them, if any was added."""
    if words[NAN] or (words[PLUS] and words[MINUS]):
        return math.nan
    if words[PLUS] or words[MINUS]:
        return math.inf if words[PLUS] else -math.inf
    return None


def rounded(numerator: int, denominator: int) -> float:
    """The nearest float64 to a fraction (ties to even), or infinity beyond the largest."""
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def rounded_root(numerator: int, denominator: int) -> float:
    """The nearest float64 to the square root of a fraction >= 0, or infinity beyond the largest.

    An integer of 64 bits or more of it, the last one set if there is a rest, rounds as the root.
    """
    if numerator == 0:
        return 0.0
    shift = max(0, 130 - numerator.bit_length() + denominator.bit_length())
    shift += shift & 1
    whole, rest = divmod(numerator << shift, denominator)
    root = math.isqrt(whole)
    sticky = 2 * root + (rest != 0 or root * root != whole)
    return rounded(sticky, 2 << (shift // 2))
