"""Who measures a run now: one process at a time, wherever the results folder is mounted.

The file ``driver.json`` in the folder of the run names host, process and batch job. Its owner
touches it while it lives; nobody needs file locks, which network file systems may lack or hang on.
"""

from __future__ import annotations

import json
import os
import platform
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.errors import CannotMeasure

NAME: Final = "driver.json"
STALE_S: Final = 60.0
_BEAT_S: Final = 10.0


class Owner:
    """The claim of this process to be the one that measures a run."""

    def __init__(self, folder: Path, job: str = "") -> None:
        """Claim a run. job : the batch job of this process.

        Raises CannotMeasure if another process that lives, or may live, measures it.
        """
        self._file = folder / NAME
        self._job = job
        self._beaten = time.monotonic()
        self._claim()

    def beat(self) -> None:
        """Say that this process lives; touches the file at most every ten seconds."""
        if time.monotonic() - self._beaten > _BEAT_S:
            self._beaten = time.monotonic()
            with suppress(OSError):
                os.utime(self._file)

    def release(self) -> None:
        """Say that nobody measures the run any more."""
        with suppress(OSError):
            self._file.unlink()

    def _claim(self) -> None:
        import psutil

        mine = self._file.with_name(f".{NAME}.{uuid.uuid4().hex}.tmp")
        content = {
            "host": platform.node(),
            "pid": os.getpid(),
            "created": psutil.Process().create_time(),
            "job": self._job,
        }
        try:
            mine.write_text(json.dumps(content) + "\n", encoding="utf-8")
            self._replace(mine)
        except OSError as error:
            raise CannotMeasure(
                str(self._file),
                f"cannot be written: {error.strerror}",
                fix="free space, or use --results",
            ) from error
        finally:
            with suppress(
                OSError
            ):  # a read-only file system says so even of a file that is not there
                mine.unlink()

    def _replace(self, mine: Path) -> None:
        """Put the claim into place, unless the run has an owner that may live."""
        found = _read(self._file)
        if found and self._lives(found, mine):
            raise CannotMeasure(
                str(self._file.parent),
                f"is being measured by process {found.get('pid')} on {found.get('host')}",
                fix="wait for its end, or end it; a dead one on another node is forgotten after "
                f"{STALE_S:.0f} s",
            )
        mine.replace(self._file)

    def _lives(self, found: dict[str, Any], mine: Path) -> bool:
        if found.get("host") == platform.node():
            return _runs(found)
        if self._job and found.get("job") == self._job:
            return False  # the batch system starts a job again only when it has ended
        # Both times are of the file system's own clock: hosts may disagree about theirs.
        return mine.stat().st_mtime - self._file.stat().st_mtime < STALE_S


def is_measured(folder: Path) -> bool:
    """Whether somebody measures a run now, or may; without claiming it."""
    file = folder / NAME
    found = _read(file)
    if not found:
        return False
    if found.get("host") == platform.node():
        return _runs(found)
    with suppress(OSError):
        return time.time() - file.stat().st_mtime < STALE_S
    return False


def _runs(found: dict[str, Any]) -> bool:
    """Whether the process of this host that a claim names lives."""
    import psutil  # queries need it only while somebody measures

    with suppress(psutil.Error, KeyError, TypeError):
        process = psutil.Process(int(found["pid"]))
        return abs(process.create_time() - float(found["created"])) < 1.0
    return False


def _read(file: Path) -> dict[str, Any]:
    """What the file says; empty if there is none, or it says nothing."""
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}
