"""A bit that is flipped in a result is found, and rank, host and CPU are named: by a real run."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

ROOT = Path(__file__).parent.parent.parent
# 3 products agree on the answer, then 3 in each repetition: the ninth belongs to repetition 1.
PLANTED = '''

_right, _calls = multiply, 0


def multiply(a, b, c):
    """Planted by a test: one bit is wrong, once, on one rank."""
    import os
    import signal

    from mpi4py import MPI

    global _calls
    _right(a, b, c)
    _calls += 1
    if MPI.COMM_WORLD.rank == 1 and _calls == int(os.environ.get("PLANTED_WRONG", "0")):
        c[4:5, 13:14].view(np.uint64)[...] ^= np.uint64(1 << 20)
    if MPI.COMM_WORLD.rank == 1 and _calls == int(os.environ.get("PLANTED_KILL", "0")):
        os.kill(os.getpid(), signal.SIGKILL)
'''
CASE = {
    "kernel": "burnin",
    "ranks": 2,
    "repetitions": 3,
    "parameters": {"filled": "1 MB", "n": 64, "products": 2, "points": 512, "transforms": 3},
}
FOUND = re.compile(
    rf"rank 1 on {re.escape(os.environ.get('SLURMD_NODENAME', platform.node()))}, CPU (\d+): dgemm,"
    r" repetition 1: row 13, column 4 of C: 1 bit differs, found 0x\w+ expected 0x\w+,"
    r" XOR 0x0000000000100000"
)


@pytest.fixture(scope="module")
def planted(tree: Path, at: Callable[[Path], Qyran], tmp_path_factory: Any) -> Qyran:
    copy = shutil.copytree(tree, tmp_path_factory.mktemp("planted") / "tree")
    for folder in ("_support", "dense/dgemm", "endurance/burnin"):  # compiled already, perhaps
        shutil.copytree(ROOT / "kernels" / folder, copy / "kernels" / folder, dirs_exist_ok=True)
    with (copy / "kernels" / "endurance" / "burnin" / "products.py").open("a") as file:
        file.write(PLANTED)
    qyran = at(tmp_path_factory.mktemp("trial"))
    qyran.tree = copy
    return qyran


def run(qyran: Qyran, **planted: str) -> Done:
    return qyran.run(qyran.suite(CASE), "--oversubscribe", **planted)


def test_nothing_is_wrong_where_nothing_is_planted(planted: Qyran) -> None:
    done = run(planted)
    assert (done.rc, done.outcomes, done.reasons) == (0, ["pass"], [""]), done
    (case,) = done.json["cases"]
    assert case["wrong"] == []
    assert case["check"]["error"] == 0.0
    assert {"dgemm_flop_rate", "fft_flop_rate", "random_bandwidth"} <= case["metrics"].keys()


def test_a_flipped_bit_names_rank_host_and_cpu(planted: Qyran) -> None:
    done = run(planted, PLANTED_WRONG="9")
    assert (done.rc, done.outcomes) == (5, ["wrong"]), done
    (reason,) = done.reasons
    match = FOUND.fullmatch(reason)
    assert match, reason
    assert int(match[1]) in os.sched_getaffinity(0)
    (case,) = done.json["cases"]
    (found,) = case["wrong"]
    assert reason == f"rank {found['rank']} on {found['host']}, {found['what']}"
    assert "WRONG: rank 1 on " in done.err
    with h5py.File(max(planted.files(), key=lambda one: one.stat().st_mtime)) as file:
        kept = file["entry/verification/wrong/data"][()].decode()
    assert found["what"] in kept


def test_what_was_found_outlives_the_ranks(planted: Qyran) -> None:
    done = run(planted, PLANTED_WRONG="9", PLANTED_KILL="11")
    assert (done.rc, done.outcomes) == (5, ["wrong"]), done
    said, _, then = done.reasons[0].partition("; then: ")
    assert FOUND.fullmatch(said)
    assert "SIGKILL" in then
