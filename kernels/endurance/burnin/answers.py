"""Answers that must have the same bits whenever and wherever they are computed.

What is expected is agreed on once, by all cores of one kind of processor: every core computes the
answer three times, and the bits that most of them have are sent to all ranks. An answer that an
independent check calls wrong loses against one that it does not. Afterwards every answer is
compared with it, word by word.

The same instructions in the same order give the same bits: that holds on processors of one kind, on
which the libraries choose the same code. Other kinds agree among themselves.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import threadpoolctl
from llvmlite import binding
from numpy.typing import NDArray

from kernels._support.target import target
from kernels.endurance.burnin.findings import Findings, log
from kernels.endurance.burnin.words import Words, compare, digest
from kernels.endurance.burnin.workers import Workers, current_cpu

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

VOTES: Final = 3
"""Answers of each core before one is agreed on: one that is wrong by chance is outvoted."""
_L2_B: Final = 191  # _SC_LEVEL2_CACHE_SIZE of glibc: blocks of a BLAS may follow it


def words_of(array: NDArray[Any]) -> Words:
    """A contiguous array of 8-byte elements as words, without copying it."""
    return array.view(np.uint64).reshape(-1)


@dataclass
class Input:
    """What a computation reads: it must not change. restore : makes it anew."""

    name: str
    words: Words
    restore: Callable[[], None]
    digest: int = 0

    def __post_init__(self) -> None:
        self.restore()
        self.digest = int(digest(self.words))

    def changed(self) -> bool:
        """Whether its bits are not those it was made with; it is then made anew."""
        if int(digest(self.words)) == self.digest:
            return False
        self.restore()
        return True


@dataclass
class Answer:
    """The bits that a computation must give. doubt : why they may not be the right ones."""

    part: str
    words: Words
    place: Callable[[int], str]
    inputs: Sequence[Input]
    findings: Findings
    digest: int = 0
    doubt: str = ""
    _lock: Lock = field(default_factory=Lock)

    def check(self, found: Words) -> None:
        """Compare an answer; called by the thread that computed it."""
        noted = log()
        count = int(compare(found, self.words, noted))
        if count == 0:
            self.findings.compared(-1, self.part, 0, noted, self.place)
            return
        with self._lock:
            what = self._cause(found)
            self.findings.compared(
                current_cpu(), self.part, count, noted, lambda i: f"{self.place(i)}{what}"
            )
            if what == _EXPECTED_CHANGED:
                self.words[:] = found

    def _cause(self, found: Words) -> str:
        """What is said behind the place: that memory changed, or that nobody knows who is right."""
        if int(digest(self.words)) != self.digest:
            same = int(digest(found)) == self.digest
            return _EXPECTED_CHANGED if same else f"{_EXPECTED_CHANGED}, and so did the answer"
        changed = [one.name for one in self.inputs if one.changed()]
        if changed:
            return f", computed from {' and '.join(changed)}, which had changed in memory"
        return self.doubt

    def agree(
        self,
        workers: Workers,
        compute: Callable[[int], Words],
        error: Callable[[Words], float],
        group: Intracomm,
    ) -> None:
        """Let all cores of a group of ranks agree on the bits. Collective.

        compute : one answer of a worker, in an array of its own; error : what an independent check
        finds, as a share of what rounding allows.
        """
        last: list[Words] = [self.words] * workers.count
        votes = [Vote()] * workers.count

        def vote(worker: int) -> None:
            digests = []
            for _ in range(VOTES):
                last[worker] = compute(worker)
                digests.append(int(digest(last[worker])))
            votes[worker] = Vote(tuple(digests), error(last[worker]), current_cpu())

        workers.each(vote)
        everyone = group.allgather(votes)
        chosen = choose([one for rank in everyone for one in rank])
        root, of = _holder(everyone, chosen.digest)
        if group.rank == root:
            self.words[:] = last[of]
        group.Bcast(self.words, root=root)
        self.digest, self.doubt = chosen.digest, chosen.doubt
        self._judge(votes, last, chosen, first=group.rank == root)

    def _judge(
        self, votes: Sequence[Vote], last: Sequence[Words], chosen: Chosen, *, first: bool
    ) -> None:
        """Tell which first answers of this rank are wrong; the first rank, whether all are."""
        if int(digest(self.words)) != self.digest:
            self.findings.wrong(
                votes[0].cpu, self.part, "the agreed answer arrived with other bits"
            )
        for vote, words in zip(votes, last, strict=True):
            if vote.digests[-1] != self.digest:
                self.check(words)
            elif set(vote.digests) != {self.digest}:
                what = f"one of its first {VOTES} answers had other bits"
                self.findings.wrong(vote.cpu, self.part, what)
        if first and not chosen.error <= 1.0:
            what = f"what {chosen.share} is {chosen.error:.3g} times what rounding may change"
            self.findings.wrong(votes[0].cpu, self.part, what)


_EXPECTED_CHANGED: Final = ", where the copy of the expected answer had changed in memory"


@dataclass(frozen=True)
class Vote:
    """The first answers of a core. error : of the last one, by an independent check."""

    digests: tuple[int, ...] = ()
    error: float = 0.0
    cpu: int = -1


@dataclass(frozen=True)
class Chosen:
    """The answer that is expected from now on. share : how many gave it, in words."""

    digest: int
    error: float
    share: str
    doubt: str


def choose(votes: Sequence[Vote]) -> Chosen:
    """The answer that most agree on, among those that the independent check accepts if any are."""
    count = Counter(one for vote in votes for one in vote.digests)
    errors = {vote.digests[-1]: vote.error for vote in votes}
    sound = [one for one, error in errors.items() if error <= 1.0] or list(errors)
    best = max(sound, key=lambda one: count[one])
    share = f"{count[best]} of {count.total()} first answers agree on"
    doubt = f" (only {count[best]} of {count.total()} first answers had the expected bits)"
    most = 2 * count[best] > sum(count[one] for one in sound)
    return Chosen(best, errors[best], share, "" if most else doubt)


def _holder(everyone: Sequence[Sequence[Vote]], wanted: int) -> tuple[int, int]:
    """The first rank, and its worker, whose last answer is the one wanted."""
    return next(
        (rank, worker)
        for rank, votes in enumerate(everyone)
        for worker, vote in enumerate(votes)
        if vote.digests[-1] == wanted
    )


def kind_of_processor() -> str:
    """What decides which code the compiler and the BLAS choose here, in words."""
    blas = {
        f"{one['internal_api']} {one.get('version')} for {one.get('architecture')}"
        for one in threadpoolctl.threadpool_info()
        if one["user_api"] == "blas"
    }
    vectors = f"{target().vector_B} B vectors"
    model = f"{_model()}, {binding.get_host_cpu_name()}"
    return f"{model}, {vectors}, {os.sysconf(_L2_B)} B level 2, {', '.join(sorted(blas))}"


def _model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "unknown processor"
    names = [line for line in text.splitlines() if line.startswith(("model name", "CPU part"))]
    return names[0].partition(":")[2].strip() if names else "unknown processor"


def of_one_kind(comm: Intracomm) -> tuple[Intracomm, int]:
    """The ranks on processors of the kind of this one's, and how many kinds there are."""
    own = kind_of_processor()
    kinds = sorted(set(comm.allgather(own)))
    group: Any = comm.Split(kinds.index(own), comm.rank)
    return group, len(kinds)
