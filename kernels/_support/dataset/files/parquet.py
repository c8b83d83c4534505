"""Parquet: a column that is no list and no struct, read row group by row group, in batches.

Integers of every size become int64, floats of up to 64 bits float64; strings, and bytes that are
UTF-8, are text. A column with nulls is refused: before anything starts if the file's statistics
tell, else when the first is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kernels._support.dataset.files.arrow import Batches, Numbers, Texts, pyarrow
from kernels._support.dataset.files.source import Source

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column, StringColumn

BATCH_ROWS: Final = 2**16
"""Rows that are decoded at once."""
_STREAM_B: Final = 2**20
"""Bytes of the file that are in memory at once, instead of a whole column of a row group."""


class Groups(Batches):
    """The row groups of a file, each decoded from its beginning to the rows that are wanted."""

    def __init__(self, source: Source, file: Any, column: int) -> None:
        super().__init__()
        self.source, self._file = source, file
        self._name = file.schema.column(column).path
        meta = file.metadata
        sizes = [meta.row_group(one).num_rows for one in range(meta.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.rows = int(self._starts[-1])
        self._next = -1  # the row with which the batches that are left begin
        self._left: Iterator[Any] = iter(())

    def load(self, row: int) -> tuple[int, Any]:
        """The next batch, or from the beginning of a group on the one that holds the row."""
        if row != self._next or row in self._starts:
            group = int(np.searchsorted(self._starts, row, side="right")) - 1
            self._next = int(self._starts[group])
            self._left = self._file.iter_batches(
                BATCH_ROWS, row_groups=[group], columns=[self._name], use_threads=False
            )
        while True:
            try:
                batch = _plain(next(self._left).column(0))
            except (OSError, ValueError, StopIteration) as error:
                found = str(error).partition("\n")[0] or "a row group is too short"
                raise self.source.error(f"cannot be read: {found}") from error
            first, self._next = self._next, self._next + len(batch)
            if row < self._next:
                return first, batch


def _plain(array: Any) -> Any:
    """Text of every kind as large_binary; numbers as they are."""
    import pyarrow as pa

    if _is_text(array.type):
        return array.cast(pa.large_binary())
    return array


def _is_text(kind: Any) -> bool:
    import pyarrow.types as t

    if t.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind)
    )


def opened(source: Source, _comm: Intracomm | None) -> Column | StringColumn:
    """The column; IllegalParameter if it is not there, or has a type that cannot be used."""
    parquet = pyarrow(source, "pyarrow.parquet")
    try:
        file = parquet.ParquetFile(source.path, buffer_size=_STREAM_B, pre_buffer=False)
    except (OSError, ValueError) as error:
        found = str(error).partition("\n")[0]
        raise source.error(f"no Parquet file that can be read: {found}") from error
    schema = file.schema_arrow
    places = [at for at, name in enumerate(schema.names) if name == source.column]
    if not places:
        raise source.unknown("column", schema.names)
    if len(places) > 1:
        raise source.error(f"{len(places)} columns have this name")
    return _column(source, file, schema.field(places[0]).type)


def _column(source: Source, file: Any, kind: Any) -> Column | StringColumn:
    import pyarrow.types as t

    leaves = [file.schema.column(at).path for at in range(len(file.schema))]
    if source.column not in leaves:
        raise source.unusable(f"the type {kind}")
    place = leaves.index(source.column)
    _no_nulls(source, file.metadata, place)
    batches = Groups(source, file, place)
    if t.is_integer(kind):
        return Numbers(batches, np.dtype(np.int64))
    if t.is_floating(kind):
        return Numbers(batches, np.dtype(np.float64))
    if _is_text(kind):
        return Texts(batches)
    raise source.unusable(f"the type {kind}")


def _no_nulls(source: Source, meta: Any, place: int) -> None:
    for group in range(meta.num_row_groups):
        facts = meta.row_group(group).column(place).statistics
        if facts is not None and facts.has_null_count and facts.null_count:
            found = f"row group {group} has {facts.null_count} rows without a value"
            raise source.error(found, "fill them in, or leave such rows out")
