"""sort on two ranks of one thread, in turns with what one would use instead on two threads.

Data are in memory on all sides but for GNU sort, which reads its lines from a file in memory
(/dev/shm) and writes them there: sort has no other way. The C++ program (sort.cpp) is built with
the mpicxx of the environment and started by its mpirun, as sort is.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from harness.launch.environment import of_ranks
from kernels.bigdata.sort.cpu import column_of
from kernels.bigdata.sort.kernel import Sort

ROWS: Final = 50_000_000
RECORDS: Final = 20_000_000
ROUNDS: Final = 7
HERE: Final = Path(__file__).parent
BIN: Final = Path(sys.executable).parent
SHARED: Final = Path("/dev/shm")
Seconds = Callable[[], float]


@contextmanager
def ranks(*program: str | Path) -> Generator[Seconds]:
    """Two ranks of a program that sorts once for each line; the seconds of one sort.

    mpirun does not pass the end of its input on: the line "end" stands for it.
    """
    command = [BIN / "mpirun", "-n", "2", *program]
    with subprocess.Popen(
        command,
        env=of_ranks(1, os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:

        def seconds() -> float:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            return float(process.stdout.readline())

        yield seconds
        process.communicate("end\n")
    assert process.returncode == 0


def ours(dtype: str, rows: int, distribution: str = "uniform") -> Any:
    script = HERE / "sort_ranks.py"
    python = (sys.executable, "-P", "-m", "mpi4py", script)
    return ranks(*python, dtype, str(rows), distribution)


def race(benchmark: Any, mine: Seconds, peers: dict[str, Seconds], rounds: int = ROUNDS) -> None:
    """All in turns; the median of the ratios of each peer's seconds to ours."""
    ratios: dict[str, list[float]] = {name: [] for name in peers}
    times: list[float] = []
    mine()
    for _ in range(rounds):
        for name, peer in peers.items():
            one = mine()
            times.append(one)
            ratios[name].append(peer() / one)
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info["seconds"] = statistics.median(times)
    for name, found in ratios.items():
        benchmark.extra_info[f"times_as_fast_as_{name}"] = statistics.median(found)
    print(benchmark.extra_info)


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("distribution", ["uniform", "zipf"])
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_numbers_beside_polars(dtype: str, distribution: str, benchmark: Any) -> None:
    polars = pytest.importorskip("polars", reason="pip install polars")
    series = polars.Series(numbers(dtype, distribution))
    with ours(dtype, ROWS, distribution) as mine:
        race(benchmark, mine, {"polars": lambda: timed(series.sort)})


def test_integers_beside_duckdb(benchmark: Any) -> None:
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb")
    x = numbers("int64", "uniform")
    connection = duckdb.connect(config={"threads": 2})
    connection.register("given", {"x": x})
    connection.execute("create table rows as select x from given")
    query = "create or replace temp table sorted as select x from rows order by x"
    with ours("int64", ROWS) as mine:
        race(benchmark, mine, {"duckdb": lambda: timed(lambda: connection.execute(query))}, 3)


def test_integers_beside_numpy(benchmark: Any) -> None:
    """On one core: NumPy has no threads."""
    x = numbers("int64", "uniform")
    with ours("int64", ROWS) as mine:
        race(benchmark, mine, {"numpy": lambda: timed(lambda: np.sort(x))}, 3)


def test_records_beside_gnu_sort(benchmark: Any) -> None:
    if shutil.which("sort") is None:
        pytest.skip("no sort (GNU coreutils)")
    lines, out = SHARED / f"lines-{os.getpid()}", SHARED / f"sorted-{os.getpid()}"
    command = ["sort", "-S", "4G", "--parallel=2", "-o", str(out), str(lines)]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        write_records(lines)
        with ours("record", RECORDS) as mine:
            call = lambda: subprocess.run(command, check=True, env=environment)  # noqa: E731
            race(benchmark, mine, {"gnu_sort": lambda: timed(call)}, 3)
    finally:
        lines.unlink(missing_ok=True)
        out.unlink(missing_ok=True)


@pytest.mark.parametrize(("dtype", "rows"), [("int64", ROWS), ("record", RECORDS)])
def test_rows_beside_std_sort(dtype: str, rows: int, benchmark: Any, tmp_path: Path) -> None:
    compiler = BIN / "mpicxx"
    if not compiler.is_file() or shutil.which("g++") is None:
        pytest.skip("no g++ (apt-get install g++), or no mpicxx in this environment")
    program = tmp_path / "sort"
    flags = ("-O3", "-march=native", "-std=c++17")
    environment = {**os.environ, "OMPI_CXX": "g++"}
    build: Sequence[Any] = [compiler, *flags, HERE / "sort.cpp", "-o", program]
    subprocess.run(build, check=True, env=environment)
    with ours(dtype, rows) as mine, ranks(program, dtype, str(rows)) as peer:
        peer()
        race(benchmark, mine, {"std_sort": peer}, 3)


def numbers(dtype: str, distribution: str) -> np.ndarray:
    column = column_of(Sort(rows=ROWS, dtype=dtype, distribution=distribution))
    rows = np.empty(ROWS, column.dtype)
    column.read(0, rows)
    return rows


def write_records(path: Path) -> None:
    column = column_of(Sort(rows=RECORDS, dtype="record"))
    chunk = np.empty(100_000, column.dtype)
    with path.open("wb") as file:
        for first in range(0, RECORDS, chunk.size):
            column.read(first, chunk)
            chunk.tofile(file)
