"""What a store meets in ten years: full disks, clocks set back, newer files, other users."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from harness.errors import CannotMeasure, CorruptStore
from harness.record import hdf5, library, store, versions, write_once
from harness.record.library import Selection, find, find_slowly
from harness.record.result import Run

GOLDEN = Path(__file__).parent / "golden" / "1.0"
ROOT = Path(__file__).parents[3]
Begin = Callable[..., Run]


def of_version(tmp_path: Path, version: str) -> bytes:
    path = tmp_path / f"{version}.h5"
    shutil.copy(next(GOLDEN.glob("dgemm-*.h5")), path)
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = version
        file.attrs["creator_version"] = "7.1.0"
        file.attrs["content_sha256"] = hdf5.content_hash(file)
    return path.read_bytes()


def test_a_newer_minor_version_is_read_and_a_newer_major_one_refused(tmp_path: Path) -> None:
    assert hdf5.index_record(of_version(tmp_path, "1.99"), "f")["kernel"] == "dgemm"
    with pytest.raises(versions.NewerSchema, match=r"install qyran 7\.1\.0 or newer") as caught:
        hdf5.index_record(of_version(tmp_path, "2.0"), "f")
    assert caught.value.exit_code == 2
    with pytest.raises(CorruptStore, match="has the schema version 'x'"):
        hdf5.index_record(of_version(tmp_path, "x"), "f")


def test_the_current_version_is_in_the_history() -> None:
    assert list(versions.HISTORY)[-1] == versions.CURRENT
    docs = (ROOT / "docs" / "results.md").read_text()
    assert all(f"| {version} |" in docs for version in versions.HISTORY)


def test_truncated_files_are_left_out_aloud(tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(GOLDEN, results / "laptop" / "20261128T192529Z-golden-d7f9f7")
    paths = sorted(results.glob("*/*/*.h5"))
    for path, length in zip(paths, (0, 5000), strict=True):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:length])
    found = find(results, Selection())
    assert [one.path for one in found.skipped] == paths
    assert found == find_slowly(results, Selection())


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_once.os, "fsync", full)
    with pytest.raises(CannotMeasure, match="No space left") as caught:
        write_once.write_once(tmp_path / "a.h5", b"x" * 1000)
    assert "free some space" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_a_clock_set_back_a_day_keeps_ids_apart_and_order_by_time(
    tmp_path: Path, begin: Begin
) -> None:
    for name in ("20261128T080000Z-quick-aaaaaa", "20261127T080000Z-quick-bbbbbb"):
        begin(tmp_path, name)
    assert library.Known(tmp_path).runs == (
        "20261127T080000Z-quick-bbbbbb",
        "20261128T080000Z-quick-aaaaaa",
    )


def test_the_same_id_is_refused_and_never_overwritten(tmp_path: Path, begin: Begin) -> None:
    run = begin(tmp_path, "20261128T080000Z-quick-aaaaaa")
    before = (Path(run.path) / "run.yaml").read_bytes()
    with pytest.raises((CannotMeasure, CorruptStore)):
        begin(tmp_path, "20261128T080000Z-quick-aaaaaa")
    assert (Path(run.path) / "run.yaml").read_bytes() == before


def test_an_id_that_another_host_has_taken_gives_way_to_the_next(
    tmp_path: Path, begin: Begin, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = begin(tmp_path, "20261128T080000Z-quick-aaaaaa")
    before = (Path(taken.path) / "run.yaml").read_bytes()
    drawn = iter(("aaaaaa", "aaaaaa", "bbbbbb"))
    monkeypatch.setattr(store.secrets, "token_hex", lambda _: next(drawn))
    run = store.begin(taken, (made.case(),))
    assert run.id == Path(run.path).name == "20261128T080000Z-quick-bbbbbb"
    assert (Path(run.path) / "run.yaml").is_file()
    assert (Path(taken.path) / "run.yaml").read_bytes() == before


def test_32_processes_write_20_files_each_without_locks_or_loss(tmp_path: Path) -> None:
    script = (
        "import fcntl, sys\nfrom pathlib import Path\n"
        "def never(*_): raise OSError(37, 'No locks available')\n"
        "fcntl.flock = fcntl.lockf = never\n"
        "from harness.record.write_once import write_once\n"
        "for i in range(20):\n"
        "    folder = Path(sys.argv[1]) / 'laptop' / f'20261128T080000Z-w{sys.argv[2]}-{i:06x}'\n"
        "    folder.mkdir(parents=True)\n"
        "    for name in ('run.yaml', 'dgemm-e74e151e14.h5'):\n"
        "        write_once(folder / name, (Path(sys.argv[3]) / name).read_bytes())\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), str(i), str(GOLDEN)],
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for i in range(32)
    ]  # fmt: skip
    assert [one.communicate(timeout=300)[1] for one in started] == [""] * 32
    assert len(store.runs(tmp_path)) == 640
    found = find(tmp_path, Selection())
    assert (len(found.cases), found.skipped) == (640, ())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_folder_of_another_user_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from harness.record.library import Selection, find, find_slowly\n"
        "find(Path(sys.argv[1]), Selection())\n"  # what is imported late may be hidden from nobody
        "os.environ['XDG_CACHE_HOME'] = '/proc'\n"
        "os.setuid(65534)\n"
        "found = find(Path(sys.argv[1]), Selection())\n"
        "assert found == find_slowly(Path(sys.argv[1]), Selection())\n"
        "print([(one.path.name, one.reason) for one in found.skipped], len(found.cases))\n"
    )
    results = Path("/tmp") / f"qyran-other-user-{os.getpid()}"
    try:
        for name in ("20261128T192529Z-golden-d7f9f7", "20261129T192529Z-golden-d7f9f7"):
            shutil.copytree(GOLDEN, results / "laptop" / name)
        (results / "laptop" / name).chmod(0o700)
        done: Any = subprocess.run(
            [sys.executable, "-c", script, str(results)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout == f"[('{name}', 'cannot be read: Permission denied')] 2\n", done.stderr
    finally:
        shutil.rmtree(results)
