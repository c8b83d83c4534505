"""How the parts of a repetition grow with the steps that are done.

A factorisation does less in each of its steps: what is hidden at its beginning may be most of the
time at its end. Each rank keeps, in arrays that are there before the clock starts, where its parts
stand after each step; where there are more than `MOST`, after every second or third and so on. Over
the ranks they are reduced when the clock has stopped. A step costs a comparison, and an interval
less than 1 us.

A kernel that has one (`Kernel.timeline`) has one phase of one call, and tells its steps right after
a lap, so that all time until then belongs to a part.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

MOST: Final = 64
"""Intervals of the steps; what comes after the last step is one more."""
_ROOM: Final = 8 * (MOST + 1)


class Timeline:
    """The intervals of one rank, filled anew in each repetition.

    The arrays have room for all of them: done [interval], the steps at its end; seconds [interval],
    its end since the phase began; parts {part: [interval]}, seconds of the part until then.
    """

    def __init__(self) -> None:
        self.done = array("q", bytes(_ROOM))
        self.seconds = array("d", bytes(_ROOM))
        self.parts: dict[str, array[float]] = {}
        self.count = 0
        self._stride = 0

    def reset(self) -> None:
        """A repetition begins."""
        self.count = 0
        self._stride = 0

    def reached(self, done: int, total: int, seconds: float, parts: Mapping[str, float]) -> None:
        """So many steps are done: an interval ends, if it is long enough.

        The first call says how many steps are done between two calls: nb columns of a matrix.
        """
        self._stride = self._stride or done * -(-total // (done * MOST))
        if done >= (self.count + 1) * self._stride or done == total:
            self._keep(done, seconds, parts)

    def end(self, seconds: float, parts: Mapping[str, float]) -> None:
        """The phase ended; nothing is kept of one that told no steps."""
        if self.count:
            self._keep(self.done[self.count - 1], seconds, parts)

    def _keep(self, done: int, seconds: float, parts: Mapping[str, float]) -> None:
        at = self.count
        self.done[at] = done
        self.seconds[at] = seconds
        for part in parts:
            if part not in self.parts:  # in the warm-up: later ones have the same parts
                self.parts[part] = array("d", bytes(_ROOM))
        for part, spent in self.parts.items():
            spent[at] = parts.get(part, 0.0)
        self.count = at + 1

    def reduced(self, comm: Intracomm) -> dict[str, Any]:
        """Over all ranks, on rank 0; nothing elsewhere, nor where no steps were told. Collective.

        done : [interval]; seconds : [interval] since the beginning, when the last rank had done
        them; mean, maximum : seconds of each part in each interval {part: [interval]}.
        """
        from mpi4py import MPI

        names = sorted(comm.allreduce(frozenset(self.parts), op=operator.or_))
        mine = np.zeros((1 + len(names), MOST + 1))
        mine[0, : self.count] = self.seconds[: self.count]
        for row, name in enumerate(names, start=1):
            if name in self.parts:
                mine[row, : self.count] = np.diff(self.parts[name][: self.count], prepend=0.0)
        total, most = np.empty_like(mine), np.empty_like(mine)
        comm.Reduce(mine, total, op=MPI.SUM, root=0)
        comm.Reduce(mine, most, op=MPI.MAX, root=0)
        if comm.rank != 0 or not self.count:
            return {}
        mean, most = (total / comm.size)[:, : self.count], most[:, : self.count]
        return {
            "done": self.done[: self.count].tolist(),
            "seconds": most[0].tolist(),
            "mean": dict(zip(names, mean[1:].tolist(), strict=True)),
            "maximum": dict(zip(names, most[1:].tolist(), strict=True)),
        }
