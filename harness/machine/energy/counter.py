"""A counter of energy that runs since boot and wraps around."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.machine.tree import Unavailable


@dataclass(frozen=True)
class Counter:
    """One domain of a node, such as ``package-0``.

    file : holds the counter as a whole number of ``unit_J``; range_J : where it begins again, None
    if it does not; resolution_s : how often the hardware moves it; most_W : more than the domain
    can draw.
    """

    domain: str
    file: Path
    unit_J: float
    range_J: float | None
    resolution_s: float
    most_W: float

    def read_J(self) -> float:
        """The counter now. Unavailable if it cannot be read: newer kernels let only root."""
        try:
            return int(self.file.read_bytes()) * self.unit_J
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no number"
            raise Unavailable(f"{self.file}: {why}") from None

    def between_J(self, before_J: float, after_J: float, window_s: float) -> float:
        """What was used between two readings that are so far apart.

        Unavailable if it went back and has no range: it was reset; or if it may have wrapped
        around more than once, which nobody could tell.
        """
        if self.range_J is not None and window_s * self.most_W >= self.range_J:
            raise Unavailable(f"{self.domain}: may have wrapped around twice in {window_s:.0f} s")
        if after_J >= before_J:
            return after_J - before_J
        if self.range_J is None:
            raise Unavailable(f"{self.domain}: the counter went back")
        return after_J - before_J + self.range_J
