"""Sort: a global sort of numbers or records, distributed over the ranks.

    dtype int64     in the order of the integers
    dtype float64   in the order of the floats; -0.0 before 0.0, NaN last
    dtype record    records of 100 bytes by their keys, the first 10 bytes, as TeraSort's; see
                    `records`

Rank 0 has the smallest rows in the end, and each rank about as many as it had: the rows of one key
are divided between ranks where they must be. Rows with the same key come in any order. The number
of rows need not be a multiple of the ranks; ranks may have none. An input holds int64 or float64,
of which dtype is the type; float64 with NaN are no error.

Algorithm: sample sort (see `sorter`); out of core an external one (see `external`).

Counting: items are rows; every row is read once and written once, which is the least that any sort
moves. In memory each row is read four times (its bucket found, put there, exchanged, merged) and
written three times, beside what stays in the caches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    ROW_RATE,
    Check,
    IllegalParameter,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.sort.cpu import State
    from kernels.bigdata.sort.external import External

ROW_B = {"int64": 8, "float64": 8, "record": 100}
MOST_NUMBERED = 2**15
"""Buckets over all ranks, at least one of each: the number of a row's bucket has 15 bits."""


@dataclass(frozen=True, kw_only=True)
class Sort(Dataset["State | External"]):
    """Global sort of a distributed column."""

    title: ClassVar[str] = "global sort of integers, floats or 100-byte records (TeraSort)"
    verification: ClassVar[str] = (
        "valsort's rule: rows in order within ranks and across them, their number and the sum of a"
        " 128-bit hash of every row unchanged"
    )
    primary: ClassVar[str] = "sort"
    copies: ClassVar[float] = 2.4

    dtype: str = parameter(
        "int64", unit="", help="type of a row", choices=("int64", "float64", "record")
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """Bytes of a row."""
        return ROW_B[str(given.get("dtype", "int64"))]

    @classmethod
    def input_types(cls, given: Mapping[str, Value]) -> tuple[str, ...]:
        """An input is sorted as what it holds."""
        dtype = str(given.get("dtype", "int64"))
        return (dtype,) if dtype != "record" else super().input_types(given)  # refused later

    def check_geometry(self, ranks: int) -> None:
        """Any number of rows, on ranks whose buckets can be numbered; records are generated."""
        if ranks > MOST_NUMBERED:
            known = f"at most {MOST_NUMBERED}: take fewer ranks of more threads"
            raise IllegalParameter("ranks", ranks, known)
        if self.input and self.dtype == "record":
            raise IllegalParameter("dtype", self.dtype, "an input holds int64 or float64")

    def phases(self) -> tuple[Phase[State | External], ...]:
        """One."""
        return (Phase("sort", ROW_RATE, lambda state: state.sort(), self._work, also=(BANDWIDTH,)),)

    def setup(self, comm: Intracomm) -> State | External:
        """The rows, in memory or out of core."""
        from kernels.bigdata.sort.cpu import setup

        return setup(self, comm)

    def watch(self, state: State | External, watch: Watch) -> None:
        """Laps: local, exchange, merge; out of core read and spill too. Series: imbalance."""
        state.watch = watch

    def prepare(self, state: State | External) -> None:
        """The rows as they were: generated or read again, into the same memory."""
        state.load()

    def verify(self, state: State | External, comm: Intracomm) -> Check:
        """The result of all ranks against the rows, generated or read once more."""
        from kernels.bigdata.sort.check import errors

        wrong = errors(state.chunks(), state.column, state.own, comm)
        return Check("rows out of order, missing or changed", float(wrong), 0.0)

    def _work(self, ranks: int) -> Work:
        moved_B = float(self.rows * ROW_B[self.dtype])
        return Work(
            bytes_read=moved_B,
            bytes_written=moved_B,
            messages=float(ranks * (ranks - 1)),
            items=float(self.rows),
        )
