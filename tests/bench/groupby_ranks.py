"""groupby against others: `mpirun -n 2 python groupby_ranks.py PEER KEY KEYS DISTRIBUTION ROWS`.

In turns: our two ranks with a thread each, then the peer with two threads on the same rows in its
own memory, while the other rank sleeps. Sums and counts of each key; of the peer's groups only
their number and their rows go to Python, on which both must agree. Prints the median rates in rows
a second and the median ratio of the pairs as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
from mpi4py import MPI

if not MPI.Is_initialized():
    MPI.Init_thread(MPI.THREAD_FUNNELED)

from kernels.bigdata.groupby.by_string import ByString
from kernels.bigdata.groupby.cpu import State
from kernels.bigdata.groupby.kernel import GroupBy
from kernels.bigdata.groupby.table import COUNT

CPUS = frozenset(range(os.cpu_count() or 1))
THREADS = 2
PAIRS = 7
Counts = tuple[int, int]
"""How many groups, and how many rows in all of them."""


def columns(kernel: GroupBy, state: State) -> tuple[np.ndarray, np.ndarray]:
    """Keys, of strings their numbers, and values, of all ranks.

    The values are cut to 32 bits: peers are faster if no sum can exceed 64, we are not.
    """
    keys, values = np.empty((2, kernel.rows), np.int64)
    numbers = replace(kernel, key="int64").column("key", keys=kernel.keys)
    numbers.read(0, keys)  # type: ignore[arg-type, call-arg]
    state.data.values.column.read(0, values)
    values >>= 32
    return keys, values


def duckdb(keys: np.ndarray, values: np.ndarray, key: str) -> Callable[[], Counts]:
    import duckdb

    base = duckdb.connect()
    base.execute(f"SET threads TO {THREADS}")
    base.register("data", {"k": keys, "v": values})
    name = "k" if key == "int64" else "printf('id%010d', k) AS k"
    base.execute(f"CREATE TABLE t AS SELECT {name}, v FROM data")
    query = "SELECT count(s), sum(c) FROM (SELECT sum(v) AS s, count(*) AS c FROM t GROUP BY k)"
    return lambda: base.execute(query).fetchone()  # type: ignore[return-value]


def polars(keys: np.ndarray, values: np.ndarray, key: str) -> Callable[[], Counts]:
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    frame = pl.DataFrame({"k": keys, "v": values})
    if key == "string":
        digits = pl.col("k").cast(pl.String).str.zfill(10)
        frame = frame.with_columns(k=pl.format("id{}", digits))

    def call() -> Counts:
        groups = frame.group_by("k").agg(pl.col("v").sum().alias("s"), pl.len().alias("c"))
        return len(groups), int(groups["c"].sum())

    return call


def asleep_until_all_are_here(comm: MPI.Intracomm) -> None:
    """A barrier of MPI would keep the CPU busy that the peer needs."""
    request = comm.Ibarrier()
    while not request.Test():
        time.sleep(1e-3)


def of_peer(call: Callable[[], Counts] | None, comm: MPI.Intracomm) -> tuple[float, Counts]:
    """Seconds and counts, on rank 0, with all CPUs."""
    seconds, counts = 0.0, (0, 0)
    if call is not None:
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, CPUS)
        start = time.perf_counter()
        counts = call()
        seconds = time.perf_counter() - start
        os.sched_setaffinity(0, mine)
    asleep_until_all_are_here(comm)
    return seconds, counts


def of_ours(kernel: GroupBy, state: State, comm: MPI.Intracomm) -> float:
    """Seconds, on the rank that takes longest."""
    kernel.prepare(state)
    comm.Barrier()
    start = time.perf_counter()
    state.groupby()
    return float(comm.allreduce(time.perf_counter() - start, op=MPI.MAX))


def counts_of(state: State, comm: MPI.Intracomm) -> Counts:
    pieces = [state.owned.aggregates] if isinstance(state, ByString) else state.results.chunks()
    mine = [(len(one), int(one[:, COUNT].sum())) for one in pieces]
    groups, rows = (comm.allreduce(sum(one[i] for one in mine)) for i in (0, 1))
    return groups, rows


def main(peer: str, key: str, keys: int, distribution: str, rows: int) -> None:
    comm = MPI.COMM_WORLD
    numba.set_num_threads(1)
    kernel = GroupBy(rows=rows, keys=keys, key=key, distribution=distribution)
    state = kernel.setup(comm)
    call = None
    if comm.rank == 0:
        os.sched_setaffinity(0, CPUS)  # its threads may run everywhere
        call = {"duckdb": duckdb, "polars": polars}[peer](*columns(kernel, state), key)
    asleep_until_all_are_here(comm)
    pairs = []
    for _ in range(PAIRS + 1):
        ours = of_ours(kernel, state, comm)
        theirs, counts = of_peer(call, comm)
        pairs.append((ours, theirs))
    found = counts_of(state, comm)
    if comm.rank == 0:
        assert counts == found, f"{peer} has {counts} groups and rows, we have {found}"
        pairs = pairs[1:]
        facts = {
            "row_rate": rows / statistics.median(ours for ours, _ in pairs),
            f"{peer}_row_rate": rows / statistics.median(theirs for _, theirs in pairs),
            f"rate_over_{peer}": statistics.median(theirs / ours for ours, theirs in pairs),
        }
        print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
