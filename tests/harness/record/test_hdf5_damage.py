"""A result file that was changed or damaged: noticed, whatever it was, and never half read."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from harness.errors import CorruptStore
from harness.record import hdf5
from harness.record.result import CaseResult
from harness.report import compose


def encode(made: Any, result: CaseResult) -> bytes:
    return hdf5.encoded(made.run(Path("/r")), result, compose.of_case(result).model_dump())


@contextmanager
def opened(content: bytes) -> Iterator[h5py.File]:
    with h5py.File(io.BytesIO(content), "r") as file:
        yield file


def _changed(path: Path, change: Any) -> bytes:
    with h5py.File(path, "r+") as file:
        change(file)
    return path.read_bytes()


def _last_bit(file: h5py.File) -> None:
    data = file["entry/samples/triad/seconds"]
    data[0, 0, 0] = np.nextafter(data[0, 0, 0], 1.0)


def _an_attribute(file: h5py.File) -> None:
    file["entry/triad_bandwidth"].attrs["median"] *= 1.01


def _a_unit(file: h5py.File) -> None:
    file["entry/samples/triad/seconds"].attrs["units"] = "ms"


def _a_word(file: h5py.File) -> None:
    del file["entry/outcome"]
    file["entry/outcome"] = "slow"


def _one_more(file: h5py.File) -> None:
    file["entry/more"] = 1.0


def _one_less(file: h5py.File) -> None:
    del file["entry/placement/ranks"]


def _another_type(file: h5py.File) -> None:
    value = file["entry/inputs/n"][()]
    del file["entry/inputs/n"]
    file["entry/inputs/n"] = np.float64(value)


def _the_record(file: h5py.File) -> None:
    record = json.loads(file["index_record"][()])
    record["outcome"] = "slow"
    del file["index_record"]
    file["index_record"] = json.dumps(record)


@pytest.mark.parametrize(
    "change",
    [
        _last_bit,
        _an_attribute,
        _a_unit,
        _a_word,
        _one_more,
        _one_less,
        _another_type,
        _the_record,
    ],
)
def test_any_change_is_noticed(made: Any, tmp_path: Path, change: Any) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(encode(made, made.result()))
    with pytest.raises(CorruptStore, match=r"a\.h5: its content hash does not fit"):
        hdf5.index_record(_changed(path, change), str(path))


def test_a_copy_into_another_file_is_the_same_content(made: Any, tmp_path: Path) -> None:
    """As h5repack does: other layout, other library version, other order; the same values."""
    content = encode(made, made.result())
    copy = tmp_path / "copy.h5"
    with opened(content) as source, h5py.File(copy, "w", libver="latest") as target:
        for name in sorted(source, reverse=True):
            source.copy(name, target)
        for name in sorted(source.attrs, reverse=True):
            target.attrs[name] = source.attrs[name]
        values = target["entry/samples/triad/seconds"][()]
        attributes = dict(target["entry/samples/triad/seconds"].attrs)
        del target["entry/samples/triad/seconds"]
        data = target["entry/samples/triad"].create_dataset("seconds", data=values, compression=4)
        data.attrs.update(attributes)
    assert copy.read_bytes() != content
    assert hdf5.index_record(copy.read_bytes(), "copy") == hdf5.index_record(content, "original")


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(1000)]
)
def test_what_is_no_result_file(content: bytes) -> None:
    with pytest.raises(CorruptStore, match=r"a\.h5: is no result file of qyran") as caught:
        hdf5.index_record(content, "a.h5")
    assert caught.value.exit_code == 5


def test_another_hdf5_file_is_none_of_ours(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1.0
    with pytest.raises(CorruptStore, match="is no result file of qyran"):
        hdf5.index_record((tmp_path / "a.h5").read_bytes(), "a.h5")


def test_cut_short_or_damaged_anywhere_it_is_refused_or_unharmed(made: Any) -> None:
    content = encode(made, made.result())
    whole = hdf5.index_record(content, "a.h5")
    drawn = random.Random(11)
    body = len(content) - len(hdf5._sealed(b""))  # cut behind it, the file is what HDF5 wrote
    for _ in range(30):
        with pytest.raises(CorruptStore):
            hdf5.index_record(content[: drawn.randrange(body)], "a.h5")
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        damaged[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
        try:
            assert hdf5.index_record(bytes(damaged), "a.h5") == whole
        except CorruptStore:
            refused += 1
    assert refused > 50


def test_a_damaged_file_is_refused_before_hdf5_opens_it(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encode(made, made.result())
    monkeypatch.setattr(hdf5, "h5py", None)
    for at in range(0, len(content) - 64, 997):
        damaged = bytearray(content)
        damaged[at] ^= 4
        with pytest.raises(CorruptStore, match="it is damaged"):
            hdf5.index_record(bytes(damaged), "a.h5")
