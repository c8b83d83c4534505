"""The one place that starts processes for a measurement, and ends all of them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from harness.errors import CannotMeasure
from harness.launch.lifeline import end_with_parent

TERM_GRACE_S: Final = 2.0
_POLL_S: Final = 0.05
_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Launch:
    """A running mpirun with all its ranks, in a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Process id of mpirun, which is also the id of the session of all ranks."""
        return self._process.pid

    def poll(self) -> int | None:
        """Exit status of mpirun, or None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float) -> int | None:
        """Wait up to ``timeout_s``; exit status, or None if it still runs.

        Asleep until it ends: `subprocess` would wake up 50 times a second beside what is measured.
        """
        if self.poll() is None:
            try:
                _sleep_until_end(self.pid, timeout_s)
            except (AttributeError, OSError):  # not in this Python, or Linux before 5.3
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout_s)
        return self.poll()

    def ask_to_end(self) -> None:
        """TERM to the process alone: a program that ends what it has started itself."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """End mpirun and every rank; returns when none is left."""
        try:
            end_session(self.pid)
        finally:
            self._process.wait()


def _sleep_until_end(child: int, timeout_s: float) -> None:
    """Sleep until a child of this process ends, but no longer than this."""
    handle = os.pidfd_open(child)
    try:
        ends = select.poll()
        ends.register(handle, select.POLLIN)
        ends.poll(1000.0 * timeout_s)
    finally:
        os.close(handle)


def end_session(session: int) -> None:
    """End all processes of a session: TERM, two seconds later KILL; returns when none is left.

    A second Ctrl-C ends the two seconds of grace, not the killing.
    """
    deadline = time.monotonic() + TERM_GRACE_S
    left: set[psutil.Process] = set()
    try:
        with uninterrupted():  # until it is known whom to kill
            left = members(session)
            _signal(left, signal.SIGTERM)
            _signal(left, signal.SIGCONT)  # a stopped process takes its TERM only then
        while left and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            left = _living({*left, *members(session)})
    finally:
        while left:
            _signal(left, signal.SIGKILL)
            time.sleep(_POLL_S)
            left = _living({*left, *members(session)})


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let an interrupt wait until this block has come to its end."""
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator[Launch]:
    """Run a command with its output appended to ``log``; whatever happens, nothing is left over.

    Raises CannotMeasure if the program cannot be started.
    """
    # An interrupt waits until there is a launch to end.
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    launch = None
    try:
        launch = Launch(_popen(command, environment, folder, log, unblocked))
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        yield launch
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        if launch is not None:
            launch.end()


def _popen(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    unblocked: Collection[int],
) -> subprocess.Popen[bytes]:
    """Start mpirun as the leader of a session. ``unblocked``: the signal mask it shall have."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        end_with_parent(signal.SIGTERM)  # a driver that is killed takes mpirun with it

    try:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - an argument list, never a shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=prepare,  # noqa: PLW1509 - the driver has no other threads
            )
    except OSError as error:
        raise CannotMeasure(
            command[0],
            f"cannot be started: {error.strerror}",
            fix="`qyran doctor` shows which mpirun is used and why",
        ) from error


def members(session: int) -> set[psutil.Process]:
    """The living processes of a session, and all that descend from its leader.

    Ranks may have process groups or sessions of their own, and their parent may be gone: each of
    the two ways finds what the other would miss.
    """
    found = {process for process in psutil.process_iter() if _session_of(process) == session}
    with suppress(psutil.Error):
        found |= set(psutil.Process(session).children(recursive=True))
    return _living(found)


def _session_of(process: psutil.Process) -> int | None:
    with suppress(OSError):
        return os.getsid(process.pid)
    return None


def _living(processes: set[psutil.Process]) -> set[psutil.Process]:
    return {process for process in processes if _lives(process)}


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _signal(processes: set[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)
