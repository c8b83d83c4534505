"""Ranks that find the rows of a CSV file together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.blocks import block
from kernels._support.dataset.column import Column
from kernels._support.dataset.files import csv
from kernels._support.dataset.files.spec import opened


@pytest.mark.parametrize("rows", [0, 1, 5, 5000])
def test_every_rank_finds_its_rows(
    rows: int, comm: MPI.Intracomm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv, "BLOCK_B", 1000)
    path = comm.bcast(tmp_path / "t.csv")
    if comm.rank == 0:
        path.write_text("a,b\n" + "".join(f"{i * i},x\n" for i in range(rows)))
    comm.Barrier()
    column = opened(f"{path}:a", comm)
    assert isinstance(column, Column)
    assert column.rows == rows
    own = block(rows, comm.size, comm.rank)
    out = np.empty(own.size, np.int64)
    column.read(own.start, out)
    np.testing.assert_array_equal(out, np.arange(own.start, own.stop) ** 2)
