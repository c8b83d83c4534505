"""Results folders that cannot be written, and records that were damaged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran


def _can_mount() -> bool:
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        shutil.which("unshare") is not None
        and not subprocess.run(probe, check=False, capture_output=True).returncode
    )


needs_mounts = pytest.mark.skipif(not _can_mount(), reason="needs the right to mount (root)")


def mounted(options: str, folder: Path, *then: str) -> tuple[str, ...]:
    """A program that mounts something on ``folder`` in a namespace of its own and goes on there."""
    folder.mkdir(exist_ok=True)
    steps = " && ".join([f'mount {options} "$0"', *then, 'exec "$@"'])
    return ("unshare", "--mount", "sh", "-c", steps, str(folder))


def test_a_file_in_the_place_of_the_folder(broken: Qyran) -> None:
    broken.results.write_text("not a folder")
    broken.run("faulty").complains(3, "cannot be made", "--results DIR")
    assert broken.results.read_text() == "not a folder"


@needs_mounts
def test_read_only(broken: Qyran) -> None:
    before = mounted("-t tmpfs -o ro none", broken.results)
    broken.run("faulty", before=before).complains(3, "Read-only file system", "--results DIR")


# Root may write everywhere, unless it gives up the right to pass over permissions.
LIKE_OTHERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


def test_without_permission(broken: Qyran) -> None:
    broken.results.mkdir(mode=0o500)
    before = LIKE_OTHERS if os.geteuid() == 0 else ()
    broken.run("faulty", before=before).complains(3, "Permission denied", "--results DIR")


@needs_mounts
def test_full_from_the_start(broken: Qyran) -> None:
    before = mounted("-t tmpfs -o size=1m none", broken.results)
    broken.run("faulty", before=before).complains(3, "MiB are free", "--results DIR")


@needs_mounts
def test_that_fills_up_keeps_finished_results_on_the_screen(broken: Qyran) -> None:
    before = mounted("-t tmpfs -o size=40m none", broken.results)
    suite = broken.suite(broken.faulty(tag=1), broken.faulty("fills", rank=1, stage="verify"))
    done = broken.run(suite, before=before)
    assert done.rc == 3
    assert "Traceback" not in done.err
    first = done.json["cases"][0]
    assert (first["outcome"], first["file"]) == ("pass", None)
    assert first["metrics"]["row_rate"]["n"] == 2
    assert "--results DIR" in " ".join(first["notes"])


@needs_mounts
def test_that_fills_up_before_another_launch(broken: Qyran) -> None:
    before = mounted("-t tmpfs -o size=40m none", broken.results)
    fills = broken.faulty("fills", stage="verify")
    done = broken.run(
        broken.suite(broken.faulty(tag=1), fills, broken.faulty(ranks=1)), before=before
    )
    assert done.rc == 3
    assert "Traceback" not in done.err
    assert done.outcomes[0] == "pass"
    assert len(done.outcomes) == 3


@pytest.fixture(scope="module")
def two_runs(make_broken: object) -> tuple[Qyran, list[Done]]:
    """Two runs at the same time into one results folder."""
    made: Qyran = make_broken()  # type: ignore[operator]
    started = [made.start("faulty", "--repeat", "2", "--ranks", "1") for _ in range(2)]
    return made, made.finish_all(started)


def test_two_runs_at_the_same_time(two_runs: tuple[Qyran, list[Done]]) -> None:
    made, done = two_runs
    assert [one.outcomes for one in done] == [["pass"], ["pass"]]
    assert done[0].json["run"] != done[1].json["run"]
    listed = made("ls", "--results", str(made.results), "--json")
    assert [one["recorded"] for one in listed.json["runs"]] == [1, 1]
    part = done[0].json["run"][-6:]
    shown = made("show", part, "--results", str(made.results), "--json")
    assert shown.json["cases"] == done[0].json["cases"]


@pytest.fixture
def store(two_runs: tuple[Qyran, list[Done]], tmp_path: Path) -> tuple[Qyran, Path]:
    """A copy of these runs to damage, and the folder of the last one."""
    made = two_runs[0]
    copy = shutil.copytree(made.results, tmp_path / "results")
    return made, sorted(copy.glob("*/*"))[-1]


def shown(store: tuple[Qyran, Path], command: str = "show") -> Done:
    made, folder = store
    return made(command, "--results", str(folder.parent.parent))


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign", "folder"])
def test_damaged_case_file(store: tuple[Qyran, Path], damage: str) -> None:
    (file,) = store[1].glob("*.h5")
    content = bytearray(file.read_bytes())
    at = content.index(b"row_rate")
    content[at] ^= 1
    broken = {"flipped": bytes(content), "cut": content[: len(content) // 2], "empty": b""}
    file.unlink()
    if damage == "folder":
        file.mkdir()
    else:
        file.write_bytes(broken.get(damage, b"not HDF5 at all"))
    shown(store).complains(5, file.name)
    listed = shown(store, "ls")
    assert listed.rc == 5
    assert "Traceback" not in listed.err
    assert listed.out.count("pass") == 1
    assert "corrupt" in listed.out


@pytest.mark.parametrize(
    "content",
    ["", "{", "schema: qyran.record/9\n", "schema: qyran.record/1\nid: [/x]\n", "\0"],
)
def test_damaged_header(store: tuple[Qyran, Path], content: str) -> None:
    (store[1] / "run.yaml").write_text(content)
    shown(store).complains(5, "run.yaml")
    listed = shown(store, "ls")
    assert listed.rc == 5
    assert "Traceback" not in listed.err
    assert listed.out.count("pass") == 1


def test_damaged_runs_do_not_disturb_the_next_one(store: tuple[Qyran, Path]) -> None:
    made, folder = store
    (folder / "run.yaml").write_text("schema: qyran.record/1\n")
    results = folder.parent.parent
    done = made("run", "faulty", "--repeat", "2", "--json", "--results", str(results))
    assert (done.rc, done.outcomes) == (0, ["pass"])
