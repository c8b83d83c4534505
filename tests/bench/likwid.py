"""likwid-bench as a peer: micro-benchmarks in hand-written assembly (Debian: likwid).

Sizes are those of all threads and all arrays of a test together; its threads are pinned.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final

import pytest

from kernels._support.target import target

_UNITS: Final = {"MByte/s": 1e6, "MFlops/s": 1e6}


def suffix() -> str:
    """The end of the names of the tests for the registers of this processor."""
    return {64: "avx512", 32: "avx", 16: "sse"}[target().vector_B]


def rate(test: str, size_B: int, threads: int, unit: str = "MByte/s") -> float:
    """What a test reaches in about a second, in B/s or flop/s; skips where likwid is missing."""
    program = shutil.which("likwid-bench")
    if program is None:
        pytest.skip("likwid-bench is missing: apt-get install likwid")
    group = f"N:{size_B // 1000}kB:{threads}"
    printed = subprocess.run(
        [program, "-t", test, "-W", group], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(rf"^{unit}:\s+([\d.]+)$", printed, re.MULTILINE)
    assert found is not None, printed
    return float(found[1]) * _UNITS[unit]
