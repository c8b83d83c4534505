"""The folder of a submitted run."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CannotMeasure, CorruptStore
from harness.submit import folder as folders
from harness.submit.folder import Submitted

Make = Callable[..., Path]


def test_what_was_submitted_is_read_back(make_run: Make, submitted: Submitted, made: Any) -> None:
    folder = make_run()
    assert replace(folders.read(folder), cases=()) == replace(submitted, cases=())
    assert folders.read(folder).planned() == [made.case()]
    assert folders.is_submitted(folder)
    assert not folders.is_submitted(folder.parent)
    found = folders.has_job(folder, submitted, "17")
    assert (found.job, found.submitted is not None) == ("17", True)
    assert folders.read(folder).planned() == found.planned()
    assert sorted(one.name for one in folder.iterdir()) == ["cluster.yaml", "job.json", "job.sh"]
    assert folders.queue(folder, found).cancel(["17"]) == ["scancel", "17"]


def test_a_run_never_enters_the_folder_of_another(make_run: Make) -> None:
    make_run()
    with pytest.raises(CannotMeasure, match="File exists"):
        make_run()


def test_a_folder_that_cannot_be_made(submitted: Submitted, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotMeasure, match="cannot be made") as caught:
        folders.create(tmp_path / "file" / "run", submitted, {})
    assert "--results" in caught.value.fix


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "qyran.job/9"}', '{"schema": "qyran.job/1"}', "\xff"]
)
def test_a_damaged_record(make_run: Make, content: str) -> None:
    folder = make_run()
    (folder / "job.json").write_text(content, encoding="latin-1")
    with pytest.raises(CorruptStore, match=r"job\.json"):
        folders.read(folder)


def test_a_job_tells_its_id_if_nobody_could_write_it_down(make_run: Make) -> None:
    folder = make_run()
    (folder / "begun").write_text("17\n")
    assert folders.read(folder).job == "17"
    assert folders.began(folder) is not None


def test_one_claim_at_a_time(make_run: Make) -> None:
    folder = make_run()
    assert folders.claimed_s(folder, 0.0) is None
    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(lambda _: folders.claim(folder), range(8))) == [False] * 7 + [
            True
        ]
    assert folders.claimed_s(folder, 0.0) is not None
    folders.release(folder)
    assert folders.claim(folder)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ('{"schema": "qyran.end/1", "exit_code": 5, "ended": 1}', 5),
        ("", 125),
        ('{"schema": "qyran.end/1", "exit_', 125),
        ('{"schema": "qyran.end/2", "exit_code": 5}', 125),
        ('{"schema": "qyran.end/1", "exit_code": "x"}', 125),
        ("[5]", 125),
        ("5", 125),
    ],
)
def test_the_marker(make_run: Make, content: str, status: int) -> None:
    folder = make_run()
    assert folders.status(folder) is None
    (folder / "end.json").write_text(content)
    assert folders.status(folder) == status


def test_cancelled(make_run: Make) -> None:
    folder = make_run()
    assert not folders.cancelled(folder)
    folders.cancel(folder)
    assert folders.cancelled(folder)
    with pytest.raises(CannotMeasure):
        folders.cancel(folder / "gone")


def test_since_when_it_is_gone(make_run: Make) -> None:
    folder = make_run()
    assert folders.gone_since(folder, 5.0, gone=False) is None
    assert folders.gone_since(folder, 10.0, gone=True) == 10.0
    assert folders.gone_since(folder, 20.0, gone=True) == 10.0
    assert folders.gone_since(folder, 30.0, gone=False) is None
    assert folders.gone_since(folder, 40.0, gone=True) == 40.0
    (folder / "gone").write_text("damaged")
    assert folders.gone_since(folder, 50.0, gone=True) == 50.0
    assert folders.gone_since(folder / "nowhere", 60.0, gone=True) == 60.0


def test_the_record_is_for_people_too(make_run: Make) -> None:
    content = json.loads((make_run() / "job.json").read_text())
    assert content["schema"] == "qyran.job/1"
    assert content["cases"][0]["kernel"] == "stream"


def test_a_batch_system_that_is_none(make_run: Make, submitted: Submitted) -> None:
    folder = make_run()
    with pytest.raises(CorruptStore, match="no batch system"):
        folders.queue(folder, replace(submitted, scheduler="local"))
