"""A file that is replaced is the old one or the whole new one, and nothing lies beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.record.write_over import write_over


def test_it_is_written_and_written_again(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for content in (b"first", b"", b"second"):
        write_over(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_what_fails_leaves_the_old_file_and_nothing_else(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_over(path, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[fails], full)
    with pytest.raises(OSError, match="No space left"):
        write_over(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_over(tmp_path / "no" / "report.html", b"new")


def test_others_may_read_it_as_the_mask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_over(tmp_path / "report.html", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o640
