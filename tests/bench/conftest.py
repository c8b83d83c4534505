"""What the micro-benchmarks share: a peer in assembly, and a summary of what they reached."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final

import pytest

from kernels._support.target import target

_UNITS: Final = {"MByte/s": 1e6, "MFlops/s": 1e6}


class Likwid:
    """likwid-bench: micro-benchmarks in hand-written assembly (Debian: likwid)."""

    def __init__(self, program: str) -> None:
        self.program = program
        registers = {64: "avx512", 32: "avx", 16: "sse"}[target().vector_B]
        self.suffix = registers
        """The end of the names of its tests for the registers of this processor."""

    def rate(self, test: str, size_B: int, threads: int, unit: str = "MByte/s") -> float:
        """What a test reaches in about a second, in B/s or flop/s.

        size_B : of all arrays of all threads together. It pins its threads.
        """
        group = f"N:{size_B // 1000}kB:{threads}"
        printed = subprocess.run(
            [self.program, "-t", test, "-W", group], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(rf"^{unit}:\s+([\d.]+)$", printed, re.MULTILINE)
        assert found is not None, printed
        return float(found[1]) * _UNITS[unit]


@pytest.fixture(scope="session")
def likwid() -> Likwid:
    program = shutil.which("likwid-bench")
    if program is None:
        pytest.skip("likwid-bench is missing: apt-get install likwid")
    return Likwid(program)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show rates and ratios, which pytest-benchmark only stores."""
    session = getattr(config, "_benchmarksession", None)
    for one in session.benchmarks if session is not None else ():
        facts = ", ".join(f"{name} {value:.4g}" for name, value in one.extra_info.items())
        if facts:
            terminalreporter.write_line(f"{one.name}: {facts}")
