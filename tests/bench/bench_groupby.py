"""Group-by on two ranks against DuckDB and Polars with two threads, in turns on the same rows."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.launch.environment import of_ranks

ROWS = 50_000_000
STRING_ROWS = 10_000_000
CASES = [
    ("int64", 10**6, "uniform", ROWS),
    ("int64", 100, "uniform", ROWS),
    ("int64", 10**6, "zipf", ROWS),
    ("int64", 10**7, "uniform", ROWS),
    ("string", 10**6, "uniform", STRING_ROWS),
    ("string", 100, "uniform", STRING_ROWS),
]


def compare(*arguments: object) -> dict[str, float]:
    script = Path(__file__).with_name("groupby_ranks.py")
    ranks = ["mpirun", "-n", "2", "--bind-to", "core", sys.executable, "-P", "-m", "mpi4py"]
    environment = {
        **of_ranks(1, os.environ),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [*ranks, str(script), *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


@pytest.mark.parametrize(("key", "keys", "distribution", "rows"), CASES)
@pytest.mark.parametrize("peer", ["duckdb", "polars"])
def test_groupby(
    peer: str, key: str, keys: int, distribution: str, rows: int, benchmark: Any
) -> None:
    if importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer} is missing: pip install 'qyran[bench]'")
    facts = benchmark.pedantic(lambda: compare(peer, key, keys, distribution, rows), rounds=1)
    benchmark.extra_info.update(facts)
