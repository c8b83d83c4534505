"""Data beyond the memory: within the limit, nothing left behind, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from kernels import listing

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

COLUMNS = {"reduce": 2}
"""Columns that are as large as the one that is counted: the dot product has another factor."""
LIMIT_B = 384 * 2**20


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """An empty folder on a disk."""
    made = tmp_path / "scratch"
    made.mkdir()
    return made


def beyond_memory(kernel: str, scratch: Path, *flags: str) -> list[str]:
    """A run of generated data of four times the limit."""
    limit = ["--set", "memory=384MiB", "--set", f"scratch={scratch}"]
    return [kernel, "--ranks", "1", "--repeat", "1", *limit, *flags]


@pytest.mark.parametrize(
    ("kernel", "flags"),
    [
        ("sort", ()),
        ("groupby", ("--set", "keys=40000000")),
        ("distinct", ("--set", "keys=40000000")),
        ("topk", ()),
        ("reduce", ("--set", f"rows={4 * LIMIT_B // 16}")),
        ("histogram", ("--set", "limits=given")),
        ("kmeans", ("--set", "clusters=8", "--set", f"rows={4 * LIMIT_B // 512}")),
    ],
)
def test_four_times_the_limit(
    qyran: Qyran, scratch: Path, kernel: str, flags: tuple[str, ...]
) -> None:
    done = qyran.run(*beyond_memory(kernel, scratch, *flags))
    assert (done.rc, done.outcomes) == (0, ["pass"]), (done.out, done.err)
    (case,) = done.json["cases"]
    given = case["parameters"]
    data_B = given["rows"] * listing.load(kernel).row_B(given) * COLUMNS.get(kernel, 1)
    assert data_B >= 4 * LIMIT_B
    assert case["peak_memory"] <= LIMIT_B
    assert list(scratch.iterdir()) == []


def test_groupby_of_nearly_distinct_keys_takes_three_times_its_input(qyran: Qyran) -> None:
    """Beside the interpreter and its libraries, which are all that a case of a few rows takes."""
    sizes = {"rows": 1000, "keys": 1000}, {"rows": 24 * 10**6, "keys": 48 * 10**6}
    entry = {"kernel": "groupby", "ranks": 1, "threads": 1, "repetitions": 1}
    done = qyran.run(qyran.suite(*({**entry, "parameters": one} for one in sizes)))
    assert done.outcomes == ["pass", "pass"], done.reasons
    few, many = (case["peak_memory"] for case in done.json["cases"])
    assert many - few <= 3 * 16 * sizes[1]["rows"]


def spilling(qyran: Qyran, scratch: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A run in the middle of a spill, and its rank."""
    running = qyran.start(*beyond_memory("sort", scratch))
    found: list[psutil.Process] = []

    def spilt() -> bool:
        found[:] = [one for one in qyran.processes() if spilt_B(one, scratch) > 2**20]
        return bool(found)

    qyran.wait(spilt, limit_s=60)
    return running, found[0]


def spilt_B(process: psutil.Process, scratch: Path) -> int:
    """Bytes of open files of a process in the folder, which have no name any more."""
    total = 0
    for one in Path(f"/proc/{process.pid}/fd").glob("*"):
        try:
            if str(one.readlink()).startswith(str(scratch)):
                total += one.stat().st_size
        except OSError:  # closed meanwhile
            continue
    return total


@pytest.mark.parametrize("victim", ["driver", "rank"])
def test_nothing_is_left_of_spills_after_a_kill(qyran: Qyran, scratch: Path, victim: str) -> None:
    running, rank = spilling(qyran, scratch)
    os.kill(running.pid if victim == "driver" else rank.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    qyran.wait(lambda: not qyran.left(), limit_s=20)
    assert running.returncode == (-signal.SIGKILL if victim == "driver" else 3)
    assert list(scratch.iterdir()) == []


def test_a_limit_that_the_libraries_fill_is_refused_in_words(qyran: Qyran, scratch: Path) -> None:
    done = qyran.run("topk", "--ranks", "1", "--set", "memory=40MiB", "--set", "rows=1000")
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert "--set memory=" in done.reasons[0]


def test_a_scratch_that_is_not_there_is_named(qyran: Qyran, scratch: Path) -> None:
    done = qyran.run(*beyond_memory("sort", scratch / "none"))
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert f"scratch {scratch}/none: no such folder" in done.reasons[0]
