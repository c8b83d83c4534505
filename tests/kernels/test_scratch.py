"""Spills: what is written comes back, nothing is left, a full disk is told in one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kernels._support.scratch import Scratch, file_system
from kernels.contract import CannotRun

SPILLING = """
import resource, sys
import numpy as np
from kernels._support.scratch import Scratch
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
spill = Scratch(sys.argv[1]).spill(np.int64)
spill.append(np.arange(1_000_000))
print("spilt", flush=True)
input()
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(str(tmp_path))


def test_items_come_back(scratch: Scratch) -> None:
    spill = scratch.spill([("key", "i8"), ("value", "u1", 3)])
    items = np.zeros(1000, spill.dtype)
    items["key"] = np.arange(1000)
    spill.append(items[:300])
    spill.append(items[300:300])
    spill.append(items[300:])
    assert spill.items == 1000
    out = np.empty(500, spill.dtype)
    spill.read(400, out)
    np.testing.assert_array_equal(out, items[400:900])
    with pytest.raises(EOFError):
        spill.read(900, out)


def test_no_name_is_seen_while_it_is_used(scratch: Scratch) -> None:
    spill = scratch.spill(np.float64)
    spill.append(np.ones(100))
    assert list(scratch.folder.iterdir()) == []
    spill.close()


def spilling(folder: Path, *limit: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SPILLING, str(folder), *limit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_left_after_a_kill(tmp_path: Path) -> None:
    with spilling(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "spilt\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with spilling(tmp_path, "100000") as process:
        _, printed = process.communicate()
    assert process.returncode == 1
    assert printed.splitlines()[-1] == (
        f"kernels.contract.CannotRun: scratch {tmp_path}: File too large after 100000 B of one"
        " spill; fix: --set scratch=FOLDER with more room, or a larger --set memory="
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"scratch .*/none: no such folder; fix: --set scratch="):
        Scratch(str(tmp_path / "none"))


@pytest.mark.skipif(file_system(Path("/dev/shm")) != "tmpfs", reason="/dev/shm is no tmpfs here")
def test_a_folder_in_memory_is_refused() -> None:
    with pytest.raises(CannotRun, match="lies in memory"):
        Scratch("/dev/shm")


def test_the_folder_of_the_system_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert Scratch("").folder == tmp_path


def test_the_innermost_mount_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    inner = tmp_path / "a b"
    inner.mkdir()
    at = os.fspath(inner).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nnone {at} tmpfs rw 0 0\n")
    assert file_system(inner / "deep", mounts) == "tmpfs"
    assert file_system(tmp_path, mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "missing") == ""
