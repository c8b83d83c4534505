"""The programs of a batch system: real ones that fail, hang, or are not there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.submit.ask import ask

PATH = {"PATH": "/usr/bin:/bin"}


def test_what_it_prints(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("told")
    command = ["sh", "-c", 'cat; pwd; echo "$A" >&2']
    found = ask(command, PATH | {"A": "b"}, standard_input=script, folder=tmp_path)
    assert (found.out, found.err, found.problem) == (f"told{tmp_path}\n", "b\n", "")


def test_words_are_not_read_by_a_shell(tmp_path: Path) -> None:
    found = ask(["printf", "%s|", "a b", "$(id)", "`id`", "\n"], PATH)
    assert found.out == "a b|$(id)|`id`|\n|"


def test_it_has_no_terminal_to_ask_at() -> None:
    assert ask(["sh", "-c", "read x || echo nothing"], PATH).out == "nothing\n"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo a; echo b >&2; exit 3", "sh ended with status 3: b"),
        ("echo a; exit 3", "sh ended with status 3: a"),
        ("exit 3", "sh ended with status 3: nothing was printed"),
        ("kill -9 $$", "sh ended with status -9: nothing was printed"),
    ],
)
def test_that_fails(script: str, problem: str) -> None:
    assert ask(["sh", "-c", script], PATH).problem == problem


@pytest.mark.parametrize("command", [["/no/such/program"], ["/etc/passwd"], ["a\0b"]])
def test_that_cannot_be_started(command: list[str]) -> None:
    found = ask(command, PATH)
    assert "cannot be started" in found.problem
    assert not found.timed_out


@pytest.mark.parametrize("script", ["sleep 77", "sleep 77 & sleep 77", "trap '' TERM; sleep 77"])
def test_that_hangs_is_ended_with_all_it_started(script: str) -> None:
    before = set(_living())  # the browser of other tests may be among them
    began = time.monotonic()
    found = ask(["sh", "-c", f"echo before; {script}; true"], PATH, timeout_s=0.3)
    assert time.monotonic() - began < 10
    assert (found.out, found.timed_out) == ("before\n", True)
    assert found.problem == "sh gave no answer within 0.3 s"
    assert not set(_living()) - before
    assert not [
        one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", "77"]
    ]


def _living() -> Iterator[psutil.Process]:
    """All that descends from this process and still runs."""
    for one in psutil.Process(os.getpid()).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE:
                yield one


def test_a_grandchild_that_keeps_the_output_open_is_not_waited_for() -> None:
    began = time.monotonic()
    found = ask(["sh", "-c", "echo done; sleep 7 &"], PATH)
    assert time.monotonic() - began < 5
    assert (found.out, found.problem) == ("done\n", "")


def test_bytes_that_are_no_text() -> None:
    assert ask(["printf", r"\377a"], PATH).out == "\ufffda"
