"""Real processes: whatever they do, all of them end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.errors import CannotMeasure
from harness.launch import process
from harness.launch.process import members, started

# A program says "ready" in its log when its processes are as the test wants them.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
if os.fork() == 0:
    pass
else:
    time.sleep(0.2)
    print("ready", flush=True)
time.sleep(60)
"""
ORPHAN = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        os.setpgid(0, 0)
        time.sleep(0.1)
        print("ready", flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
time.sleep(60)
"""
STOPPED = """
import os, signal, time
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(60)
os.waitpid(child, os.WUNTRACED)
print("ready", flush=True)
time.sleep(60)
"""
LEADERLESS = """
import os, time
if os.fork() == 0:
    os.setpgid(0, 0)
    time.sleep(0.3)
    print("ready", flush=True)
    time.sleep(60)
"""


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("script", "count"),
    [(STUBBORN, 2), (ORPHAN, 2), (STOPPED, 2), (LEADERLESS, 1)],
    ids=["ignores TERM", "double fork in a group of its own", "stopped", "its leader has ended"],
)
def test_all_end(tmp_path: Path, script: str, count: int) -> None:
    log = tmp_path / "log"
    with started(python(script), os.environ, tmp_path, log) as launch:
        until(lambda: b"ready" in log.read_bytes())
        pids = [one.pid for one in members(launch.pid)]
        assert len(pids) == count
        began = time.monotonic()
    assert time.monotonic() - began < 5.0
    assert not [pid for pid in pids if alive(pid)]
    assert launch.poll() is not None


def test_what_ends_by_itself(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    script = "import os, sys; print(os.getcwd(), os.environ['X']); sys.exit(7)"
    with started(python(script), {"X": "here"}, tmp_path, log) as launch:
        assert launch.wait(10.0) == 7
        assert launch.poll() == 7
    assert log.read_text() == f"before\n{tmp_path} here\n"


def test_standard_input_is_empty_and_errors_go_to_the_log(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write(repr(sys.stdin.read()))"
    with started(python(script), {}, tmp_path, tmp_path / "log") as launch:
        assert launch.wait(10.0) == 0
    assert (tmp_path / "log").read_text() == "''"


def test_waiting_has_a_limit(tmp_path: Path) -> None:
    with started(python("import time; time.sleep(60)"), {}, tmp_path, tmp_path / "log") as launch:
        assert launch.wait(0.05) is None
        assert launch.poll() is None


def test_waiting_where_the_kernel_does_not_tell_of_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    test_what_ends_by_itself(tmp_path)
    test_waiting_has_a_limit(tmp_path)


def test_waiting_does_not_wake_up_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def awake(_seconds: float) -> None:
        raise AssertionError("woke up")

    script = "import time; time.sleep(0.2)"
    with started(python(script), {}, tmp_path, tmp_path / "log") as launch:
        monkeypatch.setattr(time, "sleep", awake)
        assert launch.wait(10.0) == 0
        monkeypatch.undo()


def interrupted_in(folder: Path, script: str, error: type[BaseException]) -> list[int]:
    """Start processes, raise while they run; their ids."""
    log = folder / "log"
    pids: list[int] = []

    def body() -> None:
        with started(python(script), os.environ, folder, log) as launch:
            until(lambda: b"ready" in log.read_bytes())
            pids.extend(one.pid for one in members(launch.pid))
            raise error

    with pytest.raises(error):
        body()
    return pids


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_ends_them_too(tmp_path: Path, error: type[BaseException]) -> None:
    pids = interrupted_in(tmp_path, ORPHAN, error)
    assert len(pids) == 2
    assert not [pid for pid in pids if alive(pid)]


def test_a_second_interrupt_ends_the_grace_not_the_killing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def impatient(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    clock = types.SimpleNamespace(sleep=impatient, monotonic=time.monotonic)
    monkeypatch.setattr(process, "time", clock)
    began = time.monotonic()
    pids = interrupted_in(tmp_path, STUBBORN, KeyboardInterrupt)
    assert time.monotonic() - began < process.TERM_GRACE_S
    assert len(pids) == 2
    assert len(slept) >= 3
    assert not [pid for pid in pids if alive(pid)]


def test_a_second_interrupt_comes_while_it_is_looked_for_what_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a batch system does: TERM to the whole job, whose shell passes it on."""
    log, calls = tmp_path / "log", []

    def interrupted_members(session: int) -> set[psutil.Process]:
        calls.append(session)
        if len(calls) == 1:
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return members(session)

    with started(python(STUBBORN), os.environ, tmp_path, log) as launch:
        until(lambda: b"ready" in log.read_bytes())
        pids = [one.pid for one in members(launch.pid)]
        with monkeypatch.context() as patch:
            patch.setattr(process, "members", interrupted_members)
            with pytest.raises(KeyboardInterrupt):
                process.end_session(launch.pid)
        assert len(pids) == 2
        assert not [pid for pid in pids if alive(pid)]


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotMeasure) as caught,
        started(["/no/such/mpirun"], {}, tmp_path, tmp_path / "log"),
    ):
        pass
    assert str(caught.value).startswith("/no/such/mpirun: cannot be started: No such file")
    assert "qyran doctor" in caught.value.fix
    assert caught.value.exit_code == 3


def test_a_program_that_may_not_be_run(tmp_path: Path) -> None:
    (tmp_path / "mpirun").write_text("#!/bin/sh\n")
    with (
        pytest.raises(CannotMeasure, match="Permission denied"),
        started([str(tmp_path / "mpirun")], {}, tmp_path, tmp_path / "log"),
    ):
        pass


DRIVER = """
import sys, time
from pathlib import Path
from harness.launch.process import started
folder = Path(sys.argv[1])
child = [sys.executable, "-c", sys.argv[2]]
with started(child, {}, folder, folder / "log") as launch:
    time.sleep(60)
"""
CHILD = """
import os, signal, sys, time
def on_term(*_):
    print("TERM", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, on_term)
print(f"ready {os.getpid()}.", flush=True)
time.sleep(60)
"""


def test_a_driver_killed_with_9_takes_its_ranks_along(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path), CHILD])
    try:
        until(lambda: log.read_bytes().endswith(b".\n"))
        child = int(log.read_text().split()[1].rstrip("."))
        assert alive(child)
    finally:
        driver.kill()
        driver.wait()
    until(lambda: not alive(child), 5.0)
    assert "TERM" in log.read_text()
