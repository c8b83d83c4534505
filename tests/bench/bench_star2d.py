"""The star stencil against the same in C, in pairs: one iteration a pass, and several.

Spatial moves 32 B a point and iteration where C moves 40; temporal moves 32 B a pass.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.memory import touched
from kernels.stencil.star2d.kernel import DEPTH, Star2d

N = 8000
PAIRS = 7


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("variant", ["spatial", "temporal"])
@pytest.mark.parametrize("radius", [1, 2, 3, 4])
def test_sweep(
    radius: int, variant: str, threads: int, in_c: Any, peer_seconds: Any, benchmark: Any
) -> None:
    numba.set_num_threads(threads)
    depth = DEPTH[radius] if variant == "temporal" else 1
    steps = max(depth, 4)
    sizes = {"n": N, "nx": N, "ny": N, "radius": radius, "steps": steps}
    kernel = Star2d(**sizes, variant=variant, depth=depth)
    state = kernel.setup(MPI.COMM_SELF)
    theirs = in_c("star2d", f"-DRADIUS={radius}").iterate
    arrays = [touched((N, N)) for _ in range(2)]
    given = [ctypes.c_ssize_t(N), *(ctypes.c_void_p(one.ctypes.data) for one in arrays)]
    given += [ctypes.c_int(4), ctypes.c_int(threads)]
    ratios = []
    for _ in range(PAIRS):
        theirs_s = peer_seconds(lambda: theirs(*given)) / 4
        start = time.perf_counter()
        state.sweep(steps, depth)
        ratios.append(theirs_s / ((time.perf_counter() - start) / steps))
    benchmark.pedantic(lambda: state.sweep(steps, depth), rounds=3, warmup_rounds=0)
    flop = kernel.phases()[0].work(1).flop
    benchmark.extra_info["flop_rate_flop_per_s"] = flop / benchmark.stats["median"]
    benchmark.extra_info["rate_over_C"] = float(np.median(ratios))
