"""Files that are written whole in place of older ones: reports, suites, what is kept for later."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path


def write_over(path: Path, content: bytes) -> None:
    """Write a file beside its place, fsync, and move it there; OSError if that is impossible.

    Killed at any moment, ``path`` is what it was or whole. Of what failed nothing is left.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()
