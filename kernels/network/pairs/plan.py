"""How many rounds a tournament has, and how often a message travels in one; integers only."""

from __future__ import annotations

from typing import Final

LATENCY_B: Final = 8
"""The message whose time is the latency."""
TRIPS: Final = 500
"""Round trips of it in a round: a millisecond or two of InfiniBand, 50 of Ethernet."""
_VOLUME_B: Final = 2**26
_FEWEST: Final = 4
_LINE_B: Final = 64


def rounds(ends: int, at_once: int) -> int:
    """Rounds in which all pairs of so many ends meet, that many pairs at once at most."""
    if ends < 2:
        return 0
    whole = ends - 1 + ends % 2
    return whole * -(-(ends // 2) // at_once)


def exchanges(message_B: int) -> int:
    """Large messages each way in a round: 64 MiB, 5 ms of 100 Gbit/s and 0.5 s of Gigabit.

    No more than there are round trips of the small one.
    """
    return min(TRIPS, max(_FEWEST, _VOLUME_B // message_B))


def slot_B(message_B: int) -> int:
    """What a message occupies: whole cache lines."""
    return -(-message_B // _LINE_B) * _LINE_B
