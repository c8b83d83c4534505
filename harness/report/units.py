"""Numbers for people: the only place where base units get prefixes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

_PREFIXES: Final = ("", "k", "M", "G", "T", "P", "E", "Z")
_SMALL: Final = {-1: "m", -2: "u", -3: "n"}  # of seconds only: nobody speaks of a mflop/s
_PAUSES: Final = ((86400.0, "days"), (3600.0, "h"), (60.0, "min"))
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def si(value: float | None, unit: str, figures: int = 3) -> str:
    """``1.2e9, "B/s"`` -> ``1.20 GB/s``; three significant digits; ``-`` for an unknown value.

    A number of unit 1 has a prefix alone: ``1.20 G``.
    """
    unit = "" if unit == "1" else unit
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0.0:
        return f"0 {unit}".rstrip()
    size = _rounded(abs(value), figures)
    power = _power(size, unit)
    number = math.copysign(size / 1000.0**power, value)
    prefix = _PREFIXES[power] if power >= 0 else _SMALL[power]
    return f"{digits(number, figures)} {prefix}{unit}".rstrip()


def si_range(low: float, high: float, unit: str) -> str:
    """``0.814e9, 1.44e9, "B/s"`` -> ``0.814 - 1.44 GB/s``: one prefix for both."""
    scaled = si(high, unit)
    if not scaled.split()[1:] or not math.isfinite(low):
        return scaled
    factor = _factor(high, unit)
    return f"{digits(low / factor)} - {scaled}"


def _factor(value: float, unit: str) -> float:
    """What the prefix of this value stands for."""
    return 1000.0 ** _power(_rounded(abs(value)), unit) if value else 1.0


def _power(size: float, unit: str) -> int:
    least = min(_SMALL) if unit == "s" else 0
    return min(max(math.floor(math.log10(size)) // 3, least), len(_PREFIXES) - 1)


def digits(number: float, figures: int = 3) -> str:
    """Three significant digits, without an exponent where people would not write one."""
    size = abs(number)
    if size < 0.1 or size >= 1e6:
        return f"{number:.{figures}g}"
    size = _rounded(size, figures) if size < 1000.0 else size
    whole = len(str(int(size))) if size >= 1.0 else 0
    return f"{number:.{max(0, figures - whole)}f}"


def giga(value: float) -> float:
    """``5.2e10`` -> ``52.0``, for a format whose column is in units of 10^9."""
    return value / 1e9


def seconds(value: float | None) -> str:
    """``0.0123`` -> ``12.3 ms``."""
    if value is None or not math.isfinite(value):
        return "-"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if value >= factor:
            return f"{digits(value / factor)} {unit}" if value < 600 else minutes(value)
    return f"{digits(value * 1e9)} ns"


def minutes(value: float) -> str:
    """``5400`` -> ``1 h 30 min``."""
    hours, rest = divmod(round(value / 60.0), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def column(
    values: Sequence[float | None], unit: str, like: Sequence[float]
) -> tuple[str, list[str]]:
    """One unit for a column, in which the median of ``like`` reads well, and its numbers.

    ``-`` stands for what is not known.
    """
    power = _power(_rounded(abs(median(like)) or 1.0), unit)
    prefix = _PREFIXES[power] if power >= 0 else _SMALL[power]
    words = ["-" if one is None else digits(one / 1000.0**power) for one in values]
    return f"{prefix}{unit}", words


def exact_binary(size_B: float) -> str:
    """``12288`` -> ``12 KiB``, ``1572864`` -> ``1.5 MiB``, ``1000`` -> ``1000 B``."""
    power = 0
    while power + 1 < len(_BINARY) and size_B >= 1024.0 and (size_B / 256.0).is_integer():
        power, size_B = power + 1, size_B / 1024.0
    return f"{size_B:.10g} {_BINARY[power]}B"


def binary(size_B: float) -> str:
    """``2147483648`` -> ``2.00 GiB``."""
    power = min(int(math.log2(max(size_B, 1)) // 10), len(_BINARY) - 1)
    return f"{digits(size_B / 1024.0**power)} {_BINARY[power]}B"


def counted(number: int, noun: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def pause(seconds: float) -> str:
    """A time between two events in the unit that fits: ``40 s``, ``5.0 min``, ``1.0 days``.

    What is shorter than a second is one.
    """
    size, name = next((one for one in _PAUSES if seconds >= one[0]), (1.0, "s"))
    value = max(1.0, seconds / size)
    return f"{value:.0f} {name}" if value >= 9.95 or size == 1.0 else f"{value:.1f} {name}"


def percent(fraction: float | None) -> str:
    """``0.853`` -> ``85 %``."""
    return "-" if fraction is None or not math.isfinite(fraction) else f"{100.0 * fraction:.0f} %"


def signed_percent(fraction: float) -> str:
    """``0.0213`` -> ``+2.1 %``."""
    return f"{100.0 * fraction:+.1f} %"


def _rounded(size: float, figures: int = 3) -> float:
    """To three significant digits first, so that 999.6 becomes 1.00 k and not 1000."""
    return float(f"{size:.{figures}g}")
