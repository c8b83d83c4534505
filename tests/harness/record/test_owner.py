"""One process at a time measures a run."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.errors import CannotMeasure
from harness.record import owner
from harness.record.owner import NAME, Owner


def claim(folder: Path, **changes: Any) -> None:
    """The claim of somebody else."""
    content = {"host": platform.node(), "pid": os.getpid(), "created": 0.0, "job": ""}
    (folder / NAME).write_text(json.dumps(content | changes))


def test_a_claim_is_made_and_released(tmp_path: Path) -> None:
    one = Owner(tmp_path, "17")
    said = json.loads((tmp_path / NAME).read_text())
    assert (said["host"], said["pid"], said["job"]) == (platform.node(), os.getpid(), "17")
    one.release()
    one.release()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_lives_keeps_its_run(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        claim(tmp_path, pid=other.pid, created=psutil.Process(other.pid).create_time())
        before = (tmp_path / NAME).read_bytes()
        with pytest.raises(CannotMeasure, match=f"measured by process {other.pid} on"):
            Owner(tmp_path)
        assert [one.name for one in tmp_path.iterdir()] == [NAME]
        assert (tmp_path / NAME).read_bytes() == before
    finally:
        other.kill()
        other.communicate()
    Owner(tmp_path)
    assert json.loads((tmp_path / NAME).read_text())["pid"] == os.getpid()


def test_a_process_id_that_is_used_again_is_nobody(tmp_path: Path) -> None:
    claim(tmp_path, created=12.0)
    Owner(tmp_path)


def test_on_another_host_it_lives_while_it_gives_a_sign(tmp_path: Path) -> None:
    claim(tmp_path, host="elsewhere", job="17")
    with pytest.raises(CannotMeasure, match="on elsewhere"):
        Owner(tmp_path, "18")
    old = time.time() - owner.STALE_S - 5
    os.utime(tmp_path / NAME, (old, old))
    Owner(tmp_path, "18")


def test_a_job_that_is_started_again_is_its_own_heir(tmp_path: Path) -> None:
    claim(tmp_path, host="elsewhere", job="17")
    Owner(tmp_path, "17")


@pytest.mark.parametrize("content", [b"", b"\xff{", b"[]", b"{}", b'{"host": 5}'])
def test_a_claim_that_says_nothing_holds_nothing_for_ever(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    old = time.time() - owner.STALE_S - 5
    os.utime(tmp_path / NAME, (old, old))
    Owner(tmp_path)


def test_the_sign_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Owner(tmp_path)
    os.utime(tmp_path / NAME, (5.0, 5.0))
    one.beat()
    assert (tmp_path / NAME).stat().st_mtime == 5.0
    monkeypatch.setattr(owner, "_BEAT_S", -1.0)
    one.beat()
    assert time.time() - (tmp_path / NAME).stat().st_mtime < 60


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="cannot be written"):
        Owner(tmp_path / "gone")


def test_a_folder_on_a_file_system_that_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)  # of a file that is not there, too
    with pytest.raises(CannotMeasure, match="cannot be written: Read-only file system"):
        Owner(tmp_path)
