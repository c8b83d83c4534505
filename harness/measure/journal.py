"""The journal of a launch: what rank 0 writes while it measures, one line an event.

A line is the CRC-32 of the rest in hexadecimal, a space, and one JSON object with the key "event".
It is appended with one write, so that whatever happens to the ranks or the driver, every whole line
is a fact; a torn last line is recognised and left out.

Events, in order: placement; then for each case: case, compiled, ready, state (before), warm-up,
sample..., state (after), verified, end, and progress in between where a kernel tells it. ``raised``
can come from any rank, in a file of its own. For somebody else's program the driver writes them:
placement, case, printed, sample, parsed, verified, end.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from pathlib import Path
from typing import Any, Final

Event = dict[str, Any]
DAMAGED: Final = "damaged"
"""Stands where a line is not what was written."""
_FSYNC_EVERY_S: Final = 5.0
_WHILE_TIMED: Final = ("progress",)
"""Events that are written inside a timed phase: never synced, they are no facts to keep."""


class Writer:
    """Appends events to a journal; used by one process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._synced = time.monotonic()

    def write(self, event: str, **facts: Any) -> None:
        """Append one event; flushed to disk at most every few seconds."""
        body = json.dumps({"event": event, "time": time.time(), **facts}).encode()
        os.write(self._file, b"%08x %s\n" % (zlib.crc32(body), body))
        if event in _WHILE_TIMED:
            return
        if time.monotonic() - self._synced > _FSYNC_EVERY_S:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def close(self) -> None:
        """Flush and close."""
        os.fsync(self._file)
        os.close(self._file)


class Follower:
    """Reads a growing journal; each call of `new` returns the whole lines that were added.

    A torn last line is left for the next call.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> list[Event]:
        """Events since the last call; none while the file does not exist."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return []
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [_parsed(line) or {"event": DAMAGED} for line in whole.splitlines()]


def events(path: Path) -> list[Event]:
    """All events of a journal; DAMAGED where a line is not what was written."""
    return Follower(path).new()


def _parsed(line: bytes) -> Event | None:
    """The event of a line, or None if the line is torn or damaged."""
    crc, _, body = line.partition(b" ")
    try:
        if int(crc, 16) != zlib.crc32(body):
            return None
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
