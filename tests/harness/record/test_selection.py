"""Selections as people write them, and what is said of those that mean nothing or too much."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import pytest

from harness.errors import ConfigError
from harness.record import hdf5, library, tags
from harness.record.library import Selection
from harness.record.selection import parse

GOLDEN = Path(__file__).parent / "golden" / "1.0"
FIRST, SECOND, THIRD = (
    "20261120T080000Z-quick-aaaaaa",
    "20261121T080000Z-hpl-bbbbbb",
    "20261202T080000Z-quick-cccccc",
)
COMMITS = {FIRST: "abc1234" + "0" * 33, SECOND: "abc1299" + "0" * 33, THIRD: "deadbee" + "0" * 33}


def at(*day: int) -> float:
    return datetime(*day, tzinfo=UTC).timestamp()  # type: ignore[arg-type]


def put(results: Path, run: str, cluster: str) -> None:
    """A run of dgemm with an index record of its own."""
    folder = results / cluster / run
    folder.mkdir(parents=True)
    shutil.copy(GOLDEN / "run.yaml", folder)
    path = folder / next(GOLDEN.glob("dgemm-*.h5")).name
    shutil.copy(next(GOLDEN.glob("dgemm-*.h5")), path)
    began = datetime.strptime(run[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    with h5py.File(path, "r+") as file:
        record: dict[str, Any] = json.loads(file["index_record"][()])
        record |= {
            "run": run, "cluster": cluster, "suite": "quick", "run_started": began, "planned": 1,
            "hardware_key": "h", "software_key": "s", "commit": COMMITS[run], "dirty": False,
            "tags": ["begun"] if run == FIRST else [], "confirms": "", "started": began,
        }  # fmt: skip
        del file["index_record"]
        file["index_record"] = json.dumps(record)
        file.attrs["content_sha256"] = hdf5.content_hash(file)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("results")
    put(root, FIRST, "laptop")
    put(root, SECOND, "laptop")
    put(root, THIRD, "sunway")
    tags.add(root, "rack3", [FIRST, THIRD])
    tags.add(root, "sunway", [FIRST])
    return root


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("last", Selection(run=THIRD)),
        ("last~0", Selection(run=THIRD)),
        ("last~2", Selection(run=FIRST)),
        (FIRST, Selection(run=FIRST)),
        ("hpl-b", Selection(run=SECOND)),
        ("run:hpl-b", Selection(run=SECOND)),
        ("run:last~1", Selection(run=SECOND)),
        ("tag:rack3", Selection(tag="rack3")),
        ("rack3", Selection(tag="rack3")),
        ("begun", Selection(tag="begun")),
        ("commit:abc1234", Selection(commit=COMMITS[FIRST])),
        ("dead", Selection(commit=COMMITS[THIRD])),
        ("cluster:sunway", Selection(cluster="sunway")),
        ("laptop", Selection(cluster="laptop")),
        ("kernel:dgemm", Selection(kernel="dgemm")),
        ("2026", Selection(since=at(2026, 1, 1), until=at(2027, 1, 1))),
        ("2026-12", Selection(since=at(2026, 12, 1), until=at(2027, 1, 1))),
        ("date:2026-11-20", Selection(since=at(2026, 11, 20), until=at(2026, 11, 21))),
        ("2026-11-20..2026-11-28", Selection(since=at(2026, 11, 20), until=at(2026, 11, 29))),
        ("2026-11..2026-12", Selection(since=at(2026, 11, 1), until=at(2027, 1, 1))),
        (
            "tag:rack3, kernel:dgemm,2026,2026-11",
            Selection(
                tag="rack3", kernel="dgemm", since=at(2026, 11, 1), until=at(2026, 12, 1)
            ),
        ),
    ],
)  # fmt: skip
def test_a_text_means(results: Path, text: str, meant: Selection) -> None:
    assert parse(text, results) == meant


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("tag:rack3", [FIRST, THIRD]),
        ("tag:rack3,cluster:laptop", [FIRST]),
        ("2026-11", [FIRST, SECOND]),
        ("commit:abc1299,hpl", [SECOND]),
        ("last,tag:begun", []),
    ],
)
def test_what_is_selected(results: Path, text: str, runs: list[str]) -> None:
    found = library.find(results, parse(text, results))
    assert [one.origin.run for one in found.cases] == runs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a word is missing"),
        ("last,", "a word is missing"),
        ("last~3", "nothing in .* is called 'last~3'"),
        ("quick", f"may mean run {FIRST}, run {THIRD}"),
        ("abc12", "may mean commit abc123400000, commit abc129900000"),
        ("sunway", "may mean tag sunway, cluster sunway"),
        ("frontier", "is called 'frontier'\n  known: last, last~1"),
        ("tag:rack4", "known: begun, rack3, sunway"),
        ("commit:ffff", "known: abc123400000, abc129900000, deadbee00000"),
        ("kernel:hpl", "known: dgemm"),
        ("cluster:rack3", "known: laptop, sunway"),
        ("date:2026-13", "known: 2026, 2026-11"),
        ("date:2026-02-30", "known: 2026, 2026-11"),
        ("tags:rack3", "unknown kind 'tags'; did you mean 'tag'"),
        ("tag:rack3,tag:begun", "'tag:begun' is a second tag: nothing is both"),
        ("last,last~1", "is a second run"),
    ],
)
def test_what_means_nothing_or_too_much_is_an_error(results: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(text, results)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is called 'last'"):
        parse("last", tmp_path)


def test_a_tag_is_taken_again(tmp_path: Path) -> None:
    tags.add(tmp_path, "rack3", [FIRST, SECOND])
    tags.add(tmp_path, "rack3", [FIRST])
    assert tags.given(tmp_path) == {FIRST: {"rack3"}, SECOND: {"rack3"}}
    tags.remove(tmp_path, "rack3", [FIRST, THIRD])
    assert tags.given(tmp_path) == {SECOND: {"rack3"}}
    tags.remove(tmp_path, "rack3", [SECOND])
    assert not (tmp_path / ".tags" / "rack3").exists()


@pytest.mark.parametrize("name", ["3rack", "a/b", "..", "a,b", "", "x" * 65])
def test_a_name_that_is_no_tag(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="tag: found"):
        tags.add(tmp_path, name, [FIRST])
    assert not list(tmp_path.iterdir())
