"""Top-k: the k largest rows and their numbers, the largest first, the same on any number of ranks.

Of equal values that with the lower row number counts as larger, so that the answer is one. NaN is
no number and never among the largest; -0.0 equals +0.0, and is reported as it. Where there are
fewer than k numbers, all of them are the answer. It lies on rank 0.

local     each thread scans its rows for those above the smallest of its k largest so far (`scan`)
exchange  the k-th largest over all ranks, digit by digit, each with one Allreduce of 2048 counts;
          then what belongs to the answer travels to rank 0: at most k candidates in all, however
          many ranks there are
merge     each rank sorts its share before it is sent; rank 0 merges the sorted shares

Counting: 8 B a row, read once. What the candidates cost beside is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.dataset.declaration import Dataset
from kernels.contract import BANDWIDTH, ROW_RATE, Check, Phase, Value, Watch, Work, parameter

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.topk.cpu import State

ROW_B: Final = 8
MOST: Final = 10**6


@dataclass(frozen=True, kw_only=True)
class Topk(Dataset["State"]):
    """The k largest of a distributed column."""

    title: ClassVar[str] = "the k largest rows of a column, with their numbers"
    verification: ClassVar[str] = (
        "every row of the answer holds its value when it is generated or read anew, and as many"
        " rows as the answer says, and no more, are above its smallest, or equal to it and earlier"
    )
    primary: ClassVar[str] = "topk"

    k: int = parameter(
        100,
        unit="1",
        help="rows of the answer; fewer where there are fewer",
        minimum=1,
        maximum=MOST,
    )
    dtype: str = parameter(
        "float64",
        unit="",
        help="type of a generated row; an input has its own",
        choices=("float64", "int64"),
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """One number."""
        return ROW_B

    def phases(self) -> tuple[Phase[State], ...]:
        """One: the whole of it."""
        return (Phase("topk", ROW_RATE, methodcaller("run"), self._work, also=(BANDWIDTH,)),)

    def setup(self, comm: Intracomm) -> State:
        """The column, in memory or ready to be read, and the buffers."""
        from kernels.bigdata.topk.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Laps of the phase."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the answer."""
        state.answer = None

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The answer against all rows, see `check`."""
        from kernels.bigdata.topk.check import violations

        found = violations(state.answer, state.column, state.own, self.k, comm)
        return Check("rows or conditions that are wrong", found, 0.0)

    def _work(self, ranks: int) -> Work:
        return Work(bytes_read=float(ROW_B * self.rows), items=float(self.rows))
