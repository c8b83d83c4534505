"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import CannotMeasure, CorruptStore
from harness.record import write_once as module
from harness.record.write_once import write_once


def test_written(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(100_000)
    write_once(tmp_path / "a.h5", content)
    assert (tmp_path / "a.h5").read_bytes() == content
    assert (tmp_path / "a.h5").stat().st_mode & 0o777 & ~0o644 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_an_empty_file(tmp_path: Path) -> None:
    write_once(tmp_path / "a", b"")
    assert (tmp_path / "a").read_bytes() == b""


def test_never_overwritten(tmp_path: Path) -> None:
    write_once(tmp_path / "a", b"first")
    with pytest.raises(CorruptStore, match="exists already") as caught:
        write_once(tmp_path / "a", b"second")
    assert caught.value.exit_code == 5
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptStore, match="exists already"):
        write_once(tmp_path / "a", b"x")
    assert not (tmp_path / "elsewhere").exists()


def refused(path: Path, content: bytes = b"x" * 10_000) -> CannotMeasure:
    with pytest.raises(CannotMeasure) as caught:
        write_once(path, content)
    assert caught.value.where == str(path)
    assert caught.value.found.startswith("cannot be written: ")
    return caught.value


def failing(number: int) -> Callable[..., int]:
    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENOSPC, "free some space, or record elsewhere with --results DIR"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "--results DIR"),
        (errno.EIO, ""),
    ],
)
@pytest.mark.parametrize("step", ["open", "fsync", "link"])
def test_a_step_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, fix: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module.os, step, failing(number))
        error = refused(tmp_path / "a")
    assert os.strerror(number) in error.found
    assert fix in error.fix
    assert list(tmp_path.iterdir()) == []


@contextmanager
def largest_file(size_B: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_B, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_real_limit_in_the_middle_of_the_file(tmp_path: Path) -> None:
    with largest_file(4096):
        error = refused(tmp_path / "a")
    assert os.strerror(errno.EFBIG) in error.found
    assert list(tmp_path.iterdir()) == []


def test_no_folder(tmp_path: Path) -> None:
    assert "No such file or directory" in refused(tmp_path / "none" / "a").found


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert "Not a directory" in refused(tmp_path / "f" / "a").found


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    assert "too long" in refused(tmp_path / ("a" * 250)).found


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_a_file_system_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(module.os, "link", failing(number))
    write_once(tmp_path / "a", b"first")
    with pytest.raises(CorruptStore, match="exists already"):
        write_once(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_system_that_does_not_sync_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EINVAL, "no")
        real(descriptor)

    monkeypatch.setattr(module.os, "fsync", sync)
    write_once(tmp_path / "a", b"x")
    assert len(calls) == 2
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_disk_that_changes_what_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"something else")
    with pytest.raises(CorruptStore, match="reads back differently"):
        write_once(tmp_path / "a", b"x")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_once(tmp_path / "a", b"x")
    assert list(tmp_path.iterdir()) == []


WRITER = """
import hashlib, random, sys
from pathlib import Path
from harness.record.write_once import write_once
folder, seed = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    content = random.Random(seed).randbytes(300_000)
    write_once(folder / f"{seed}-{hashlib.sha256(content).hexdigest()}.h5", content)
    seed += 1
"""


def test_killed_at_any_moment_each_file_is_whole_or_absent(tmp_path: Path) -> None:
    moments = random.Random(7)
    for attempt in range(300):
        if attempt >= 30 and len(list(tmp_path.glob("*/*.h5"))) > 5:
            return  # often enough, and not before anything was written
        folder = tmp_path / str(attempt)
        folder.mkdir()
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE
        )
        with writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.02))
            writer.kill()
        for path in folder.glob("*.h5"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert path.stem.partition("-")[2] == digest
        assert len(list(folder.glob(".*.tmp"))) <= 1
    pytest.fail("the writer was always killed before its first file")
