"""The results folder: runs are made, found and read back."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.plan.case import from_dict
from harness.record import store
from harness.record.result import Run
from harness.report import compose


def record(made: Any, root: Path, name: str, cluster: str = "laptop", cases: int = 1) -> Run:
    """A recorded run with a given id and some cases of stream."""
    run: Run = made.run(root, cluster=cluster)
    run = replace(run, id=name, path=str(root / cluster / name))
    planned = tuple(made.case(given={"n": 4096 + i}) for i in range(cases))
    store.create(run, planned)
    for case in planned:
        result = made.result(case)
        store.add(run, result, compose.of_case(result).model_dump() | {"run": name})
    return run


IDS = (
    "20261120T080000Z-quick-aaaaaa",
    "20261121T080000Z-hpl-bbbbbb",
    "20261122T080000Z-quick-cccccc",
)


@pytest.fixture
def root(made: Any, tmp_path: Path) -> Path:
    record(made, tmp_path / "results", IDS[2])
    record(made, tmp_path / "results", IDS[0])
    record(made, tmp_path / "results", IDS[1], cluster="a-cluster")
    return tmp_path / "results"


def test_what_was_recorded_is_read_back(made: Any, tmp_path: Path) -> None:
    run = record(made, tmp_path, IDS[0], cases=3)
    folder = Path(run.path)
    header = store.header(folder)
    expected = {
        k: v for k, v in asdict(run).items() if k not in ("path", "command", "compare", "tags")
    }
    assert {k: header[k] for k in expected} == expected
    assert header["command"] == list(run.command)
    assert header["compare"] == [list(pair) for pair in run.compare]
    cases = [from_dict(one) for one in header["cases"]]
    assert cases == [made.case(given={"n": 4096 + i}) for i in range(3)]
    records = store.case_records(folder)
    assert [one["case"] for one in records] == [one.id for one in cases]
    assert [one["file"] for one in records] == [f"{one.id}.h5" for one in cases]
    assert all(one["outcome"] == "pass" for one in records)


def test_cases_come_in_the_order_of_the_plan_and_missing_ones_are_left_out(
    made: Any, tmp_path: Path
) -> None:
    run = record(made, tmp_path, IDS[0], cases=6)
    order = [one["id"] for one in store.header(Path(run.path))["cases"]]
    (Path(run.path) / f"{order[2]}.h5").unlink()
    del order[2]
    assert [one["case"] for one in store.case_records(Path(run.path))] == order


def test_a_case_is_recorded_once(made: Any, tmp_path: Path) -> None:
    run = record(made, tmp_path, IDS[0])
    result = made.result(made.case(given={"n": 4096}))
    with pytest.raises(CorruptStore, match="exists already"):
        store.add(run, result, compose.of_case(result).model_dump())


def test_runs_are_sorted_by_time_over_all_clusters(root: Path) -> None:
    assert [path.name for path in store.runs(root)] == list(IDS)
    assert store.runs(root / "nowhere") == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("last", IDS[2]),
        (IDS[0], IDS[0]),
        ("hpl", IDS[1]),
        ("bbbbbb", IDS[1]),
        ("20261120", IDS[0]),
    ],
)
def test_found(root: Path, name: str, found: str) -> None:
    assert store.find(root, name).name == found


def test_found_by_its_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root / "laptop" / IDS[0]
    assert store.find(root / "nowhere", str(folder)) == folder
    monkeypatch.chdir(folder.parent)
    assert store.find(root, IDS[0]).resolve() == folder


def test_not_found(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'quick' fits 2 runs") as caught:
        store.find(root, "quick")
    assert caught.value.known == f"{IDS[0]}, {IDS[2]}"
    with pytest.raises(ConfigError, match="unknown run 'nope'") as caught:
        store.find(root, "nope")
    assert caught.value.known == ", ".join(IDS)
    with pytest.raises(ConfigError, match="holds no runs") as caught:
        store.find(tmp_path / "none", "last")
    assert "qyran run quick" in caught.value.fix


def test_newest_first_passes_over_damaged_records(root: Path) -> None:
    assert [one["run"] for one in store.newest_first(root, 9)] == list(reversed(IDS))
    assert [one["run"] for one in store.newest_first(root, 2)] == [IDS[2], IDS[1]]
    next((root / "laptop" / IDS[2]).glob("*.h5")).write_bytes(b"damaged")
    assert [one["run"] for one in store.newest_first(root, 9)] == [IDS[1], IDS[0]]


def test_newest_first_of_some_kernels(root: Path) -> None:
    assert len(list(store.newest_first(root, 9, ("hpl", "stream")))) == 3
    assert list(store.newest_first(root, 9, ("hpl",))) == []


def test_newest_first_reads_nothing_of_runs_of_other_kernels(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(store, "header", read.append)
    list(store.newest_first(root, 9, ("hpl",)))
    assert read == []
    list(store.newest_first(root, 2, ("stream",)))
    assert [one.name for one in read] == [IDS[2], IDS[1]]


@pytest.mark.parametrize(
    "content",
    ["", "5\n", "[1, 2\n", "schema: qyran.record/2\ncases: []\n", "schema: qyran.record/1\n", "\0"],
)
def test_a_damaged_header(root: Path, content: str) -> None:
    folder = root / "laptop" / IDS[0]
    (folder / "run.yaml").write_text(content)
    with pytest.raises(CorruptStore) as caught:
        store.case_records(folder)
    assert caught.value.where.endswith("run.yaml")


def test_a_damaged_case_names_its_file(root: Path) -> None:
    folder = root / "laptop" / IDS[0]
    (file,) = folder.glob("*.h5")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    with pytest.raises(CorruptStore) as caught:
        store.case_records(folder)
    assert caught.value.where == str(file)


def test_a_folder_in_place_of_a_case_file(root: Path) -> None:
    folder = root / "laptop" / IDS[0]
    (file,) = folder.glob("*.h5")
    file.unlink()
    file.mkdir()
    with pytest.raises(CorruptStore, match="cannot be read"):
        store.case_records(folder)


def test_a_folder_that_cannot_be_made(made: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = made.run(tmp_path / "file")
    with pytest.raises(CannotMeasure, match="the results folder cannot be made") as caught:
        store.create(run, ())
    assert "--results DIR" in caught.value.fix
    assert caught.value.exit_code == 3


def test_a_run_never_enters_the_folder_of_another(made: Any, tmp_path: Path) -> None:
    run = made.run(tmp_path)
    store.create(run, ())
    with pytest.raises(CannotMeasure, match="cannot be made: File exists"):
        store.create(run, ())


def test_a_full_disk(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * 2**20)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: usage)
    run = made.run(tmp_path)
    with pytest.raises(CannotMeasure, match="only 5 MiB are free, results need up to 32 MiB"):
        store.create(run, ())
    assert not Path(run.path).exists()


def test_ids_sort_by_time_and_never_collide() -> None:
    ids = [store.new_id("jobs/my suite!", 1.8e9 + i) for i in range(3)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20270115T080000Z-jobs-my-suite-")
    assert len({store.new_id("x", 0.0) for _ in range(100)}) == 100
    assert store.new_id("../..", 0.0).count("/") == 0
    assert len(store.new_id("x" * 300, 0.0)) < 100
