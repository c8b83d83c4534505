"""What the kernels of bigdata have in common: their data, and how much memory it may take.

Imports nothing heavy: it is the base of declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from kernels._support.blocks import largest
from kernels.contract import IllegalParameter, Kernel, Value, parameter, values

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column, StringColumn
    from kernels._support.dataset.generate import Law

StateT = TypeVar("StateT")

CACHES = 4
"""The data are at least this many times the sum of the last-level caches, as in STREAM."""
SMALLEST_AUTO_B = 2**28
"""Bytes of the data where the caches are smaller or unknown."""
BEYOND_MEMORY = 4
"""Generated data of an out-of-core case are this many times the limit."""
MANY_KEYS = 2**62


@dataclass(frozen=True, kw_only=True)
class Dataset(Kernel[StateT]):
    """Base of the kernels that go through a column of rows, block by block over the ranks.

    With memory = 0 the data are in memory before a phase begins. With a limit, the phase reads or
    generates them chunk by chunk, and spills what does not fit.
    """

    paths: ClassVar[tuple[str, ...]] = ("input", "scratch")
    copies: ClassVar[float] = 1.0
    """Memory that the data in memory take with all buffers, in units of the data."""

    rows: int = parameter(
        unit="1", help="rows over all ranks; of an input: the first so many", minimum=1
    )
    input: str = parameter(
        "", unit="", help="FILE:column of HDF5, Parquet or CSV, instead of generated rows"
    )
    distribution: str = parameter(
        "uniform",
        unit="",
        help="of the generated rows",
        choices=("uniform", "zipf", "sorted", "reversed", "equal", "nan"),
    )
    exponent: float = parameter(1.2, unit="1", help="of zipf", minimum=0.0, maximum=10.0)
    memory: int = parameter(
        0,
        unit="B",
        help="limit of the resident memory of all ranks together; 0: none, all data stay in it",
        minimum=0,
    )
    scratch: str = parameter(
        "", unit="", help="folder for what does not fit into memory; empty: $TMPDIR"
    )
    seed: int = parameter(0, unit="1", help="of the data", minimum=0, maximum=2**58)

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """Bytes of the data of one row; what is not given has its default."""
        return 8

    @classmethod
    def input_types(cls, given: Mapping[str, Value]) -> tuple[str, ...]:
        """What the column of an input may hold: int64, float64, text."""
        return ("int64", "float64")

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The rows of the input, else four times the caches, or what the memory holds if less."""
        if given.get("input"):
            return _rows_of_input(given, cls.input_types(given))
        if "rows" in given:
            return {}
        row_B = cls.row_B(given)
        limit_B = int(given.get("memory", 0))
        if limit_B:
            return {"rows": max(1, BEYOND_MEMORY * limit_B // row_B)}
        share = int(memory_B / (ranks * cls.copies * row_B))
        rows = min(-(-max(CACHES * llc_B, SMALLEST_AUTO_B) // row_B), share * ranks)
        if rows < 1:
            need = int(cls.copies * row_B * ranks)
            raise IllegalParameter(
                "rows", "auto", f"{memory_B} B may be filled, one row a rank needs {need} B"
            )
        return {"rows": rows}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """As many rows on each rank, of generated data."""
        if given["input"]:
            raise IllegalParameter("scaling", "weak", "an input has the rows that it has")
        grown = {"rows": int(given["rows"]) * factor, "memory": int(given["memory"]) * factor}
        return {**given, **grown}

    def check_geometry(self, ranks: int) -> None:
        """Any number of rows on any number of ranks."""

    def memory_B(self, ranks: int) -> int:
        """The share of the limit, or the data and their buffers."""
        if self.memory:
            return self.memory // ranks
        return int(self.copies * self.row_B(values(self)) * largest(self.rows, ranks))

    def column(
        self,
        kind: str,
        stream: int = 0,
        keys: int = MANY_KEYS,
        comm: Intracomm | None = None,
    ) -> Column | StringColumn:
        """The column of the input; else one generated, of kind int64, key or float64.

        stream : generated columns of different streams are independent, 0 to 15. keys : how many
        values zipf and key have. comm : its ranks find the rows of a CSV file together, and all
        must call; without it each goes through the whole file.
        """
        from kernels._support.dataset.column import Generated
        from kernels._support.dataset.files.spec import opened

        if self.input:
            return opened(self.input, comm)
        return Generated(kind, self.law(stream, keys))

    def law(self, stream: int = 0, keys: int = MANY_KEYS) -> Law:
        """How the rows of a generated column are made; see `column`."""
        from kernels._support.dataset.generate import law

        return law(
            self.distribution,
            self.rows,
            keys=keys,
            exponent=self.exponent,
            seed=self.seed,
            stream=stream,
        )

    def budget_B(self, comm: Intracomm) -> int | None:
        """Bytes that this rank may allocate from now on; None if there is no limit. Collective."""
        from kernels._support.dataset.budget import budget_B

        return budget_B(self.memory, comm) if self.memory else None


def _rows_of_input(given: Mapping[str, Any], types: tuple[str, ...]) -> dict[str, Value]:
    from kernels._support.dataset.files.spec import rows

    found = rows(str(given["input"]), types)
    if "rows" not in given:
        return {"rows": found}
    if int(given["rows"]) > found:
        raise IllegalParameter("rows", given["rows"], f"{given['input']} has {found}")
    return {}
