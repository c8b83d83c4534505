"""What the micro-benchmarks share: peers in C and assembly, and a summary of what they reached."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from kernels._support.target import target

_UNITS: Final = {"MByte/s": 1e6, "MFlops/s": 1e6}
_CPUS: Final = frozenset(os.sched_getaffinity(0))
_FLAGS: Final = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")


@contextmanager
def on_all_cpus() -> Generator[None]:
    """A kernel pins the calling thread, and what a peer starts inherits that."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _CPUS)
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)


@pytest.fixture(scope="session")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ctypes.CDLL]:
    """Builds a C source of this folder with gcc; further arguments are flags."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc to build the peer")

    def build(name: str, *flags: str) -> ctypes.CDLL:
        library = tmp_path_factory.mktemp("in_c") / f"lib{name}.so"
        source = Path(__file__).with_name(f"{name}.c")
        subprocess.run(["gcc", *_FLAGS, *flags, source, "-o", library], check=True)
        return ctypes.CDLL(str(library))

    return build


@pytest.fixture(scope="session")
def peer_seconds() -> Callable[[Callable[[], object]], float]:
    """Seconds that a call of a peer takes, whose threads may run on all CPUs."""

    def seconds(call: Callable[[], object]) -> float:
        with on_all_cpus():
            start = time.perf_counter()
            call()
            return time.perf_counter() - start

    return seconds


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
        command = [self.program, "-t", test, "-W", group]
        with on_all_cpus():
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
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
