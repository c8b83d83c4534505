"""Columns of HDF5, Parquet and CSV files that h5py and pyarrow wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kernels._support.dataset.column import Column
from kernels._support.dataset.files import csv
from kernels._support.dataset.files.spec import opened, rows
from tests.kernels.dataset.given import (
    NUMBERS,
    RNG,
    ROWS,
    SUFFIXES,
    TABLE,
    WORDS,
    cannot,
    read,
    refused,
    spec,
)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_rows_in_any_order(folder: Path, suffix: str, name: str) -> None:
    column = opened(spec(folder, suffix, name))
    assert column.rows == rows(spec(folder, suffix, name)) == ROWS
    ranges = [(0, ROWS), (0, 0), (ROWS, ROWS), (ROWS - 1, ROWS)]
    ranges += [(a, a + 500) for a in range(0, ROWS, 500)]
    ranges += [tuple(sorted(RNG.integers(0, ROWS + 1, 2))) for _ in range(30)]
    for start, stop in ranges:
        got = read(column, int(start), int(stop))
        if name == "text":
            assert got == TABLE[name][start:stop]
        else:
            wanted = TABLE[name][start:stop]  # a float32 as text is that of a float64 nearby
            np.testing.assert_array_equal(got.astype(wanted.dtype), wanted)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_integers_are_int64_and_floats_float64(folder: Path, suffix: str) -> None:
    for name in NUMBERS:
        column = opened(spec(folder, suffix, name))
        assert isinstance(column, Column)
        assert column.dtype == (np.float64 if name.startswith("float") else np.int64)


def test_counting_the_rows_of_a_plan_compiles_nothing(folder: Path) -> None:
    specs = [spec(folder, suffix, "int64") for suffix in SUFFIXES]
    script = (
        "import sys\nfrom kernels._support.dataset.files.spec import rows\n"
        f"print([rows(one) for one in {specs!r}], 'numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{[ROWS] * 4} False\n"


def test_without_pyarrow_a_sentence_says_what_to_install(folder: Path) -> None:
    script = (
        "import sys\nsys.modules['pyarrow'] = None\n"
        "from kernels._support.dataset.files.spec import rows\n"
        "for one in sys.argv[1:]:\n"
        "    try: rows(one)\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
    )
    specs = [spec(folder, suffix, "int64") for suffix in SUFFIXES]
    done = subprocess.run(
        [sys.executable, "-c", script, *specs], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 3  # HDF5 needs none
    for line in lines:
        assert line.startswith("IllegalParameter input = ")
        assert line.endswith("is missing: pip install 'qyran[data]'")


def test_a_column_of_two_dimensions(tmp_path: Path) -> None:
    square = np.arange(12).reshape(4, 3)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"], file["b[1]"] = square, np.arange(5)
        file["of 3"] = np.zeros((2, 2, 2))
    got = read(opened(f"{tmp_path}/t.h5:a[1]"), 0, 4)
    np.testing.assert_array_equal(got, square[:, 1])
    assert rows(f"{tmp_path}/t.h5:b[1]") == 5
    refused(f"{tmp_path}/t.h5:a[3]", "a has the columns 0 to 2")
    refused(f"{tmp_path}/t.h5:a", "shape (4, 3)", f"--set input={tmp_path}/t.h5:a[0]")
    refused(f"{tmp_path}/t.h5:of 3", "shape (2, 2, 2)", "one dimension")


def test_strings_of_fixed_length(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"] = np.array([b"ab", b"", b"abcd", b"a b"], "S4")
    assert read(opened(f"{tmp_path}/t.h5:a"), 0, 4) == ["ab", "", "abcd", "a b"]


def test_kinds_of_text_of_parquet(tmp_path: Path) -> None:
    words = [WORDS[i % len(WORDS)] for i in range(2000)]
    text = pa.array(words)
    columns = {
        "large": text.cast(pa.large_string()),
        "bytes": text.cast(pa.binary()),
        "coded": text.dictionary_encode(),
    }
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=700)
    for name in columns:
        assert read(opened(f"{tmp_path}/t.parquet:{name}"), 300, 1900) == words[300:1900]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_ends_of_lines_and_a_byte_order_mark(tmp_path: Path, end: str) -> None:
    newline = end or "\n"
    text = "\ufeff" + newline.join(["a,b", "1,2", "3,4"]) + end
    (tmp_path / "t.csv").write_bytes(text.encode())
    assert list(read(opened(f"{tmp_path}/t.csv:a"), 0, 2)) == [1, 3]
    assert list(read(opened(f"{tmp_path}/t.csv:b"), 0, 2)) == [2, 4]


@pytest.mark.parametrize("block_B", [1, 2, 3, 7, 64])
def test_blocks_smaller_than_lines(
    tmp_path: Path, block_B: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv, "BLOCK_B", block_B)
    values = [10**i for i in range(19)] + [5] * 20
    (tmp_path / "t.csv").write_text("a\n" + "".join(f"{one}\n" for one in values))
    column = opened(f"{tmp_path}/t.csv:a")
    assert list(read(column, 0, 39)) == values
    assert list(read(column, 18, 25)) == values[18:25]


def test_names_with_delimiters_in_quotes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"a,b",c\n1,2\n')
    assert list(read(opened(f"{tmp_path}/t.csv:a,b"), 0, 1)) == [1]


def test_types_of_csv(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        'i,f,e,d,q,n\n1,1,1e3,2024-01-01,"",nan\n-2,2.5,inf,true,"x",0\n'
    )
    kinds = {name: opened(f"{tmp_path}/t.csv:{name}") for name in "ifedqn"}
    assert kinds["i"].dtype == np.int64  # type: ignore[union-attr]
    assert all(kinds[one].dtype == np.float64 for one in "fen")  # type: ignore[union-attr]
    assert read(kinds["d"], 0, 2) == ["2024-01-01", "true"]
    assert read(kinds["q"], 0, 2) == ["", "x"]


def test_unsigned_numbers_beyond_int64(tmp_path: Path) -> None:
    values = np.array([1, 2**63 - 1, 2**63], np.uint64)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"] = values
    pyarrow.parquet.write_table(pa.table({"a": values}), tmp_path / "t.parquet")
    for suffix in ("h5", "parquet"):
        column = opened(f"{tmp_path}/t.{suffix}:a")
        assert list(read(column, 0, 2)) == [1, 2**63 - 1]
        cannot(column, 3, "row 2 is 9223372036854775808", "int64")


def test_quotes_of_csv_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n5" pipe,1\n"6"" pipe",2\n7" pipe,3\n')
    assert read(opened(f"{tmp_path}/t.csv:a"), 0, 3) == ['5" pipe', '6" pipe', '7" pipe']
