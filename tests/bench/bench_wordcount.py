"""Words of a text in memory: two threads, and what else counts words on the same two cores."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.wordcount.cpu import State
from kernels.bigdata.wordcount.kernel import Wordcount

SIZE_B = 2**26
ROUNDS = 5
VOCABULARIES = {"few": 2**12, "many": 2**17}
PIPE = "LC_ALL=C tr -s '[:space:]' '\\n' | LC_ALL=C sort -S 2G --parallel=2 | uniq -c | wc -l"
SQL = (
    "SELECT count(*), sum(n) FROM (SELECT w, count(*) AS n FROM"
    " (SELECT unnest(string_split(line, ' ')) AS w FROM lines) WHERE w <> '' GROUP BY w)"
)


@pytest.fixture(scope="module", params=VOCABULARIES)
def text(request: pytest.FixtureRequest) -> bytes:
    """Kazakh and Latin words, of Zipf's law: separated by spaces and line feeds alone."""
    found = np.empty(SIZE_B, np.uint8)
    words = VOCABULARIES[request.param]
    Wordcount(rows=SIZE_B, vocabulary=words).text().read(0, found)
    return found.tobytes()


@pytest.fixture
def state(text: bytes, tmp_path: Path) -> State:
    (tmp_path / "text").write_bytes(text)
    kernel = Wordcount(rows=SIZE_B, input=str(tmp_path / "text"))
    return State(kernel.text(), MPI.COMM_SELF, 2, None, "")


def polars_counts(lines: list[str]) -> Callable[[], tuple[int, int]]:
    polars = pytest.importorskip("polars", reason="pip install polars")
    column = polars.Series(lines)

    def count() -> tuple[int, int]:
        found = column.str.split(" ").explode().value_counts(name="n")
        found = found.filter(found[:, 0] != "")
        return len(found), int(found["n"].sum())

    return count


def duckdb_counts(lines: list[str]) -> Callable[[], tuple[int, int]]:
    duckdb = pytest.importorskip("duckdb", reason="pip install duckdb")
    pyarrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    database = duckdb.connect(config={"threads": 2})
    database.register("given", pyarrow.table({"line": lines}))
    database.execute("CREATE TABLE lines AS SELECT * FROM given")
    return lambda: tuple(database.execute(SQL).fetchone())


def python_counts(text: bytes) -> Callable[[], tuple[int, int]]:
    decoded = text.decode()

    def count() -> tuple[int, int]:
        found = Counter(decoded.split())
        return len(found), found.total()

    return count


def sort_counts(text: bytes) -> Callable[[], int]:
    def count() -> int:
        done = subprocess.run(PIPE, shell=True, input=text, capture_output=True, check=True)
        return int(done.stdout)

    return count


def counted(state: State) -> tuple[int, int]:
    state.count()
    assert isinstance(state.results, list)
    return sum(one.strings for one in state.results), int(state._counted.sum())


PEERS: dict[str, Callable[[bytes], Callable[[], Any]]] = {
    "polars": lambda text: polars_counts(text.decode().splitlines()),
    "duckdb": lambda text: duckdb_counts(text.decode().splitlines()),
    "python": python_counts,
    "sort": sort_counts,
}


@pytest.mark.parametrize("peer", PEERS)
def test_peer(peer: str, text: bytes, state: State, peer_seconds: Any, benchmark: Any) -> None:
    """Pairs of one run each, in turns: how many times as long the peer takes."""
    call = PEERS[peer](text)
    found, wanted = call(), counted(state)
    assert found in (wanted, wanted[0])
    pairs = []
    for _ in range(ROUNDS):
        ours = peer_seconds(lambda: counted(state))
        pairs.append((ours, peer_seconds(call)))
    ours, theirs = np.array(pairs).T
    benchmark.extra_info["ratio"] = float(np.median(theirs / ours))
    benchmark.extra_info["B_per_s"] = SIZE_B / float(np.median(ours))
    benchmark.extra_info["word_per_s"] = wanted[1] / float(np.median(ours))
    benchmark.extra_info["peer_B_per_s"] = SIZE_B / float(np.median(theirs))
    benchmark.pedantic(lambda: counted(state), rounds=ROUNDS)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads(threads: int, text: bytes, tmp_path: Path, benchmark: Any) -> None:
    (tmp_path / "text").write_bytes(text)
    kernel = Wordcount(rows=SIZE_B, input=str(tmp_path / "text"))
    state = State(kernel.text(), MPI.COMM_SELF, threads, None, "")
    benchmark.pedantic(state.count, rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["B_per_s"] = SIZE_B / benchmark.stats["median"]
