"""The threads of a rank, which share out independent pieces of work.

A BLAS's own threads all join in one call: nobody is left to factor the next panel meanwhile, and
small calls pay for waking them. Here each thread takes pieces from a common list and calls a BLAS
with one thread of its own; the first thread of the rank may do something else first and join
later. The pieces release the GIL in their compiled code.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any, Final

import threadpoolctl

Piece = tuple[int, int]
"""A range of columns: first, one past the last."""
Work = Callable[[int, int, int], None]
"""Receives a piece and the number of the thread that does it, counted from 0."""


class Team:
    """The threads of this rank: the calling one, and ``threads`` - 1 of its own."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self._blas: Any = threadpoolctl.ThreadpoolController()

    def begin(self, *stages: tuple[Work, Iterable[Piece]]) -> Job:
        """Let the other threads begin with the pieces, first things first.

        A stage begins when all pieces of the one before are done.
        """
        job = Job([_Stage(work, pieces) for work, pieces in stages])
        if self._pool is not None:
            job.others = [self._pool.submit(job.take, one) for one in range(1, self.threads)]
        return job

    @contextmanager
    def calling_blas(self) -> Iterator[None]:
        """Inside, every call of the BLAS uses the thread that makes it, and no other."""
        if self.threads == 1:
            yield
            return
        with self._blas.limit(limits=1, user_api="blas"):
            yield


class _Stage:
    """Pieces that do not depend on each other."""

    def __init__(self, work: Work, pieces: Iterable[Piece]) -> None:
        self.work = work
        self.left = deque(pieces)
        self._open = len(self.left)
        self._lock = Lock()
        self.done = Event()
        self.finish(0)

    def finish(self, pieces: int) -> None:
        """So many pieces more are done."""
        with self._lock:
            self._open -= pieces
            if self._open == 0:
                self.done.set()


class Job:
    """Stages of work that the threads of a team do together."""

    def __init__(self, stages: list[_Stage]) -> None:
        self._stages = stages
        self.others: list[Future[None]] = []

    def take(self, thread: int, between: Callable[[], None] | None = None) -> None:
        """Do pieces until none is left, calling ``between`` after each."""
        try:
            for stage in self._stages:
                self._take(stage, thread, between)
                stage.done.wait()
        except BaseException:
            self._abandon()
            raise

    @staticmethod
    def _take(stage: _Stage, thread: int, between: Callable[[], None] | None) -> None:
        while True:
            try:
                first, last = stage.left.popleft()
            except IndexError:
                return
            stage.work(first, last, thread)
            stage.finish(1)
            if between is not None:
                between()

    def _abandon(self) -> None:
        """Let nobody wait for what will not be done."""
        for stage in self._stages:
            stage.left.clear()
            stage.done.set()

    def join(self, between: Callable[[], None] | None = None) -> None:
        """Help, and return when all is done; what another thread raised is raised here."""
        self.take(0, between)
        for one in self.others:
            one.result()


def shares(start: int, stop: int, threads: int, least: int, most: int) -> list[Piece]:
    """Cut columns start..stop-1 into pieces that shrink towards the end (guided scheduling).

    Each piece is a thread's share of what is left, within ``least`` and ``most``, so that threads
    which begin at different times end nearly together. One thread gets pieces of ``most``.
    """
    pieces = []
    while start < stop:
        left = stop - start
        size = -(-left // threads)
        size = min(max(size, least), most, left)
        pieces.append((start, start + size))
        start += size
    return pieces


ALONE: Final = Team(1)
"""The calling thread and no other."""
