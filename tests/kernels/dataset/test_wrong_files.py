"""Files that are wrong, of types that cannot be used, or that change while they are read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kernels._support.dataset.files import csv
from kernels._support.dataset.files.spec import opened
from kernels.bigdata.distinct.kernel import Distinct
from kernels.bigdata.groupby.kernel import GroupBy
from kernels.bigdata.histogram.kernel import Histogram
from kernels.bigdata.reduce.kernel import Reduce
from kernels.bigdata.sort.kernel import Sort
from kernels.bigdata.topk.kernel import Topk
from kernels.contract import CannotRun, IllegalParameter
from tests.kernels.dataset.given import ROWS, SUFFIXES, cannot, read, refused, spec, without_rows


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_unknown_column(folder: Path, suffix: str) -> None:
    refused(spec(folder, suffix, "flaot64"), "did you mean", "float64", "known: ", "int16")
    refused(f"{folder}/t.{suffix}", "is named", "known: ", f"--set input={folder}/t.{suffix}:")
    refused(f"{folder}/t.{suffix}:", "is named", "known: ")


def test_files_that_are_none(folder: Path, tmp_path: Path) -> None:
    refused(f"{folder}/t.hdf5:a", "No such file", "did you mean 't.h5'?")
    refused("nowhere/t.h5:a", "nowhere/t.h5 cannot be read: No such file")
    refused(f"{folder}:a", "is a folder")
    refused("/dev/null:a", "no regular file")
    for name, words in {
        "t": ["the suffix '' says no format", ".csv"],
        "t.txt": ["'.txt'", ".h5", ".parquet"],
        "t.csv.gz": ["packed as .gz", "unpack it first"],
    }.items():
        (tmp_path / name).write_text("a\n1\n")
        refused(f"{tmp_path}/{name}:a", *words)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_unreadable_file_and_folder(suffix: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "inner").mkdir()
        for path in (folder / f"t.{suffix}", folder / "inner" / f"t.{suffix}"):
            path.write_text("a\n1\n")
            path.chmod(0)
        (folder / "inner").chmod(0)
        with as_nobody():
            refused(f"{folder}/t.{suffix}:a", "ermission denied")
            refused(f"{folder}/inner/t.{suffix}:a", "ermission denied")
        (folder / "inner").chmod(0o755)


def test_text_where_numbers_are_needed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,size\na,1\nb,2\n")
    given = f"{tmp_path}/t.csv:name"
    for kernel in (Distinct, Histogram, Reduce, Sort, Topk):
        with pytest.raises(IllegalParameter, match="a column of text"):
            kernel.fit({"input": given}, 2**30, 0, 1)
        assert kernel.fit({"input": f"{tmp_path}/t.csv:size"}, 2**30, 0, 1) == {"rows": 2}
    assert GroupBy.fit({"input": given}, 2**30, 0, 1) == {"rows": 2}


def test_groups_dates_compounds_and_empty_data_sets(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["g/x"] = np.arange(3)
        file["pair"] = np.zeros(3, [("a", int), ("b", float)])
        file["complex"], file["bool"] = np.zeros(3, complex), np.zeros(3, bool)
        file["none"] = h5py.Empty("f8")
        file["scalar"], file["no rows"] = 1.0, np.zeros(0)
        file["long"] = np.zeros(3, np.longdouble)
        file["day"] = np.zeros(3, "M8[s]").astype(h5py.opaque_dtype("M8[s]"))
        file["gone"] = h5py.SoftLink("/nowhere")
    refused(f"{tmp_path}/t.h5:g", "g is a group", "g/x")
    refused(f"{tmp_path}/t.h5:pair", "compound", "integers, floats, text")
    for name in ("complex", "bool", "long", "day"):
        refused(f"{tmp_path}/t.h5:{name}", "cannot be used")
    refused(f"{tmp_path}/t.h5:none", "nothing in it")
    refused(f"{tmp_path}/t.h5:scalar", "the shape ()")
    refused(f"{tmp_path}/t.h5:gone", "no data set 'gone'")
    without_rows(f"{tmp_path}/t.h5:no rows")


def test_types_of_parquet_that_cannot_be_used(tmp_path: Path) -> None:
    columns = {
        "day": pa.array([1, 2], pa.date32()),
        "time": pa.array([1, 2], pa.timestamp("ms")),
        "bool": pa.array([True, False]),
        "list": pa.array([[1], [2]]),
        "pair": pa.array([{"x": 1}, {"x": 2}]),
        "money": pa.array([1, 2], pa.decimal128(10, 2)),
    }
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    for name in columns:
        refused(f"{tmp_path}/t.parquet:{name}", "cannot be used", "integers, floats, text")
    pyarrow.parquet.write_table(pa.table({"a": pa.array([], pa.int32())}), tmp_path / "no.parquet")
    without_rows(f"{tmp_path}/no.parquet:a")


@pytest.mark.parametrize("statistics", [True, False])
def test_nulls_of_parquet(tmp_path: Path, statistics: bool) -> None:
    path = tmp_path / "t.parquet"
    for values in ([1, 2, None], [1.0, 2.0, None], ["a", "b", None]):
        pyarrow.parquet.write_table(pa.table({"a": values}), path, write_statistics=statistics)
        if statistics:
            refused(f"{path}:a", "row group 0 has 1 rows without a value")
        else:
            cannot(opened(f"{path}:a"), 3, "row 2 has no value", "leave such rows out")


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"] = np.array([b"ab", b"ab\xff"])
    pyarrow.parquet.write_table(pa.table({"a": [b"ab", b"ab\xff"]}), tmp_path / "t.parquet")
    for suffix in ("h5", "parquet"):
        cannot(opened(f"{tmp_path}/t.{suffix}:a"), 2, "row 1 is not UTF-8 at its byte 2 (0xff)")
    halves = [b"\xd0", b"\x90"]  # a character cut in two: valid only if joined
    pyarrow.parquet.write_table(pa.table({"a": halves}), tmp_path / "t.parquet")
    cannot(opened(f"{tmp_path}/t.parquet:a"), 2, "row 0 is not UTF-8 at its byte 0 (0xd0)")
    lines = b"a\n" + b"x\n" * 9000 + b"y\xfe\n"
    (tmp_path / "t.csv").write_bytes(lines)
    cannot(opened(f"{tmp_path}/t.csv:a"), 9001, "row 9000 is not UTF-8 at its byte 1 (0xfe)")


# What stands in line 9002 of a CSV file of whole numbers -> what is said of it.
BAD_LINES = {
    "5": "line 9002 has 1 fields, the first line 2",
    "5,6,7": "line 9002 has 3 fields, the first line 2",
    "x,5": "line 9002: 'x' is no int64",
    "1.5,5": "line 9002: '1.5' is no int64",
    "99999999999999999999,5": "line 9002: '99999999999999999999' is no int64",
    ",5": "line 9002 has no value",
    "": "line 9002 has no value",
    '5,"x\ny"': "line 9002 has a line break within quotes",
    '5,"x': "line 9002 has a line break within quotes",
    "5,6\r7,8": "lines end without a line feed",
}


@pytest.mark.parametrize("bad", BAD_LINES)
def test_bad_line_of_csv(tmp_path: Path, bad: str) -> None:
    text = "a,b\n" + "1,2\n" * 9000
    (tmp_path / "t.csv").write_text(f"{text}{bad}\n3,4\n", newline="")
    column = opened(f"{tmp_path}/t.csv:a")
    assert read(column, 0, 5000).sum() == 5000
    cannot(column, 9001, BAD_LINES[bad])
    (tmp_path / "t.csv").write_text(f"a,b\n1,2\n{bad}\n", newline="")
    if bad[:1] not in ("x", "1", "9"):  # the first values say the type
        refused(f"{tmp_path}/t.csv:a", BAD_LINES[bad].replace("9002", "3"))


@pytest.mark.parametrize("block_B", [1, 7, 64])
def test_a_line_break_within_quotes_is_never_read_wrongly(
    tmp_path: Path, block_B: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv, "BLOCK_B", block_B)
    (tmp_path / "t.csv").write_text('a\nx\ny\nz\n"p\nq"\n"r""\n')
    with pytest.raises((CannotRun, IllegalParameter), match="line 5 has a line break within"):
        read(opened(f"{tmp_path}/t.csv:a"), 0, 5)


def test_bad_first_lines_of_csv(tmp_path: Path) -> None:
    for text, words in {
        b"": ["the file is empty"],
        b"\n1\n": ["the first line has no names"],
        b"a\xff,b\n1,2\n": ["first line is not UTF-8 at byte 1"],
        b"a,b,a\n1,2,3\n": ["2 columns have this name"],
    }.items():
        (tmp_path / "t.csv").write_bytes(text)
        refused(f"{tmp_path}/t.csv:a", *words)
    for text in (b"a,b", b"a,b\n"):
        (tmp_path / "t.csv").write_bytes(text)
        without_rows(f"{tmp_path}/t.csv:a")


def test_a_line_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "LONGEST_LINE_B", 100_000)
    (tmp_path / "t.csv").write_text("a,b\n" + "1" * 500_000)
    refused(f"{tmp_path}/t.csv:a", "a line of more than 100000 B")


@pytest.mark.parametrize("suffix", ["h5", "parquet"])
def test_not_of_its_format_or_cut(folder: Path, tmp_path: Path, suffix: str) -> None:
    whole = (folder / f"t.{suffix}").read_bytes()
    path = tmp_path / f"t.{suffix}"
    name = spec(tmp_path, suffix, "int64")
    for content in (b"", b"a,b\n1,2\n" * 1000, whole[:-1000], whole[: len(whole) // 2]):
        path.write_bytes(content)
        refused(name, "file that can be read")


@pytest.mark.parametrize("suffix", ["h5", "parquet"])
def test_damaged_inside(folder: Path, tmp_path: Path, suffix: str) -> None:
    """A byte of compressed data is another: that is noticed when it is read."""
    name = "float64"
    content = bytearray((folder / f"t.{suffix}").read_bytes())
    path = tmp_path / f"t.{suffix}"
    if suffix == "h5":
        # As our reader opens it: what an earlier test has left open must agree about locks.
        with h5py.File(folder / "t.h5", locking=False) as file:
            at = file["of/float64"].id.get_chunk_info(3).byte_offset
    else:
        facts = pyarrow.parquet.ParquetFile(folder / "t.parquet").metadata.row_group(1)
        place = next(i for i in range(6) if facts.column(i).path_in_schema == name)
        at = facts.column(place).data_page_offset
    content[at : at + 64] = bytes(64)
    path.write_bytes(content)
    cannot(opened(spec(tmp_path, suffix, name)), ROWS, "cannot be read: ")


def replaced(path: Path) -> None:
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes())
    copy.rename(path)


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "shrinks": (lambda path: os.truncate(path, 2000), "B have become 2000 B"),
    "grows": (lambda path: path.write_bytes(path.read_bytes() + b"1\n"), "B have become"),
    "is gone": (lambda path: path.unlink(), "it is gone"),
    "is replaced": (replaced, "another file has its name"),
    "is touched": (lambda path: os.utime(path, ns=(0, 0)), "it was written again"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_changes(folder: Path, tmp_path: Path, suffix: str, change: str) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes((folder / f"t.{suffix}").read_bytes())
    column = opened(spec(tmp_path, suffix, "int64"))
    read(column, 0, 10)
    CHANGES[change][0](path)
    cannot(column, ROWS, "the file has changed", CHANGES[change][1])
