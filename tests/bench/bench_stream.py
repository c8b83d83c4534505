"""The four loops of STREAM against the same loops in C, interleaved on the same arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from kernels.memory.stream import cpu

N = 2**26
BYTES = {"copy": 16, "scale": 16, "add": 24, "triad": 24}
ARRAYS = {"copy": "ca", "scale": "bc", "add": "cab", "triad": "abc"}
PAIRS = 9


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc to build the peer")
    library = tmp_path_factory.mktemp("stream") / "libstream.so"
    source = Path(__file__).with_name("stream.c")
    flags = ["-O3", "-march=native", "-fopenmp", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def seconds(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("phase", list(BYTES))
def test_stream(phase: str, threads: int, peer: ctypes.CDLL, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    state = cpu.allocate(N)
    arguments: list[Any] = [ctypes.c_void_p(getattr(state, a).ctypes.data) for a in ARRAYS[phase]]
    arguments += [ctypes.c_double(cpu.SCALAR)] if phase in ("scale", "triad") else []
    arguments += [ctypes.c_ssize_t(N), ctypes.c_int(threads)]
    ours, theirs = getattr(state, phase), getattr(peer, phase)
    theirs.restype = None
    ratios = [seconds(lambda: theirs(*arguments)) / seconds(ours) for _ in range(PAIRS)]
    benchmark.pedantic(ours, rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["bandwidth_B_per_s"] = BYTES[phase] * N / benchmark.stats["median"]
    benchmark.extra_info["rate_over_C"] = float(np.median(ratios))
