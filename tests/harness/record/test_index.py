"""The index is a memory of files: with it, without it, after its loss the answers are the same."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome
from harness.record import archive, index, library, refresh, rows, store, tags
from harness.record.library import Selection, find, find_slowly
from harness.record.result import Run

GOLDEN = Path(__file__).parent / "golden" / "1.0"
ROOT = Path(__file__).parents[3]
FIRST, SECOND, THIRD = (
    "20261120T080000Z-quick-aaaaaa",
    "20261121T080000Z-hpl-bbbbbb",
    "20261202T080000Z-quick-cccccc",
)
Begin = Callable[..., Run]


@pytest.fixture
def results(tmp_path: Path, begin: Begin) -> Path:
    """Two clusters, an old run, a tag of each kind, a damaged file and one that failed."""
    root = tmp_path / "results"
    environment = {
        "fingerprint": {"hardware": {"key": "h1"}, "software": {"key": "s1"}},
        "software": {"git": {"commit": "abc1234", "dirty": True}},
    }
    begin(root, FIRST, cases=2, tags=("begun", "rack3"), environment=environment)
    begin(root, SECOND, cases=2, recorded=1, confirms="x")
    begin(root, THIRD, cluster="sunway", outcome=Outcome.KILLED)
    shutil.copytree(GOLDEN, root / "laptop" / "20261128T192529Z-golden-d7f9f7")
    damage(next((root / "laptop" / FIRST).glob("*.h5")))
    tags.add(root, "rack4", [FIRST, THIRD])
    return root


def damage(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[1000] ^= 4
    path.write_bytes(content)


SELECTIONS = [
    Selection(),
    Selection(run=FIRST),
    Selection(tag="begun"),
    Selection(tag="rack"),
    Selection(tag="rack4"),
    Selection(commit="abc"),
    Selection(commit="b"),
    Selection(cluster="sunway"),
    Selection(kernel="dgemm"),
    Selection(hardware_key="h1"),
    Selection(kernel="stream", cluster="laptop", since=store.time_of(SECOND)),
    Selection(until=store.time_of(SECOND)),
    Selection(since=store.time_of(SECOND), until=store.time_of(THIRD)),
    Selection(series="none"),
]


def same(results: Path) -> None:
    for wanted in SELECTIONS:
        assert find(results, wanted) == find_slowly(results, wanted), wanted


def never(*_: Any) -> Any:
    raise AssertionError("it was read again")


def test_with_and_without_an_index_the_answers_are_the_same(results: Path) -> None:
    assert not index.file(results).exists()
    same(results)
    assert index.file(results).exists()
    same(results)
    index.forget(results)
    same(results)
    found = find(results, Selection())
    assert len(found.cases) == 5
    assert [one.path.parent.name for one in found.skipped] == [FIRST]
    series = find(results, Selection(series=found.cases[0].series))
    assert series == find_slowly(results, Selection(series=found.cases[0].series))
    assert series.cases


def test_what_is_known_is_not_read_again(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = find(results, Selection())
    monkeypatch.setattr(refresh, "file_row", never)
    assert find(results, Selection()) == before
    monkeypatch.setattr(time, "time_ns", lambda: time.time() * 1e9 + 10e9)
    assert find(results, Selection()) == before  # now that times of change say something
    monkeypatch.setattr(archive, "names", never)
    monkeypatch.setattr(refresh, "_listed", never)
    assert find(results, Selection()) == before


def test_a_new_run_and_a_new_case_and_a_new_attempt_are_seen(results: Path, begin: Begin) -> None:
    same(results)
    begin(results, "20261203T080000Z-quick-dddddd", cluster="sunway")
    same(results)
    begin(results, "20261203T090000Z-quick-eeeeee", cluster="another")
    same(results)
    (source,) = (results / "laptop" / SECOND).glob("*.h5")
    second = source.with_suffix(".2.h5")
    shutil.copy(source, second)
    same(results)
    assert [one.path for one in find(results, Selection(run=SECOND)).cases] == [second]
    shutil.copy(source, source.with_name("stream-0000000000.h5"))
    same(results)
    assert len(find(results, Selection(run=SECOND)).cases) == 2


def test_what_has_gone_is_forgotten(results: Path) -> None:
    same(results)
    shutil.rmtree(results / "laptop" / SECOND)
    same(results)
    shutil.rmtree(results / "sunway")
    same(results)
    assert {one.origin.run for one in find(results, Selection()).cases} == {
        FIRST,
        "20261128T192529Z-golden-d7f9f7",
    }
    assert THIRD not in library.Known(results).runs


def test_a_file_of_the_answer_that_was_changed_is_noticed(results: Path) -> None:
    (path,) = (one.path for one in find(results, Selection(run=SECOND)).cases)
    good = path.read_bytes()
    damage(path)
    assert path in [one.path for one in find(results, Selection(run=SECOND)).skipped]
    same(results)
    path.write_bytes(good)
    assert find(results, Selection(run=SECOND)).cases
    path.unlink()
    assert not find(results, Selection(run=SECOND)).cases
    same(results)


@pytest.mark.parametrize("harm", ["text", "empty", "version", "page", "row", "folder"])
def test_an_index_that_is_none_is_made_anew_without_a_word(results: Path, harm: str) -> None:
    before = find(results, Selection())
    path = index.file(results)
    match harm:
        case "text":
            path.write_text("no database, " * 1000)
        case "empty":
            path.write_bytes(b"")
        case "version":
            with sqlite3.connect(path) as db:
                db.execute("pragma user_version = 99")
                db.execute("drop table file")
        case "page":
            content = bytearray(path.read_bytes())
            content[4096:-4096] = bytes(len(content) - 8192)
            path.write_bytes(content)
        case "row":
            with sqlite3.connect(path) as db:
                db.execute("update file set body = replace(body, '1', '2')")
        case "folder":
            path.unlink()
            path.mkdir()
    assert find(results, Selection()) == before
    same(results)
    if harm != "folder":
        with sqlite3.connect(path) as db:
            assert db.execute("pragma user_version").fetchone() == (rows.VERSION,)


@pytest.mark.parametrize("there", ["", "before"])
def test_where_no_index_can_be_written_there_is_none(
    results: Path, begin: Begin, there: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if there:
        find(results, Selection())
        begin(results, "20261203T080000Z-quick-dddddd")
    monkeypatch.setattr(index.os, "replace", never)
    blocked = cache / "a file"
    blocked.touch()
    if not there:
        monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    else:
        monkeypatch.setattr(index, "_copied", lambda *_: (_ for _ in ()).throw(OSError(30, "ro")))
    same(results)


def test_the_known_words_are_those_of_the_files(results: Path) -> None:
    known = library.Known(results)
    assert known.runs == (FIRST, SECOND, "20261128T192529Z-golden-d7f9f7", THIRD)
    assert known.tags == ("begun", "rack3", "rack4")
    assert known.clusters == ("laptop", "sunway")
    assert known.kernels == ("dgemm", "pingpong", "stream")
    assert "abc1234" in known.commits


def test_processes_that_refresh_at_once_all_get_the_answer(results: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from harness.record.library import Selection, find\n"
        "for _ in range(5): print(len(find(Path(sys.argv[1]), Selection()).cases))\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(results)],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(6)
    ]  # fmt: skip
    for one in started:
        said, complaint = one.communicate(timeout=120)
        assert (said.split(), complaint) == (["5"] * 5, "")
    assert [one.name for one in index.file(results).parent.iterdir()] == [index.file(results).name]


def test_indexes_of_deleted_folders_are_deleted(results: Path, tmp_path: Path) -> None:
    """But not those of folders that may be back: nothing is mounted where they were."""
    made = {}
    for name in ("kept", "deleted", "disk/unmounted", "of another version", "damaged"):
        folder = tmp_path / name
        shutil.copytree(results, folder)
        same(folder)
        made[name] = index.file(folder)
        if name != "kept":
            shutil.rmtree(folder)
    (tmp_path / "disk").rmdir()
    with sqlite3.connect(made["of another version"]) as db:
        db.execute("drop table folder")
    made["damaged"].write_text("no index")
    assert index.forget_deleted() == 1
    assert [name for name, path in made.items() if not path.exists()] == ["deleted"]
    same(tmp_path / "kept")
    assert index.forget_deleted() == 0


def test_a_folder_that_nobody_may_look_for_is_not_gone(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(results)
    shutil.rmtree(results)

    def refuse(_: Path) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", refuse)
        assert index.forget_deleted() == 0
    assert index.forget_deleted() == 1


def test_without_a_home_there_is_no_index_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "~nobody-of-that-name/x")
    assert index.forget_deleted() == 0
