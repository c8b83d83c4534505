"""Many files are read by other processes: the same answers, and none of them stays behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness.outcome import Outcome
from harness.record import check, pool, readers
from harness.record.library import Selection, find, find_slowly
from harness.record.result import Run
from tests.harness.record.test_index import damage

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30


@pytest.fixture
def all_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "FEW", 1)


def process(_: int) -> int:
    return os.getpid()


def tripled(number: int) -> int:
    return 3 * number


def die_elsewhere(home: int, number: int) -> int:
    if os.getpid() != home:
        os.kill(os.getpid(), signal.SIGKILL)
    return 3 * number


def refuse(number: int) -> int:
    if number == 70:
        raise ValueError("seventy")
    return number


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_the_answers_come_in_the_order_of_the_items(count: int, all_are_many: None) -> None:
    assert list(readers.answers(tripled, range(count))) == [3 * one for one in range(count)]


def test_few_are_read_here_and_many_elsewhere() -> None:
    assert set(readers.answers(process, range(readers.FEW - 1))) == {os.getpid()}
    elsewhere = set(readers.answers(process, range(readers.FEW)))
    assert os.getpid() not in elsewhere
    assert not any(psutil.pid_exists(one) for one in elsewhere)


def test_what_work_raises_is_raised_here(all_are_many: None) -> None:
    with pytest.raises(ValueError, match="seventy"):
        list(readers.answers(refuse, range(100)))


def test_who_stops_asking_waits_for_nobody(all_are_many: None) -> None:
    asked = pool.answers(process, range(100_000))
    elsewhere = next(asked)
    asked.close()
    assert not psutil.pid_exists(elsewhere)


def test_when_the_processes_are_killed_the_rest_is_read_here(all_are_many: None) -> None:
    read = readers.answers(partial(die_elsewhere, os.getpid()), range(1000))
    assert list(read) == [3 * one for one in range(1000)]


@pytest.mark.parametrize("fails", ["ProcessPoolExecutor", "submit"])
def test_where_no_process_can_be_started_all_is_read_here(
    fails: str, all_are_many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    if fails == "submit":
        monkeypatch.setattr(pool.ProcessPoolExecutor, fails, refused)
    else:
        monkeypatch.setattr(pool, fails, refused)
    assert set(readers.answers(process, range(1000))) == {os.getpid()}


SLOW = """
import time
from harness.record import readers
from tests.harness.record.test_readers import slow
print("ready", flush=True)
readers.FEW = 1
for one in readers.answers(slow, range(10_000)):
    print(one, flush=True)
"""


def slow(_: int) -> int:
    time.sleep(0.01)
    return os.getpid()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after", ["ready", "an answer"])
def test_the_processes_end_with_the_one_that_asked(number: signal.Signals, after: str) -> None:
    """A Ctrl-C reaches all of a terminal at once: one of them has it."""
    asking = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0,
    )  # fmt: skip
    assert asking.stdout is not None
    asking.stdout.readline()
    if after == "an answer":
        asking.stdout.readline()
    else:
        time.sleep(0.1)  # they are starting
    started = psutil.Process(asking.pid).children(recursive=True)
    if number is signal.SIGINT:
        os.killpg(asking.pid, number)
    else:
        asking.send_signal(number)
    _, complaint = asking.communicate(timeout=PATIENCE_S)
    assert asking.returncode == -number
    assert complaint.count("KeyboardInterrupt") == (number is signal.SIGINT)
    assert not psutil.wait_procs(started, PATIENCE_S)[1]


def test_an_index_and_a_check_by_many_processes_are_the_same(
    tmp_path: Path, begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        begin(tmp_path, f"2026112{number}T080000Z-quick-aaaaaa", cases=2)
    begin(tmp_path, "20261202T080000Z-quick-cccccc", cluster="sunway", outcome=Outcome.KILLED)
    files = sorted(tmp_path.rglob("*.h5"))
    damage(files[0])
    files[2].with_name("copy-1.h5").write_bytes(files[2].read_bytes())
    expected = list(check.Check(tmp_path).findings())
    assert {one.kind for one in expected} == {"damaged", "duplicate"}
    monkeypatch.setattr(readers, "FEW", 1)
    looked = check.Check(tmp_path)
    assert list(looked.findings()) == expected
    assert (looked.runs, looked.files) == (4, len(files) + 1)
    found = find(tmp_path, Selection())
    assert found == find_slowly(tmp_path, Selection())
    assert found.cases
    assert [one.path for one in found.skipped] == [files[0]]
