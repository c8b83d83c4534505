"""Group-by: sum, count, mean, and minimum and maximum if wanted, of the values of each key.

    SELECT key, sum(value), count(*) FROM rows GROUP BY key

Keys are int64 or strings, values int64. Every rank has a block of the rows and ends with the keys
whose hash it owns, in no particular order. The answer does not depend on the number of ranks and
threads, nor on the order of the rows: integers are added, sums in 128 bits, which never wrap, and
the mean is their quotient by the count. Each step is described where it is done:

    sample    how many keys there are, and which are frequent (`sample`)
    local     rows of frequent keys are added up at once, the others go into partitions of the hash
              (`split`), each of which fits into a cache when it is aggregated (`combine`)
    exchange  aggregates go to the ranks that own their keys, one for each key and rank: a frequent
              key is as small as any other, so that skewed keys load the ranks evenly. Only rows
              that hardly have a key in common travel as they are, being smaller (`swap`)
    merge     of what came

aggregates = sums is what databases are usually compared by, and gives the mean too; extremes take
half as much memory again, so that they are asked for by aggregates = all.

Keys of an input may be float64: all NaN form one group, and -0.0 and 0.0 another. Its values are
generated, unless `values` names them. Strings are equal if their bytes are. With a memory limit,
aggregates are spilled by partition and merged partition by partition.

Counting: a row is a key and a value, 16 B, or the string's length (12 B if generated, 8 B for where
it begins) and 8 B. They are read once; nothing else is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.blocks import largest
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

    from kernels.bigdata.groupby.cpu import State

MOST_STRINGS = 10**10
ROW_B = {"int64": 16, "string": 28}
"""A key and a value; a generated string, where it begins, and a value."""
KEY_B = {"int64": 64, "string": 400}
"""Memory of a different key of a rank at most: in two tables, packed, and received."""
EXTREMES = 1.5
"""Factor of it with minimum and maximum."""


@dataclass(frozen=True, kw_only=True)
class GroupBy(Dataset["State"]):
    """Aggregates of the values of each distinct key."""

    title: ClassVar[str] = "sum, count, mean, extremes of each key: hash aggregation and shuffle"
    verification: ClassVar[str] = (
        "counts, sums and extremes of classes of keys, and the set of keys, equal those of rows"
        " that were read anew, exactly; no key is there twice, or on a rank that does not own it"
    )
    primary: ClassVar[str] = "groupby"
    paths: ClassVar[tuple[str, ...]] = ("input", "scratch", "values")
    copies: ClassVar[float] = 3.0

    keys: int = parameter(
        10**6, unit="1", help="distinct keys of generated rows", minimum=1, maximum=2**40
    )
    key: str = parameter(
        "int64", unit="", help="type of the keys generated", choices=("int64", "string")
    )
    aggregates: str = parameter(
        "sums",
        unit="",
        help="sums: sum, count, mean; all: minimum and maximum too",
        choices=("sums", "all"),
    )
    values: str = parameter(
        "", unit="", help="FILE:column of the values, integers, instead of generated ones"
    )
    distribution: str = parameter(
        "uniform",
        unit="",
        help="of the keys",
        choices=("uniform", "zipf", "sorted", "reversed", "equal"),
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """A key and a value."""
        return ROW_B[str(given.get("key", "int64"))]

    @classmethod
    def input_types(cls, given: Mapping[str, Value]) -> tuple[str, ...]:
        """Keys of any type."""
        return ("int64", "float64", "text")

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """As of every data set, or fewer rows where their keys would not fit beside them.

        Values that are named are examined before anything starts.
        """
        chosen = super().fit(given, memory_B, llc_B, ranks)
        if "rows" in chosen and not (given.get("input") or given.get("memory")):
            rows = cls._rows_beside_keys(given, int(chosen["rows"]), memory_B, ranks)
            chosen = {**chosen, "rows": rows}
        if given.get("values"):
            from kernels.bigdata.groupby.values import values_of

            values_of(str(given["values"]), int({**given, **chosen}["rows"]))
        return chosen

    @classmethod
    def _rows_beside_keys(
        cls, given: Mapping[str, Value], most: int, memory_B: int, ranks: int
    ) -> int:
        def needed_B(rows: int) -> int:
            return ranks * cls(**{**given, "rows": rows}).memory_B(ranks)  # type: ignore[arg-type]

        rows = bisect_right(range(1, most + 1), memory_B, key=needed_B)
        if rows < 1:
            known = f"{memory_B} B may be filled, one row a rank needs {needed_B(1)} B"
            raise IllegalParameter("rows", "auto", known)
        return rows

    def memory_B(self, ranks: int) -> int:
        """The share of the limit, or rows and different keys; those of an input are not known."""
        rows_B = super().memory_B(ranks)
        if self.memory or self.input:
            return rows_B
        keys = min(self.keys, largest(self.rows, ranks))
        return rows_B + int(KEY_B[self.key] * keys * (EXTREMES if self.aggregates == "all" else 1))

    def check_geometry(self, ranks: int) -> None:
        """Any number of rows on any number of ranks."""
        if self.key == "string" and self.keys > MOST_STRINGS:
            raise IllegalParameter(
                "keys", self.keys, f"at most {MOST_STRINGS}: strings of 10 digits"
            )

    def phases(self) -> tuple[Phase[State], ...]:
        """All of it is one phase; its parts are told to the watch."""
        run: Phase[State] = Phase(
            "groupby", ROW_RATE, lambda state: state.groupby(), self._work, also=(BANDWIDTH,)
        )
        return (run,)

    def setup(self, comm: Intracomm) -> State:
        """The rows, generated or read."""
        from kernels.bigdata.groupby.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Parts local, exchange, merge, and read, spill; the imbalance of what is received."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the results."""
        state.forget()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """All of `check`."""
        from kernels.bigdata.groupby.check import mistakes

        found = mistakes(state, 0 if self.input else self.keys)
        return Check("keys and classes of keys that are wrong", float(found), 0.0)

    def _work(self, ranks: int) -> Work:
        row_B = self.row_B({"key": self.key})
        return Work(bytes_read=float(self.rows * row_B), items=float(self.rows))
