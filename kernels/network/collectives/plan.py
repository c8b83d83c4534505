"""How large the parts of each operation are, and how often it is called; integers only."""

from __future__ import annotations

from typing import Final

ELEMENT_B: Final = 4
_CALLS: Final = 100
_FEWEST_CALLS: Final = 10
_CALLED_B: Final = 2**23
MOST_COUNTED: Final = 2**31 - 1
"""What a displacement of MPI-3 can hold."""


def sizes(smallest: int, largest: int) -> tuple[int, ...]:
    """The powers of two from the smallest to the largest, both of which are included, B."""
    powers = (2**k for k in range(largest.bit_length()))
    return tuple(sorted({one for one in powers if one > smallest} | {smallest, largest}))


def calls(size_B: int) -> int:
    """Calls in a repetition."""
    return min(_CALLS, max(_FEWEST_CALLS, _CALLED_B // size_B))


def uneven(elements: int, source: int, to: int) -> int:
    """Elements that alltoallv sends from one rank to another: half, all or one and a half."""
    return elements + ((source + to) % 3 - 1) * (elements // 2)


def uneven_start(elements: int, source: int, to: int) -> int:
    """Elements that alltoallv sends to the ranks before one; three in a row add up to 3 parts."""
    rest = sum((source + one) % 3 - 1 for one in range(to % 3))
    return elements * to + rest * (elements // 2)


def uneven_total(elements: int, ranks: int) -> int:
    """Elements of alltoallv that go from one rank to another one, over all ranks."""
    having = [len(range(rest, ranks, 3)) for rest in range(3)]
    total = 0
    for rest in range(3):
        pairs = sum(having[one] * having[(rest - one) % 3] for one in range(3))
        with_itself = having[2 * rest % 3]
        total += (pairs - with_itself) * uneven(elements, rest, 0)
    return total


def room(largest_B: int, ranks: int) -> int:
    """Elements of the largest buffer: one and a half parts for each rank."""
    elements = largest_B // ELEMENT_B
    return ranks * (elements + elements // 2)


def largest_countable(ranks: int) -> int:
    """The largest multiple of 4 B whose buffer MPI can count, in elements of 32 bits."""
    each = MOST_COUNTED // ranks  # half as many again as there are elements of a message
    return (2 * each + 1) // 3 * ELEMENT_B
