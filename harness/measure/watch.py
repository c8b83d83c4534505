"""The watch that a kernel tells what happens inside a phase; see `kernels.contract.Watch`.

Laps are two readings of the clock apart and an addition. Progress goes to the journal at most once
a second, unsynced: a write of some 10 us, so that a run of any length is disturbed by far less
than a thousandth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from harness.measure.timeline import Timeline

PROGRESS_EVERY_S: Final = 1.0
Tell = Callable[[int, int, float, float], None]
"""Receives done, total, share of the work and the seconds since the phase began."""


class Stopwatch:
    """The watch of one rank.

    tell : what receives its progress, or None; timeline : what keeps how the parts grow with it.
    """

    def __init__(self, tell: Tell | None = None, timeline: Timeline | None = None) -> None:
        self._tell = tell
        self.timeline = timeline
        self._began = self._last = self._told = 0.0
        self.parts: dict[str, float] = {}
        self.splits: dict[str, list[float]] = {}
        self.series: dict[str, list[float]] = {}

    def reset(self) -> None:
        """Forget what was told in the repetition before."""
        self.parts = {}
        self.splits = {}
        self.series = {}
        if self.timeline is not None:
            self.timeline.reset()

    def begin(self, now: float) -> None:
        """A phase begins, by `time.perf_counter`."""
        self._began = self._last = self._told = now

    def end(self, now: float) -> None:
        """It ended, by the same clock."""
        if self.timeline is not None:
            self.timeline.end(now - self._began, self.parts)

    def lap(self, part: str) -> None:
        """Add the seconds since the last lap to a part."""
        now = time.perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + now - self._last
        self._last = now

    def split(self, part: str) -> None:
        """As `lap`; the seconds are kept one by one too."""
        before = self._last
        self.lap(part)
        self.splits.setdefault(part, []).append(self._last - before)

    def progress(self, done: int, total: int, share: float) -> None:
        """Keep where the parts stand, as of the last lap; pass it on, if it is time to."""
        if self.timeline is not None:
            self.timeline.reached(done, total, self._last - self._began, self.parts)
        if self._tell is None:
            return
        now = time.perf_counter()
        if now - self._told >= PROGRESS_EVERY_S:
            self._told = now
            self._tell(done, total, share, now - self._began)

    def note(self, series: str, value: float) -> None:
        """Append a number to a series."""
        self.series.setdefault(series, []).append(value)
