"""A step of k-means beside the matrix product it contains, and beside scikit-learn's step.

Both sides have two threads and the same points and centres. Ratios are medians over pairs that
follow each other: our flop rate over that of the BLAS, and the time of the peer over ours.
"""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI
from threadpoolctl import threadpool_limits

from kernels._support.blas import gemm
from kernels.bigdata.kmeans.cpu import State
from kernels.bigdata.kmeans.kernel import Kmeans

ROWS = 400_000
PAIRS = 7
ORDER = 2000
Seconds = Callable[[Callable[[], object]], float]


def started(clusters: int, dimensions: int, threads: int) -> tuple[Kmeans, State]:
    numba.set_num_threads(threads)
    kernel = Kmeans(rows=ROWS, clusters=clusters, dimensions=dimensions)
    state = kernel.setup(MPI.COMM_SELF)
    state.step()
    return kernel, state


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("clusters", "dimensions"), [(256, 64), (64, 16), (1024, 128)])
def test_against_the_product(
    clusters: int, dimensions: int, threads: int, peer_seconds: Seconds, benchmark: Any
) -> None:
    """Against a large square product: the most that the BLAS reaches."""
    kernel, state = started(clusters, dimensions, threads)
    a, b, c = (np.random.default_rng(i).random((ORDER, ORDER)) for i in range(3))
    flop = kernel.phases()[0].work(1).flop

    def pair() -> float:
        ours = flop / peer_seconds(state.step)
        return ours / (2.0 * ORDER**3 / peer_seconds(lambda: gemm(1.0, a, b, 0.0, c)))

    with threadpool_limits(threads):
        pair()
        benchmark.extra_info["step / dgemm"] = statistics.median(pair() for _ in range(PAIRS))
    benchmark.pedantic(state.step, rounds=PAIRS)
    benchmark.extra_info["flop/s"] = flop / benchmark.stats["median"]


@pytest.mark.parametrize(("clusters", "dimensions"), [(256, 64), (64, 16)])
def test_against_scikit_learn(
    clusters: int, dimensions: int, peer_seconds: Seconds, benchmark: Any
) -> None:
    """Six iterations take so much longer than one as five steps do: the rest is preparation."""
    cluster = pytest.importorskip("sklearn.cluster", reason="pip install scikit-learn")
    _, state = started(clusters, dimensions, threads=2)
    points = next(state.part.chunks()).reshape(ROWS, dimensions)
    one, six = (
        cluster.KMeans(clusters, init=state.start, n_init=1, max_iter=most, tol=0.0)
        for most in (1, 6)
    )

    def pair() -> float:
        theirs = peer_seconds(lambda: six.fit(points)) - peer_seconds(lambda: one.fit(points))
        assert six.n_iter_ == 6
        return theirs / 5.0 / peer_seconds(state.step)

    with warnings.catch_warnings(), threadpool_limits(2):
        warnings.simplefilter("ignore")  # it says that it has not converged
        pair()
        ratios = [pair() for _ in range(PAIRS)]
    benchmark.extra_info["scikit-learn / ours"] = statistics.median(ratios)
    benchmark.pedantic(state.step, rounds=PAIRS)
