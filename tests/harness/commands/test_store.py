"""`qyran store`: what is damaged is named, what is packed is read, what is tagged is found."""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.commands import records
from harness.commands import store as command
from harness.errors import CannotMeasure, ConfigError
from harness.record import archive, index, library, pack, samples, store
from harness.record.library import Selection, find, find_slowly

GOLDEN = Path(__file__).parents[1] / "record" / "golden" / "1.0"
RUNS = [f"202611{day:02d}T080000Z-quick-{day:06x}" for day in range(1, 6)]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in RUNS:
        shutil.copytree(GOLDEN, tmp_path / "results" / "laptop" / name)
    return tmp_path / "results"


def said(capsys: Any, code: int, do: Any, *words: Any, **more: Any) -> Any:
    with pytest.raises(SystemExit) as ended:
        do(*words, as_json=True, **more)
    assert ended.value.code == code
    return json.loads(capsys.readouterr().out)


def flip(path: Path, drawn: random.Random) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
    path.write_bytes(content)


def test_500_files_with_a_flipped_bit_are_all_named_and_left_out(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = next(GOLDEN.glob("dgemm-*.h5"))
    results = tmp_path / "results"
    damaged = set()
    drawn = random.Random(3)
    for i in range(505):
        folder = results / "laptop" / f"20261101T080000Z-quick-{i:06x}"
        folder.mkdir(parents=True)
        shutil.copy(GOLDEN / "run.yaml", folder)
        shutil.copy(source, folder)
        if i >= 5:
            flip(folder / source.name, drawn)
            damaged.add(str(folder / source.name))
    found = said(capsys, 5, command.fsck, results)
    assert {one["path"] for one in found["findings"] if one["kind"] == "damaged"} == damaged
    assert len(damaged) == 500
    answer = find(results, Selection())
    assert (len(answer.cases), {str(one.path) for one in answer.skipped}) == (5, damaged)


def test_a_file_that_rotted_unseen_is_remembered_by_the_index(results: Path, capsys: Any) -> None:
    path = find(results, Selection()).cases[0].path
    before = archive.stamp(path)
    flip(path, random.Random(1))
    real = archive.stamp
    archive.stamp = lambda one: before if one == path else real(one)
    try:
        assert path in [one.path for one in find(results, Selection()).cases]
        said(capsys, 5, command.fsck, results)
        assert [one.path for one in find(results, Selection()).skipped] == [path]
    finally:
        archive.stamp = real


def test_a_clean_store_is_good_and_copies_are_named(results: Path, capsys: Any) -> None:
    found = said(capsys, 0, command.fsck, results)
    assert (found["runs"], found["files"]) == (5, 10)
    assert {one["kind"] for one in found["findings"]} == {"duplicate"}


def test_what_is_left_of_a_run_that_died_is_named(results: Path, capsys: Any) -> None:
    folder = results / "laptop" / RUNS[0]
    (folder / "launch-000.journal").touch()
    (folder / ".hpl-1.h5.abc.tmp").touch()
    found = said(capsys, 0, command.fsck, results)
    orphans = {Path(one["path"]).name for one in found["findings"] if one["kind"] == "orphan"}
    assert orphans == {"launch-000.journal", ".hpl-1.h5.abc.tmp"}


def test_packed_runs_are_read_as_before(results: Path, capsys: Any) -> None:
    before = find(results, Selection())
    ls = said(capsys, 0, records.ls, results, 0)
    packed = said(capsys, 0, command.pack_, results, "2026-12")
    assert packed["packed"][0]["runs"] == RUNS
    assert [one.name for one in (results / "laptop").iterdir()] == ["2026-11.zip"]
    assert store.find(results, "last").parent.name == "2026-11.zip"
    assert len(store.runs(results)) == 5
    after = find(results, Selection())
    assert after == find_slowly(results, Selection())
    assert [vars(one) | {"path": 0} for one in after.cases] == [
        vars(one) | {"path": 0} for one in before.cases
    ]
    assert samples.of(after.cases[0].path)
    again = said(capsys, 0, records.ls, results, 0)
    assert [one | {"path": 0} for one in again["runs"]] == [one | {"path": 0} for one in ls["runs"]]
    assert said(capsys, 0, command.fsck, results)["files"] == 10
    shown = said(capsys, 0, command.show, after.cases[0].path, results)
    assert (shown["schema_version"], shown["problem"]) == ("1.0", "")


def test_a_run_that_is_there_twice_counts_once(results: Path, tmp_path: Path) -> None:
    zip_ = results / "laptop" / "2026-11.zip"
    folder = results / "laptop" / RUNS[0]
    shutil.copytree(folder, tmp_path / "copy")
    list(pack.pack(results, "2026-12"))

    def places() -> list[Path]:
        found = find(results, Selection())
        assert found == find_slowly(results, Selection())
        return [one.path.parent.parent for one in found.cases if one.path.parent.name == RUNS[0]]

    count = len(places())
    assert set(places()) == {zip_}
    shutil.copytree(tmp_path / "copy", folder)  # somebody unpacked it
    assert places() == [folder.parent] * count
    (again,) = pack.pack(results, "2026-12")
    assert (again.path, again.runs) == (zip_, (RUNS[0],))
    assert places() == [zip_] * count
    shutil.copy(zip_, other := zip_.with_name("2026-10.zip"))  # hides the one behind it
    assert places() == [other] * count
    other.unlink()
    assert places() == [zip_] * count


def test_a_run_that_may_go_on_is_not_packed_and_a_damaged_zip_is_named(
    results: Path, capsys: Any
) -> None:
    (results / "laptop" / RUNS[0] / "launch-000.journal").touch()
    packed = said(capsys, 0, command.pack_, results, "2026-12")["packed"][0]
    assert packed["runs"] == RUNS[1:]
    assert "qyran resume" in packed["stayed"][RUNS[0]]
    assert len(find(results, Selection()).cases) == 10
    path = results / "laptop" / "2026-11.zip"
    path.write_bytes(path.read_bytes()[:-100])
    assert [one.path for one in find(results, Selection()).skipped] == [path]
    assert find(results, Selection()) == find_slowly(results, Selection())
    found = said(capsys, 5, command.fsck, results)
    assert str(path) in {one["path"] for one in found["findings"]}


def test_a_tag_finds_the_run_and_is_taken_again(results: Path, capsys: Any) -> None:
    said(capsys, 0, command.tag, "rack3", ["last", RUNS[0]], results, remove=False)
    assert said(capsys, 0, command.ls, results)["tags"] == {"rack3": 2}
    with pytest.raises(ConfigError, match="was not given"):
        command.tag("rack3", [RUNS[1]], results, remove=True, as_json=True)
    said(capsys, 0, command.tag, "rack3", ["last", RUNS[0]], results, remove=True)
    assert said(capsys, 0, command.ls, results)["tags"] == {}


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_an_export_has_a_row_for_each_metric(results: Path, form: str, tmp_path: Path) -> None:
    cases = find(results, Selection(kernel="dgemm")).cases
    into = tmp_path / f"table.{form}"
    with pytest.raises(SystemExit) as ended:
        command.export_(results, "kernel:dgemm", form, into)
    assert ended.value.code == 0
    count = sum(len(one.metrics) for one in cases)
    if form == "csv":
        assert len(into.read_text().splitlines()) == count + 1
    elif form == "json":
        rows = json.loads(into.read_text())["rows"]
        assert len(rows) == count
        assert rows[0]["value"] == next(iter(cases[0].metrics.values())).value
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        assert parquet.read_table(into).num_rows == count


def test_without_pyarrow_an_export_says_what_to_install(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed
    with pytest.raises(ConfigError, match="needs pyarrow") as caught:
        command.export_(results, "kernel:dgemm", "parquet", tmp_path / "table.parquet")
    assert "qyran[data]" in caught.value.fix
    assert caught.value.exit_code == 2
    assert not list(tmp_path.glob("table.*"))


def test_reindex_gives_the_same_answer(results: Path, capsys: Any) -> None:
    before = find(results, Selection())
    found = said(capsys, 0, command.reindex, results)
    assert (found["cases"], found["dropped"]) == (10, 0)
    assert find(results, Selection()) == before
    assert library.overview(results).clusters[0].cases == 10


def test_reindex_says_what_it_deleted(results: Path, tmp_path: Path, capsys: Any) -> None:
    other = tmp_path / "another"
    shutil.copytree(results, other)
    find(other, Selection())
    shutil.rmtree(other)
    assert said(capsys, 0, command.reindex, results)["dropped"] == 1
    assert not index.file(other).exists()
    assert index.file(results).exists()


def test_what_is_no_file_of_results_is_said_so(results: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        command.show(tmp_path / "none.h5", results, as_json=False)
    (other := tmp_path / "notes.md").write_text("text")
    with pytest.raises(ConfigError, match="is no file of results"):
        command.show(other, results, as_json=False)


def test_rows_are_shown_by_the_names_and_units_of_their_fields(results: Path, capsys: Any) -> None:
    path = next(GOLDEN.with_name("1.2").rglob("*.h5"))
    shown = said(capsys, 0, command.show, path, results)
    work = next(one for one in shown["items"] if one["path"] == "entry/work")
    assert work["type"].startswith("rows of phase, flop")
    assert work["unit"].startswith("1,1,B")


def test_nothing_to_export_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="holds no recorded case"):
        command.export_(tmp_path / "empty", "", "csv", None)


def test_a_store_of_damaged_files_says_so(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "results" / "laptop" / RUNS[0]
    shutil.copytree(GOLDEN, folder)
    for path in folder.glob("*.h5"):
        path.chmod(0o644)
        path.write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        command.ls(tmp_path / "results", as_json=False)
    assert ended.value.code == 5
    assert "cannot be used: qyran store fsck" in capsys.readouterr().out
    with pytest.raises(CannotMeasure):
        command.export_(tmp_path / "results", "", "csv", None)
    assert "left out" in capsys.readouterr().err
