"""Columns of HDF5, Parquet and CSV files that h5py and pyarrow wrote, and files that are wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kernels._support.dataset.column import Column, StringColumn
from kernels._support.dataset.files import csv, parquet
from kernels._support.dataset.files.spec import opened, rows
from kernels.contract import CannotRun, IllegalParameter

ROWS = 5000
WORDS = ["", "қыран", "eagle", 'a "quoted", word', "нан мен су", "x" * 40, "\u2003", "0"]
RNG = np.random.default_rng(7)
TABLE: dict[str, Any] = {
    "int64": RNG.integers(-(2**63), 2**63, ROWS),
    "int16": RNG.integers(-(2**15), 2**15, ROWS).astype(np.int16),
    "uint64": RNG.integers(0, 2**63, ROWS).astype(np.uint64),
    "float64": RNG.standard_normal(ROWS) * 10.0 ** RNG.integers(-300, 300, ROWS),
    "float32": RNG.standard_normal(ROWS).astype(np.float32),
    "text": [WORDS[i] for i in RNG.integers(0, len(WORDS), ROWS)],
}
TABLE["float64"][17] = np.nan
NUMBERS = [name for name in TABLE if name != "text"]
SUFFIXES = ("h5", "parquet", "csv", "tsv")


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


def spec(folder: Path, suffix: str, name: str) -> str:
    return f"{folder}/t.{suffix}:{'/of/' if suffix == 'h5' else ''}{name}"


def read(column: Column | StringColumn, start: int, stop: int) -> Any:
    if isinstance(column, Column):
        out = np.empty(stop - start, column.dtype)
        column.read(start, out)
        return out
    found = column.read(start, stop)
    data = found.data.tobytes()
    assert (found.starts[0], found.starts[-1]) == (0, len(data))
    ends = found.starts[1:]
    return [data[a:b].decode() for a, b in zip(found.starts[:-1], ends, strict=True)]


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


def refused(given: str, *words: str) -> None:
    """It is an illegal parameter, for the plan and for a rank, with one sentence."""
    for call in (rows, opened):
        with pytest.raises(IllegalParameter) as raised:
            call(given)
        assert raised.value.name == "input"
        for word in words:
            assert word in raised.value.known, raised.value.known
        assert "\n" not in raised.value.known


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


def without_rows(given: str) -> None:
    assert opened(given).rows == 0
    with pytest.raises(IllegalParameter, match="it has no rows"):
        rows(given)


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


def cannot(column: Column | StringColumn, stop: int, *words: str) -> None:
    """Reading ends with one sentence."""
    with pytest.raises(CannotRun) as raised:
        read(column, 0, stop)
    for word in words:
        assert word in str(raised.value), str(raised.value)


def test_unsigned_numbers_beyond_int64(tmp_path: Path) -> None:
    values = np.array([1, 2**63 - 1, 2**63], np.uint64)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"] = values
    pyarrow.parquet.write_table(pa.table({"a": values}), tmp_path / "t.parquet")
    for suffix in ("h5", "parquet"):
        column = opened(f"{tmp_path}/t.{suffix}:a")
        assert list(read(column, 0, 2)) == [1, 2**63 - 1]
        cannot(column, 3, "row 2 is 9223372036854775808", "int64")


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


def test_quotes_of_csv_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n5" pipe,1\n"6"" pipe",2\n7" pipe,3\n')
    assert read(opened(f"{tmp_path}/t.csv:a"), 0, 3) == ['5" pipe', '6" pipe', '7" pipe']


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
