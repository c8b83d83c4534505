"""A user's files as input: real runs over what h5py and pyarrow wrote, and files that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

ROWS = 200_001
WORDS = ["қыран", "eagle", "нан", "мен", "су", "x" * 40]
RNG = np.random.default_rng(3)
KEYS = RNG.integers(0, 50_000, ROWS)
VALUES = RNG.standard_normal(ROWS)
TEXT = " ".join(WORDS[i] for i in RNG.integers(0, len(WORDS), 100_000)).encode()
SUFFIXES = ("h5", "parquet", "csv")


def entry(kernel: str, **parameters: Any) -> dict[str, Any]:
    return {"kernel": kernel, "repetitions": 1, "ranks": 2, "parameters": parameters}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, at: Callable[[Path], Qyran]) -> Qyran:
    """A folder with data, and with files that are wrong far from their beginning."""
    made = at(tmp_path_factory.mktemp("менің деректерім"))
    folder = made.folder
    with h5py.File(folder / "t.h5", "w") as file:
        file.create_dataset(
            "of/key", data=KEYS.astype(np.int32), chunks=(1000,), compression="gzip"
        )
        file["of/value"] = VALUES
    table = pa.table({"key": KEYS, "value": VALUES})
    pyarrow.parquet.write_table(table, folder / "t.parquet", row_group_size=7777)
    pyarrow.csv.write_csv(table, folder / "t.csv")
    (folder / "t.txt").write_bytes(TEXT)
    (folder / "bad.txt").write_bytes(TEXT + b" \xff")
    (folder / "bad.csv").write_text("key,value\n" + "12345,6789\n" * 500_000 + "12345\n")
    return made


@pytest.fixture(scope="module")
def done(trial: Qyran) -> Done:
    """All of it in one run."""
    names = {one: f"t.{one}:{'/of/' if one == 'h5' else ''}" for one in SUFFIXES}
    cases = [entry("distinct", input=f"{names[one]}key") for one in SUFFIXES]
    cases += [entry("distinct", input=f"{names[one]}value") for one in SUFFIXES]
    cases += [entry("wordcount", input="t.txt")]
    cases += [entry("wordcount", input="bad.txt"), entry("distinct", input="bad.csv:key")]
    return trial.run(trial.suite(*cases))


def series(done: Done, case: dict[str, Any], name: str) -> float:
    with h5py.File(Path(done.json["path"]) / case["file"], "r") as file:
        return float(file[f"entry/series/{name}"][()].ravel()[0])


def test_answers_are_those_of_numpy(done: Done) -> None:
    cases = done.json["cases"]
    assert done.outcomes[:7] == ["pass"] * 7, (done.reasons, done.err)
    for case, column in zip(cases[:6], [KEYS] * 3 + [VALUES] * 3, strict=True):
        assert case["parameters"]["rows"] == ROWS
        assert series(done, case, "different values") == np.unique(column).size
    assert cases[6]["parameters"]["rows"] == len(TEXT)
    assert series(done, cases[6], "words") == 100_000


def test_what_is_found_while_reading_is_no_fault_of_the_node(done: Done) -> None:
    assert done.outcomes[7:] == ["infra", "infra"]
    assert f"bad.txt: not UTF-8 at byte {len(TEXT) + 1} (0xff)" in done.reasons[7]
    assert "bad.csv:key: line 500002 has 1 fields, the first line 2" in done.reasons[8]
    assert done.rc == 3


# What is typed -> what is said, with exit code 2, before anything starts.
REFUSED = {
    "reduce none.h5:x": ["none.h5 cannot be read: No such file"],
    "reduce t.h5:of/valeu": ["no data set 'of/valeu'; did you mean 'of/value'?", "known: of/key"],
    "reduce t.h5": ["no data set is named", "--set input=", "t.h5:of/key"],
    "reduce t.h5:of": ["of is a group", "of/key"],
    "reduce t.parquet:kez": ["did you mean 'key'?"],
    "reduce t.csv:": ["no column is named", "key, value"],
    "reduce t.txt:key": ["the suffix '.txt' says no format", ".parquet"],
    "reduce .:key": ["is a folder"],
    "wordcount none.txt": ["none.txt cannot be read", "did you mean"],
}


@pytest.mark.parametrize("typed", REFUSED)
def test_refused_before_anything_starts(trial: Qyran, typed: str) -> None:
    kernel, _, given = typed.partition(" ")
    refused = trial.run(kernel, "--set", f"input={given}")
    refused.complains(2, "input", *REFUSED[typed])
