"""The values of an input, in a column of their own: what they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels._support.dataset.files.spec import opened
from kernels.contract import IllegalParameter

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column


def values_of(spec: str, rows: int, comm: Intracomm | None = None) -> Column:
    """The column that "FILE:column" names; IllegalParameter if it holds no integer for each row.

    comm : as of `opened`.
    """
    from kernels._support.dataset.column import Column

    try:
        column = opened(spec, comm)
    except IllegalParameter as error:
        raise IllegalParameter("values", error.found, error.known) from error
    if not isinstance(column, Column) or column.dtype.kind != "i":
        raise IllegalParameter("values", spec, "sums are of integers")
    if column.rows < rows:
        raise IllegalParameter("values", spec, f"it has {column.rows} rows, the keys have {rows}")
    return column
