"""A message one way against the same round trips in C, on the same MPI; and its contents.

Launches of the two alternate, since a launch is fast or slow as a whole. The differences and ratios
are medians over pairs of launches that follow each other.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from harness.launch.environment import of_ranks
from harness.machine.mpi import find_mpirun
from kernels.network.pingpong import cpu, plan
from kernels.network.pingpong.kernel import Pingpong

PAIRS = 5
CALLS = 30
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> str:
    mpicc = find_mpirun().path.with_name("mpicc")
    if not mpicc.is_file() or shutil.which("gcc") is None:
        pytest.skip("no mpicc beside mpirun, or no gcc, to build the peer")
    program = tmp_path_factory.mktemp("pingpong") / "pingpong"
    subprocess.run([mpicc, "-O2", HERE / "pingpong.c", "-o", program], check=True)
    return str(program)


def median_call(program: list[str]) -> float:
    command = [str(find_mpirun().path), "-n", "2", *program]
    environment = of_ranks(1, os.environ)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[1])


@pytest.mark.parametrize("size", [plan.HEADLINE_B, plan.EFFECTIVE_B])
@pytest.mark.parametrize("path", ["compiled", "mpi4py"])
def test_one_way(path: str, size: int, peer: str, benchmark: BenchmarkFixture) -> None:
    script = [str(HERE / "pingpong_ranks.py"), path, str(size), str(CALLS)]
    ours = [sys.executable, "-P", "-m", "mpi4py", *script]
    theirs = [peer, str(size), str(plan.trips(size)), str(CALLS)]
    pairs = [(median_call(ours), median_call(theirs)) for _ in range(PAIRS)]
    benchmark.extra_info["s"] = statistics.median(our for our, _ in pairs)
    benchmark.extra_info["C_s"] = statistics.median(their for _, their in pairs)
    benchmark.extra_info["above_C_s"] = statistics.median(our - their for our, their in pairs)
    benchmark.extra_info["rate_over_C"] = statistics.median(their / our for our, their in pairs)
    benchmark.pedantic(lambda: None, rounds=1)


def test_contents(benchmark: BenchmarkFixture) -> None:
    kernel = Pingpong(largest=2**26)
    lanes = {lane.size: lane for lane in cpu.lanes_of(kernel.sizes)}
    state = cpu.State(lanes, leads=True, pair=0, path=None)
    benchmark.pedantic(state.renew, rounds=5, warmup_rounds=1)
    rate = kernel.memory_B(MPI.COMM_WORLD.size) / 2 / benchmark.stats["median"]
    benchmark.extra_info["filled_B_per_s"] = rate
