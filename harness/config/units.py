"""Quantities as people write them, read into base units: "512 GiB" -> 549755813888.0 B."""

from __future__ import annotations

import math
import re
from typing import Final

_DECIMAL: Final = {"": 1.0} | {
    prefix: 1000.0**power for power, prefix in enumerate("kMGTPEZ", start=1)
}
_BINARY: Final = {f"{prefix}i": 1024.0**power for power, prefix in enumerate("KMGTPEZ", start=1)}
_PREFIX: Final = _DECIMAL | {"K": 1000.0} | _BINARY

# Spellings of each base unit, longest first so that "flop/s" is not read as "f" and a rest.
_SPELLINGS: Final = {
    "flop/s/W": ("flop/s/w", "flops/w", "flop/w", "f/w"),
    "flop/s": ("flop/s", "flops", "flop", "f/s", "f"),
    "B/s": ("bytes/s", "byte/s", "B/s"),  # b is a bit to half of all readers: refused
    "B": ("bytes", "byte", "B"),
    "W": ("watts", "watt", "w"),
    "Hz": ("hz",),
    "1": ("",),
}
QUANTITIES: Final = frozenset({*_SPELLINGS, "s"} - {"1"})
"""Base units that have other spellings and prefixes; a pure number has none."""
_TIME: Final = {
    "": 1.0, "s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "m": 60.0,
    "h": 3600.0, "d": 86400.0,
}  # fmt: skip
# Separators of thousands; 1,5 is not one, and could mean 1.5.
_GROUPED: Final = re.compile(r"(?<=\d)_(?=\d)|(?<=\d),(?=\d{3}(?!\d))")
_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d].*)?\s*$")


def quantity(value: object, unit: str) -> float:
    """Read a quantity in base ``unit``: "flop/s", "flop/s/W", "B/s", "B", "W", "Hz", "s" or "1".

    A bare number is in the base unit. Raises ValueError, saying what was found and an example.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(_complaint(value, unit))
    try:
        number, suffix = _split(value, unit) if isinstance(value, str) else (float(value), "")
    except OverflowError as error:
        raise ValueError(_complaint(value, unit)) from error
    result = number * _factor(suffix, unit, value)
    if not math.isfinite(result):
        raise ValueError(_complaint(value, unit))
    return result


def _split(text: str, unit: str) -> tuple[float, str]:
    match = _NUMBER.match(_GROUPED.sub("", text))
    if match is None:
        raise ValueError(_complaint(text, unit))
    return float(match[1]), (match[2] or "").strip()


def _factor(suffix: str, unit: str, value: object) -> float:
    if unit == "s":
        if suffix in _TIME:
            return _TIME[suffix]
        raise ValueError(_complaint(value, unit))
    if not suffix:
        return 1.0
    for spelling in _SPELLINGS[unit]:
        prefix = suffix[: len(suffix) - len(spelling)].strip()
        spelled = suffix.endswith(spelling) or suffix.casefold().endswith(spelling)
        if spelled and prefix in _PREFIX:
            return _PREFIX[prefix]
    raise ValueError(_complaint(value, unit))


_EXAMPLES: Final = {
    "flop/s": "'93 TF' or '93 Tflop/s'",
    "flop/s/W": "'6.1 GF/W' or '6.1 Gflop/s/W'",
    "B/s": "'200 GB/s'",
    "B": "'512 GiB'",
    "W": "'15 kW'",
    "Hz": "'2.5 GHz'",
    "s": "'90', '90 s', '15 min' or '2 h'",
    "1": "'1000'",
}


def _complaint(value: object, unit: str) -> str:
    return f"{value!r} is no quantity in {unit}: write it as {_EXAMPLES[unit]}"
