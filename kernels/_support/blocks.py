"""Block distribution: n items over `parts` ranks, the first n mod parts of them one item longer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """The items start, start + 1, ..., stop - 1 of a distributed sequence; it may be empty."""

    start: int
    size: int

    @property
    def stop(self) -> int:
        """One past the last item."""
        return self.start + self.size


def block(n: int, parts: int, index: int) -> Block:
    """The items of part ``index``; the convention is that of `numpy.array_split`."""
    size, longer = divmod(n, parts)
    return Block(index * size + min(index, longer), size + (index < longer))


def largest(n: int, parts: int) -> int:
    """Items of the fullest part."""
    return -(-n // parts)
