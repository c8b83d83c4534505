"""Bars and sparklines beside numbers, on a terminal that can show them and is wide enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_WIDE: Final = 120
_CELLS: Final = 8
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_HEIGHTS: Final = "▁▂▃▄▅▆▇█"
_FEWEST: Final = 3
_LEAST_SPREAD: Final = 0.01
"""Values that differ by less are drawn as equal: noise must not look like mountains."""
_STYLE: Final = "cyan"


@dataclass(frozen=True)
class Drawn:
    """A text, and before it what is drawn where the terminal can."""

    text: str
    drawing: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The text alone on a pipe, on a narrow terminal and without Unicode."""
        yield self._of(console)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as what is shown."""
        return Measurement.get(console, options, self._of(console))

    def _of(self, console: Console) -> Text:
        if not self.drawing or not can_draw(console):
            return Text(self.text)
        return Text.assemble((self.drawing, _STYLE), " ", self.text)


def can_draw(console: Console) -> bool:
    """Whether bars and sparklines would be seen as such."""
    unicode = console.encoding.lower().startswith("utf")
    return console.is_terminal and unicode and console.width >= _WIDE


def fraction(text: str, value: float | None) -> Drawn:
    """A fraction of 1 as a bar; full above 1."""
    if value is None:
        return Drawn(text, "")
    eighths = round(8 * _CELLS * min(max(value, 0.0), 1.0))
    full, part = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[part] if part else "")
    return Drawn(text, bar.ljust(_CELLS, "·"))


def sparkline(text: str, values: Sequence[float]) -> Drawn:
    """Values of launches one after the other, from the least to the most of them."""
    if len(values) < _FEWEST:
        return Drawn(text, "")
    low, high = min(values), max(values)
    if high - low <= _LEAST_SPREAD * abs(high):
        return Drawn(text, _HEIGHTS[3] * len(values))
    steps = [round((one - low) / (high - low) * (len(_HEIGHTS) - 1)) for one in values]
    return Drawn(text, "".join(_HEIGHTS[one] for one in steps))
