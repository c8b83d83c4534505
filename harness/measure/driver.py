"""Runs one batch to its end: starts the ranks, follows their journal, ends them in time.

While ranks measure, the driver sleeps; it wakes a few times a second to read what was added to
the journal.
"""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from harness.launch.process import Launch, started
from harness.measure.batch import Batch, raised_file
from harness.measure.journal import Event, Follower
from harness.measure.observation import Launched, Observation
from harness.outcome import Outcome
from kernels.contract import CannotRun

START_LIMIT_S: Final = 120.0
COMPILE_LIMIT_S: Final = 600.0
_POLL_S: Final = 0.2
_LOG_TAIL: Final = 8
_LOG_TAIL_B: Final = 4096
# What the daemons of Open MPI and PRRTE, of Hydra, and of Slurm say when a node has gone.
_LOST: Final = re.compile(
    r"lost (?:communication|connection) with|daemon .*(?:died|failed|terminated)"
    r"|HYDT_bscu_wait|node failure|NODE FAIL|NODE_FAIL",
    re.IGNORECASE,
)
# What ranks of Open MPI 5 say when another's node is gone; its mpirun then ends with status 0.
_CLOSED: Final = "Socket closed"
_BANNER: Final = re.compile(r"^ *-{20,}$", re.MULTILINE)


@dataclass(frozen=True)
class Ending:
    """How a launch ended, and why. transient : another try may end otherwise."""

    outcome: Outcome
    reason: str
    transient: bool = False


@dataclass(frozen=True)
class Limits:
    """When a launch is ended whatever its cases still have to spend.

    stall_s : after so long without a word of its ranks; deadline : at this time of the monotonic
    clock; None : never.
    """

    stall_s: float | None = None
    deadline: float | None = None

    def passed(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline


OUT_OF_TIME: Final = Ending(Outcome.SKIPPED, "the time limit of the run passed")


class Listener(Protocol):
    """Hears of the events of a launch, a few times a second, also when there are none."""

    def __call__(self, events: list[Event]) -> None:
        """Take what has happened since the last call."""


class Chronicle(Protocol):
    """Writes the journal of ranks that do not: those of somebody else's program."""

    def look(self) -> None:
        """Write down what has happened since the last look."""

    def conclude(self, status: int | None) -> Ending | None:
        """Write down the rest; an ending where the exit status does not tell it.

        status : of mpirun that ended by itself, else None.
        """

    def last_words(self) -> str:
        """What the program wrote last, for the reason of a failure."""


def run(
    batch: Batch,
    command: list[str],
    environment: Mapping[str, str],
    log: Path,
    display: Listener,
    limits: Limits = Limits(),
    chronicle: Chronicle | None = None,
) -> tuple[Launched, Ending]:
    """Run a batch; returns what its journal says and how it ended.

    chronicle : who writes the journal, if the ranks do not.

    Raises Interrupted, with what was measured until then, when the user interrupts and all ranks
    have ended.
    """
    follower = Follower(batch.journal)
    launched = Launched()
    offset = log.stat().st_size if log.exists() else 0

    def read() -> None:
        if chronicle is not None:
            chronicle.look()
        events = follower.new()
        launched.take(events)
        display(events)

    try:
        with started(command, environment, log.parent, log) as launch:
            overdue = _follow(launch, _Clock(batch, limits), launched, read)
            status = launch.poll()
    except KeyboardInterrupt as interrupt:
        read()
        raise Interrupted(launched) from interrupt
    said = chronicle.conclude(None if overdue else status) if chronicle is not None else None
    read()
    tail = _tail(log, offset) + (chronicle.last_words() if chronicle is not None else "")
    return launched, said or _ending(batch, launched, status, overdue, tail)


class Interrupted(Exception):
    """The user ended the run; ``launched`` holds what was measured until then."""

    def __init__(self, launched: Launched) -> None:
        super().__init__("interrupted")
        self.launched = launched


def _follow(
    launch: Launch, clock: _Clock, launched: Launched, read: Callable[[], None]
) -> Ending | None:
    """Follow the journal until mpirun ends, or say which time limit was passed."""
    while launch.wait(_POLL_S) is None:
        read()
        overdue = clock.overdue(launched)
        if overdue:
            return overdue
    return None


class _Clock:
    """How long each stage of a launch may take, by the driver's own monotonic clock.

    The ranks' clocks are not asked: another host's may differ, and any may be set while it runs.
    """

    def __init__(self, batch: Batch, limits: Limits) -> None:
        self._limits = limits
        self._heard = 0
        self._heard_at = time.monotonic()
        self._budgets = {case.id: case.budget_s for case in batch.cases}
        self._compiles = not batch.is_program
        self._stage: tuple[str | None, bool] = (None, False)
        self._since = time.monotonic()

    def overdue(self, launched: Launched) -> Ending | None:
        """How a launch is to end of which a limit has passed, or None."""
        now = time.monotonic()
        if self._limits.passed():
            return OUT_OF_TIME
        late = self._late(launched) or self._stalled(launched, now)
        if not late:
            return None
        if launched.places:
            return Ending(Outcome.TIMEOUT, late)
        return Ending(Outcome.INFRA, late, transient=True)

    def _stalled(self, launched: Launched, now: float) -> str | None:
        """Whether the ranks of a running case have reported nothing for too long."""
        if launched.events != self._heard:
            self._heard, self._heard_at = launched.events, now
        stall_s, running = self._limits.stall_s, launched.running
        if stall_s is None or running is None or now - self._heard_at <= stall_s:
            return None
        where = _stage(running, program=not self._compiles)
        return f"no sign of life for {stall_s:g} s {where}"

    def _late(self, launched: Launched) -> str | None:
        """Which limit of the running stage has passed, or None."""
        running = launched.running
        stage = (running.case, running.compile_s is not None) if running else (None, False)
        if stage != self._stage:
            self._stage, self._since = stage, time.monotonic()
        spent_s = time.monotonic() - self._since
        if running is None:
            return _longer(spent_s, START_LIMIT_S, "mpirun started, or ended, no ranks")
        if running.compile_s is None and self._compiles:
            return _longer(spent_s, COMPILE_LIMIT_S, "compiling did not end")
        budget_s = self._budgets[running.case]
        if spent_s <= budget_s:
            return None
        return f"the budget of {budget_s:g} s passed {_stage(running, program=not self._compiles)}"


def _longer(spent_s: float, limit_s: float, what: str) -> str | None:
    return f"{what} within {limit_s:.0f} s" if spent_s > limit_s else None


def _stage(running: Observation, *, program: bool) -> str:
    done = len(running.samples)
    if program:
        return "while the program ran"
    if running.setup_s is None:
        return "during set-up"
    if running.stopped is not None:
        return "during verification"
    return f"after {done} repetitions" if done else "during the warm-up or the first repetition"


def _ending(
    batch: Batch, launched: Launched, status: int | None, overdue: Ending | None, tail: str
) -> Ending:
    if overdue:
        return overdue
    raised = _raised(batch)
    if raised:
        return _of_exception(raised)
    if status == 0 and launched.finished:
        return Ending(Outcome.PASS, "")
    if not launched.places:
        why = f"mpirun started no ranks (exit status {status}): {tail}"
        return Ending(Outcome.INFRA, why, transient=True)
    if _LOST.search(tail) or (status == 0 and _CLOSED in tail):
        return Ending(Outcome.INFRA, f"a node was lost: {tail}", transient=True)
    return _of_status(status, tail)


def _of_exception(raised: dict[str, Any]) -> Ending:
    where = f"rank {raised['rank']} raised {raised['type']}"
    if raised["type"] == "NoRankError":
        return Ending(Outcome.INFRA, raised["message"])
    if raised["type"] == "NotStartedError":
        return Ending(Outcome.ERROR, f"rank {raised['rank']}: {raised['message']}")
    if raised["type"] == "WrongWorldError":
        reason = (
            f"{raised['message']}: mpirun and mpi4py belong to different MPIs; "
            "`qyran doctor` shows both and how to mend it"
        )
        return Ending(Outcome.INFRA, reason)
    if raised["type"] == CannotRun.__name__:
        return Ending(Outcome.INFRA, raised["message"])
    if raised["type"] == "MemoryError":
        return Ending(Outcome.ERROR, f"{where}: {raised['message']} (give a smaller size)")
    return Ending(Outcome.ERROR, f"{where}: {raised['message']} at {raised['place']}")


def _of_status(status: int | None, tail: str) -> Ending:
    number = -status if status and status < 0 else (status or 0) - 128
    name = _signal_name(number)
    if name:
        why = "; the kernel does that when memory runs out" if name == "SIGKILL" else ""
        return Ending(Outcome.KILLED, f"a rank was killed by {name}{why}: {tail}")
    return Ending(Outcome.ERROR, f"mpirun ended with exit status {status}: {tail}")


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return ""


def _raised(batch: Batch) -> dict[str, Any]:
    """What the first rank that raised has written down; empty if none has."""
    ranks = batch.cases[0].geometry.ranks
    files = [raised_file(batch.journal, rank) for rank in range(ranks)]
    found = sorted((f for f in files if f.exists()), key=lambda f: f.stat().st_mtime_ns)
    for file in found:
        with suppress(OSError, ValueError):
            report = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(report, dict):
                return report | {"message": _printable(report["message"])}
    return {}


def _tail(log: Path, offset: int) -> str:
    """What this launch said last, in one line: the point of an MPI's banner, or the last lines."""
    with log.open("rb") as file:
        file.seek(max(offset, log.stat().st_size - _LOG_TAIL_B))
        text = file.read().replace(b"\0", b"").decode(errors="replace")
    parts = [part.strip() for part in _BANNER.split(text) if part.strip()] or [""]
    said = parts[-1].split("\n\n")[0] if _BANNER.search(text) else parts[-1]
    lines = [_printable(line).strip() for line in said.splitlines() if line.strip()]
    return " | ".join(lines[-_LOG_TAIL:]) or f"nothing was printed, see {log}"


def _printable(text: str) -> str:
    """The text without what terminals, HDF5 or UTF-8 cannot take: escapes, NUL, surrogates."""
    return "".join(one if one.isprintable() else " " for one in text)
