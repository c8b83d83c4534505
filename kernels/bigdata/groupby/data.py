"""The rows of a rank: keys as integers, and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blocks import Block, block
from kernels._support.dataset.column import Column, Generated, Part, StringColumn
from kernels._support.dataset.generate import law
from kernels._support.scratch import Scratch
from kernels.bigdata.groupby.layout import Limit
from kernels.bigdata.groupby.names import Names, StringPart
from kernels.bigdata.groupby.values import values_of

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.groupby.kernel import GroupBy

_VALUES = 1
"""Number of the stream of the values."""
_NAN = np.float64(np.nan).view(np.int64)


@njit("void(i8[::1])", cache=True, error_model="numpy")
def number_floats(bits: NDArray[np.int64]) -> None:
    """Bits of float64 into keys: the same for all NaN, and for both zeros."""
    for i in range(bits.size):
        value = np.int64(bits[i]).view(np.float64)
        if value != value:  # noqa: PLR0124 - NaN alone
            bits[i] = _NAN
        elif value == 0.0:
            bits[i] = 0


class KeyColumn(Column):
    """A column of integers or floats as integers, equal where the keys are."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self.rows, self.dtype = column.rows, np.dtype(np.int64)

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Floats by their bits."""
        if self._column.dtype.kind == "f":
            self._column.read(start, out.view(np.float64))
            number_floats(out)
        else:
            self._column.read(start, out)


@dataclass(frozen=True)
class Data:
    """keys, values : of this rank; rows : over all ranks; limit : of the memory, if any."""

    keys: Part | StringPart
    values: Part
    rows: int
    limit: Limit | None

    @property
    def own(self) -> Block:
        """The rows of this rank."""
        return self.keys.own


def open_data(kernel: GroupBy, comm: Intracomm) -> Data:
    """What a kernel declares, read or generated unless the memory is limited. Collective."""
    own = block(kernel.rows, comm.size, comm.rank)
    budget_B = kernel.budget_B(comm)
    limit = None if budget_B is None else Limit(budget_B, Scratch(kernel.scratch))
    chunk_rows = None if limit is None else limit.chunk_rows
    column = kernel.column("key", keys=kernel.keys, comm=comm)
    if isinstance(column, Column) and kernel.key == "string" and not kernel.input:
        column = Names(column)
    keys = (
        StringPart(column, own, chunk_rows)
        if isinstance(column, StringColumn)
        else Part(KeyColumn(column), own, chunk_rows)
    )
    return Data(keys, Part(_values(kernel, comm), own, chunk_rows), kernel.rows, limit)


def _values(kernel: GroupBy, comm: Intracomm) -> Column:
    if not kernel.values:
        return Generated("int64", law("uniform", kernel.rows, seed=kernel.seed, stream=_VALUES))
    return values_of(kernel.values, kernel.rows, comm)
