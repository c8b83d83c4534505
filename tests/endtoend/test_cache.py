"""The cache of compiled kernels: filled once by many ranks, usable after a killed compilation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

FLAGS = ("stream", "--set", "n=1000", "--repeat", "2")


@pytest.fixture(scope="module")
def cached(make_broken: object) -> Qyran:
    """An empty cache whose use Numba tells; unoptimised, which compiles twice as fast."""
    made: Qyran = make_broken()  # type: ignore[operator]
    made.environment = {
        "NUMBA_CACHE_DIR": str(made.folder / "cache"),
        "NUMBA_DEBUG_CACHE": "1",
        "NUMBA_OPT": "0",
    }
    return made


def compiled(done: Done) -> list[str]:
    """The cache files that were written in a run, in order."""
    log = (Path(done.json["path"]) / "log.txt").read_text(errors="replace")
    return re.findall(r"data saved to '(.*?)'", log)


def test_a_killed_compilation_leaves_a_usable_cache(cached: Qyran) -> None:
    running = cached.start(*FLAGS, "--ranks", "1")
    cached.wait(lambda: any((cached.folder / "cache").rglob("*.nbc")))
    (rank,) = cached.ranks()
    rank.kill()
    done = cached.finish(running)
    assert (done.rc, done.outcomes) == (3, ["killed"])
    first = set(compiled(done))
    again = cached.run(*FLAGS, "--ranks", "4", "--oversubscribe")
    assert (again.rc, again.outcomes) == (0, ["pass"])
    saved = compiled(again)
    assert saved, "the compilation had come to its end before it was killed"
    assert len(saved) == len(set(saved)), "two of four ranks compiled the same function"
    assert len(first & set(saved)) <= 1  # at most the one that was being written


def test_four_ranks_on_an_empty_cache_compile_once(cached: Qyran, tmp_path: Path) -> None:
    cached.environment["NUMBA_CACHE_DIR"] = str(tmp_path / "empty")
    done = cached.run(*FLAGS, "--ranks", "4", "--oversubscribe")
    assert (done.rc, done.outcomes) == (0, ["pass"])
    saved = compiled(done)
    assert saved
    assert len(saved) == len(set(saved))


def test_a_cache_that_cannot_be_written_costs_time_only(broken: Qyran) -> None:
    (broken.folder / "home").write_text("a file where a folder is needed")
    blocked = str(broken.folder / "home")
    done = broken.run("faulty", "--repeat", "2", HOME=blocked, XDG_CACHE_HOME=blocked)
    assert (done.rc, done.outcomes) == (0, ["pass"])
