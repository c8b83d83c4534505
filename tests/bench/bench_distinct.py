"""Both ways of counting beside DuckDB, Polars and NumPy, on the same cores, in turns.

The kernel runs with two threads on one rank here; `qyran run` measures ranks. Polars must be told
its threads before it is imported: POLARS_MAX_THREADS=2. Ratios are times of the peer over ours,
medians over pairs that follow each other.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI
from numpy.typing import NDArray

from kernels.bigdata.distinct.cpu import State
from kernels.bigdata.distinct.kernel import Distinct

ROWS = 50_000_000
THREADS = 2
PAIRS = 5
Call = Callable[[], object]


@pytest.fixture(params=["100", "1000000", "50000000", "zipf"])
def state(request: pytest.FixtureRequest) -> State:
    numba.set_num_threads(THREADS)
    zipf = request.param == "zipf"
    made = Distinct(
        rows=ROWS,
        keys=10**7 if zipf else int(request.param),
        distribution="zipf" if zipf else "uniform",
    ).setup(MPI.COMM_SELF)
    made.exact()
    made.hyperloglog()
    return made


def duckdb_calls(values: NDArray[np.int64]) -> tuple[Call, Call]:
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb pyarrow")
    pyarrow = pytest.importorskip("pyarrow", reason="pip install duckdb pyarrow")
    connection = duckdb.connect(config={"threads": THREADS})
    connection.register("given", pyarrow.table({"x": values}))
    connection.execute("create table data as select * from given")

    def ask(what: str) -> Call:
        return lambda: connection.execute(f"select {what} from data").fetchone()

    return ask("count(distinct x)"), ask("approx_count_distinct(x)")


def polars_calls(values: NDArray[np.int64]) -> tuple[Call, Call]:
    polars = pytest.importorskip("polars", reason="pip install polars")
    column = polars.Series(values)
    return column.n_unique, column.approx_n_unique


def ratio(ours: Call, peer: Call, seconds: Callable[[Call], float], pairs: int = PAIRS) -> float:
    seconds(peer)
    return statistics.median(seconds(peer) / seconds(ours) for _ in range(pairs))


@pytest.mark.parametrize("peer", [duckdb_calls, polars_calls])
def test_against_databases(
    state: State, peer: Any, peer_seconds: Callable[[Call], float], benchmark: Any
) -> None:
    exact, sketch = peer(next(state.part.chunks()))
    benchmark.extra_info["exact"] = ratio(state.exact, exact, peer_seconds)
    benchmark.extra_info["hyperloglog"] = ratio(state.hyperloglog, sketch, peer_seconds)
    benchmark.pedantic(state.exact, rounds=PAIRS)
    benchmark.extra_info["rows/s"] = ROWS / benchmark.stats["median"]


def test_against_numpy(state: State, peer_seconds: Callable[[Call], float], benchmark: Any) -> None:
    values = next(state.part.chunks())
    found = ratio(state.exact, lambda: np.unique(values), peer_seconds, pairs=1)
    benchmark.extra_info["exact, two threads, np.unique one"] = found
    benchmark.pedantic(state.hyperloglog, rounds=PAIRS)
    benchmark.extra_info["rows/s of hyperloglog"] = ROWS / benchmark.stats["median"]
