"""Many runs at once, a process each: a bounded number, and none is left when this one ends.

Each is a `qyran run` with its own mpirun. Asked to end, it records what it has and ends its ranks
itself; the kernel sends it the same TERM when this process is killed.
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.launch.process import Launch, started, uninterrupted

POLL_S: Final = 0.1
LATE: Final = -1
"""The status of a child that was ended for its time limit."""
GRACE_S: Final = 20.0
"""How long runs that are asked to end may take to record what they have."""


@dataclass(frozen=True)
class Child:
    """A command with its output appended to ``log``. name : of the node, or of the run.

    environment : its variables, None: those of this process; limit_s : then it is ended.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None
    limit_s: float = math.inf


@dataclass(frozen=True)
class _Running:
    launch: Launch
    ending: ExitStack
    until: float


def run(children: Iterable[Child], at_once: int, ended: Callable[[str, int], None]) -> None:
    """Run all of them to their end; ``ended`` is told each with its exit status as it ends.

    Whatever ends this function (an interrupt), no process is left. CannotMeasure if one cannot be
    started.
    """
    waiting, running = deque(children), dict[str, _Running]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                one = waiting.popleft()
                running[one.name] = _begun(one)
            for name, status in _over(running):
                ended(name, status)
            time.sleep(POLL_S)
    except BaseException:
        with uninterrupted():
            _ask_to_end([one.launch for one in running.values()])
        raise
    finally:
        with uninterrupted():
            for left in running.values():
                left.ending.close()


def _begun(child: Child) -> _Running:
    child.log.parent.mkdir(parents=True, exist_ok=True)
    ending = ExitStack()
    process: AbstractContextManager[Launch] = started(
        list(child.command), child.environment or os.environ, Path.cwd(), child.log
    )
    return _Running(ending.enter_context(process), ending, time.monotonic() + child.limit_s)


def _over(running: dict[str, _Running]) -> Iterable[tuple[str, int]]:
    """Those that have ended, with nothing of them left; they are forgotten."""
    for name, one in list(running.items()):
        status = one.launch.poll()
        if status is not None or time.monotonic() > one.until:
            del running[name]
            one.ending.close()
            yield name, LATE if status is None else status


def _ask_to_end(launches: Sequence[Launch]) -> None:
    for one in launches:
        one.ask_to_end()
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and any(one.poll() is None for one in launches):
        time.sleep(POLL_S)
