"""How often a message of each size is sent, and where it lies; integers only.

A call moves about 4 MiB each way, in at most 1000 round trips, and is made at most ten times in a
repetition: the whole sweep up to 64 MiB sends 5 GB, half a second of memory and 45 s of Gigabit
Ethernet. A window of messages in flight holds 64, or what 4 MiB holds.
"""

from __future__ import annotations

from typing import Final

HEADLINE_B: Final = 8
"""The size whose latency stands for the kernel."""
EFFECTIVE_B: Final = 2_000_000
"""The size whose bandwidth b_eff and hpcc report."""
WINDOW: Final = 64
_CALL_B: Final = 2**22
_TRIPS: Final = 1000
_CALLS: Final = 10
_FEWEST_CALLS: Final = 3
_REPETITION_B: Final = 2**26
_LINE_B: Final = 64


def sizes(smallest: int, largest: int) -> tuple[int, ...]:
    """0, the powers of two and 2,000,000 B, as far as they lie between the two; both included."""
    powers = (2**k for k in range(largest.bit_length()))
    every = {0, *powers, EFFECTIVE_B, smallest, largest}
    return tuple(sorted(size for size in every if smallest <= size <= largest))


def trips(size_B: int) -> int:
    """Round trips in a call."""
    return min(_TRIPS, max(1, _CALL_B // max(size_B, 1)))


def calls(size_B: int) -> int:
    """Calls in a repetition."""
    return min(_CALLS, max(_FEWEST_CALLS, _REPETITION_B // max(size_B, 1)))


def window(size_B: int) -> int:
    """Messages in flight at once."""
    return min(WINDOW, max(1, _CALL_B // max(size_B, 1)))


def windows(size_B: int) -> int:
    """Windows in a call."""
    return max(1, trips(size_B) // window(size_B))


def buffers_B(sizes: tuple[int, ...]) -> int:
    """What a rank sends, or receives, in all sizes: a place for each message of a window."""
    return sum(window(size) * slot_B(size) for size in sizes)


def slot_B(size_B: int) -> int:
    """What one message of a window occupies: whole cache lines, and one for an empty message."""
    return max(1, -(-size_B // _LINE_B)) * _LINE_B
