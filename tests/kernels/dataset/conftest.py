"""The same columns in a file of each format."""

from __future__ import annotations

from pathlib import Path

import h5py
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kernels._support.dataset.files import csv, parquet
from tests.kernels.dataset.given import TABLE


def table() -> pa.Table:
    return pa.table({name: pa.array(column) for name, column in TABLE.items()})


def write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name, column in TABLE.items():
            chunks = {"chunks": (700,), "compression": "gzip"} if name == "float64" else {}
            file.create_dataset(f"of/{name}", data=column, **chunks)


def write_parquet(path: Path) -> None:
    pyarrow.parquet.write_table(table(), path, row_group_size=1234)


def write_csv(path: Path) -> None:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    options = pyarrow.csv.WriteOptions(delimiter=delimiter)
    pyarrow.csv.write_csv(table(), path, write_options=options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("деректер: data")
    write_hdf5(made / "t.h5")
    write_parquet(made / "t.parquet")
    write_csv(made / "t.csv")
    write_csv(made / "t.tsv")
    return made


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks of a CSV file, many batches of a row group."""
    monkeypatch.setattr(csv, "BLOCK_B", 10_000)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 500)
