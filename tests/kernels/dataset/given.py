"""What the files of these tests hold, and how a file is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels._support.dataset.column import Column, StringColumn
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


def refused(given: str, *words: str) -> None:
    """It is an illegal parameter, for the plan and for a rank, with one sentence."""
    for call in (rows, opened):
        with pytest.raises(IllegalParameter) as raised:
            call(given)
        assert raised.value.name == "input"
        for word in words:
            assert word in raised.value.known, raised.value.known
        assert "\n" not in raised.value.known


def without_rows(given: str) -> None:
    assert opened(given).rows == 0
    with pytest.raises(IllegalParameter, match="it has no rows"):
        rows(given)


def cannot(column: Column | StringColumn, stop: int, *words: str) -> None:
    """Reading ends with one sentence."""
    with pytest.raises(CannotRun) as raised:
        read(column, 0, stop)
    for word in words:
        assert word in str(raised.value), str(raised.value)
