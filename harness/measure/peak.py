"""The most memory that a rank had during a case.

The kernel of the operating system keeps the high-water mark of the resident memory of a process,
VmHWM, and takes it back to what is resident now when a 5 is written to clear_refs: proc(5). Without
that, every case would show the memory of the largest case before it in the same launch.
"""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROCESS: Final = Path("/proc/self")
_MARK: Final = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)
_RESET: Final = "5"


def forget(process: Path = _PROCESS) -> None:
    """Begin anew with what is resident now; where that cannot be, the mark stays."""
    with suppress(OSError):
        (process / "clear_refs").write_text(_RESET, encoding="ascii")


def peak_memory_B(process: Path = _PROCESS) -> int:
    """The most bytes that were resident since `forget`, or ever where Linux does not tell."""
    try:
        found = _MARK.search((process / "status").read_text(encoding="utf-8"))
    except OSError:
        found = None
    if found is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(found[1]) * 1024
