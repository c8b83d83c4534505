"""The loops of STREAM against the same loops in C, in turns on the same arrays, and against likwid.

Non-temporal stores too are compared with the plain loop in C: what they save is its write-allocate.
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable
from typing import Any

import numba
import pytest
from mpi4py import MPI

from kernels.memory.stream import cpu
from kernels.memory.stream.kernel import NONTEMPORAL, PLAIN, Stream

N = 2**26
BYTES = {"copy": 16, "scale": 16, "add": 24, "triad": 24, "dot": 16}
ARRAYS = {"copy": "ca", "scale": "bc", "add": "cab", "triad": "abc", "dot": "ab"}
PAIRS = 9
LIKWID_PAIRS = 5


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def loop_in_c(peer: ctypes.CDLL, phase: str, state: cpu.State) -> Callable[[], object]:
    arguments: list[Any] = [ctypes.c_void_p(getattr(state, a).ctypes.data) for a in ARRAYS[phase]]
    arguments += [ctypes.c_double(cpu.SCALAR)] if phase in ("scale", "triad") else []
    arguments += [ctypes.c_ssize_t(N), ctypes.c_int(state.threads)]
    function = getattr(peer, phase)
    function.restype = ctypes.c_double if phase == "dot" else None
    return lambda: function(*arguments)


def allocate(threads: int, variant: str) -> cpu.State:
    numba.set_num_threads(threads)
    return Stream(n=N, variant=variant).setup(MPI.COMM_SELF)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("variant", [PLAIN, NONTEMPORAL])
@pytest.mark.parametrize("phase", list(BYTES))
def test_stream(
    phase: str, variant: str, threads: int, in_c: Any, peer_seconds: Any, benchmark: Any
) -> None:
    state = allocate(threads, variant)
    ours, theirs = getattr(state, phase), loop_in_c(in_c("stream"), phase, state)
    ratios = [peer_seconds(theirs) / seconds(ours) for _ in range(PAIRS)]
    benchmark.pedantic(ours, rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["bandwidth_B_per_s"] = BYTES[phase] * N / benchmark.stats["median"]
    benchmark.extra_info["rate_over_C"] = statistics.median(ratios)


@pytest.mark.parametrize("threads", [1, 2])
def test_triad_against_likwid(threads: int, likwid: Any, benchmark: Any) -> None:
    state = allocate(threads, NONTEMPORAL)
    name = "stream_mem_sse" if likwid.suffix == "sse" else "stream_mem_avx_fma"
    ratios = []
    for _ in range(LIKWID_PAIRS):
        mine = statistics.median(seconds(state.triad) for _ in range(PAIRS))
        ratios.append(24 * N / mine / likwid.rate(name, 24 * N, threads))
    benchmark.pedantic(state.triad, rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["bandwidth_B_per_s"] = 24 * N / benchmark.stats["median"]
    benchmark.extra_info["rate_over_likwid"] = statistics.median(ratios)
