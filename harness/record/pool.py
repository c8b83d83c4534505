"""Processes that read files of results for this one (`readers`): they read, answer and end.

Nothing is measured here, nor while they run.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Final

from harness.launch.lifeline import end_with_parent
from harness.record.readers import Answer, Item

# A process that waits for a disk leaves its core to another; more than these the one that takes
# their answers could not follow.
_PER_CPU: Final = 2
_MOST: Final = 8
_CHUNK: Final = 64
_AHEAD: Final = 4
"""Chunks under way for each process: their answers are what is held in memory."""


def answers(work: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """As `readers.answers`; the processes start when the first answer is asked for."""
    workers = min(_MOST, _PER_CPU * len(os.sched_getaffinity(0)))
    under_way: deque[tuple[Sequence[Item], Future[list[Answer]] | None]] = deque()
    with _processes(workers) as pool:
        for start in range(0, len(items), _CHUNK):
            chunk = items[start : start + _CHUNK]
            under_way.append((chunk, _submitted(pool, work, chunk)))
            if len(under_way) >= _AHEAD * workers:
                yield from _of_chunk(work, *under_way.popleft())
        while under_way:
            yield from _of_chunk(work, *under_way.popleft())


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPoolExecutor | None]:
    """Processes that start when they are needed, None where that is impossible.

    Each is a new interpreter: a copy of this one would hold its locks, and none of its threads.
    """
    try:
        pool = ProcessPoolExecutor(workers, get_context("spawn"), partial(_end_with, os.getpid()))
    except (ImportError, NotImplementedError, OSError):  # no semaphores: /dev/shm is missing
        yield None
        return
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with(parent: int) -> None:
    """Let this process end with the one that started it, which may have been killed meanwhile."""
    end_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _submitted(
    pool: ProcessPoolExecutor | None, work: Callable[[Item], Answer], chunk: Sequence[Item]
) -> Future[list[Answer]] | None:
    """A chunk under way, None if it is not.

    A process begins with the signals blocked that are here: Ctrl-C is for the one that has it.
    """
    if pool is None:
        return None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_each, work, chunk)
    except (BrokenExecutor, OSError):
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _of_chunk(
    work: Callable[[Item], Answer], chunk: Sequence[Item], future: Future[list[Answer]] | None
) -> list[Answer]:
    try:
        return future.result() if future else _each(work, chunk)
    except BrokenExecutor:
        return _each(work, chunk)


def _each(work: Callable[[Item], Answer], chunk: Sequence[Item]) -> list[Answer]:
    return [work(one) for one in chunk]
