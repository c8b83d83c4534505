"""The environment of the ranks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.launch import environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of its own, and no memory of another one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment.numba_cache.cache_clear()
    yield tmp_path
    environment.numba_cache.cache_clear()


def test_every_library_gets_the_threads_of_the_case() -> None:
    found = environment.of_ranks(3, {"OMP_NUM_THREADS": "64", "PATH": "/bin"})
    for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA"):
        assert found[f"{name}_NUM_THREADS"] == "3"
    assert found["PATH"] == "/bin"
    assert found["PYTHONUNBUFFERED"] == "1"
    assert Path(found["NUMBA_CACHE_DIR"]).is_dir()


def test_the_environment_of_the_driver_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_LICENCE", "x")
    before = dict(os.environ)
    assert environment.of_ranks(1)["SITE_LICENCE"] == "x"
    assert dict(os.environ) == before


def test_what_ranks_on_other_nodes_need_is_handed_on() -> None:
    given = dict.fromkeys(["USER", "PATH", "PYTHONPATH", "UCX_TLS", "MPI4PY_LIBMPI", "SSH_KEY"], "")
    handed_on = environment.handed_on(environment.of_ranks(1, given))
    assert set(handed_on) >= {"PATH", "PYTHONPATH", "UCX_TLS", "MPI4PY_LIBMPI", "OMP_NUM_THREADS"}
    assert not {"USER", "SSH_KEY", "HOME"} & set(handed_on)
    assert list(handed_on) == sorted(handed_on)


def test_a_cache_that_the_user_chose_stays() -> None:
    found = environment.of_ranks(1, {"NUMBA_CACHE_DIR": "/scratch/numba"})
    assert found["NUMBA_CACHE_DIR"] == "/scratch/numba"


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, False)])
def test_root(monkeypatch: pytest.MonkeyPatch, uid: int, allowed: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    found = environment.of_ranks(1, {})
    assert (found.get("OMPI_ALLOW_RUN_AS_ROOT") == "1") is allowed
    assert (found.get("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM") == "1") is allowed
    assert bool(environment.as_root()) is allowed


def test_the_cache_is_named_by_the_sources(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = home / "kernels"
    (kernels / "group").mkdir(parents=True)
    (kernels / "__init__.py").write_text("")
    monkeypatch.setattr(environment.kernels, "__file__", str(kernels / "__init__.py"))

    def name() -> str:
        environment.numba_cache.cache_clear()
        return environment.numba_cache().name

    (kernels / "group" / "cpu.py").write_text("a = 1\n")
    first = name()
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert name() == first
    (kernels / "group" / "cpu.py").write_text("a = 2\n")
    changed = name()
    (kernels / "group" / "cpu.py").rename(kernels / "group" / "gpu.py")
    renamed = name()
    assert len({first, changed, renamed}) == 3
    assert environment.numba_cache().parent == home / "cache" / "qyran" / "numba"


def test_without_xdg_it_lies_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(home))
    assert environment.numba_cache().parent == home / ".cache" / "qyran" / "numba"


def test_a_home_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    monkeypatch.setattr(environment.tempfile, "tempdir", str(home))
    folder = environment.numba_cache()
    assert folder.parent == home / f"qyran-{os.getuid()}-numba"
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert environment.of_ranks(1, {})["NUMBA_CACHE_DIR"] == str(folder)


def test_a_temporary_cache_that_others_may_write_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    monkeypatch.setattr(environment.tempfile, "tempdir", str(home))
    trap = home / f"qyran-{os.getuid()}-numba"
    trap.mkdir()
    trap.chmod(0o777)
    folder = environment.numba_cache()
    assert folder.parent != trap
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def _old(root: Path, names: str) -> None:
    for age, name in enumerate(names):
        (root / name / "inner").mkdir(parents=True)
        (root / name / "inner" / "x.nbi").write_text("x")
        os.utime(root / name, (1000.0 - age, 1000.0 - age))


def test_old_caches_are_forgotten_and_newer_ones_kept(home: Path) -> None:
    root = home / "cache" / "qyran" / "numba"
    _old(root, "abcdef")
    mine = environment.numba_cache()
    assert {path.name for path in root.iterdir()} == {mine.name, "a", "b", "c"}


def test_a_cache_used_now_is_the_newest(home: Path) -> None:
    mine = environment.numba_cache()
    root = mine.parent
    os.utime(mine, (1.0, 1.0))
    _old(root, "abcdef")
    environment.numba_cache.cache_clear()
    assert environment.numba_cache() == mine
    assert mine.is_dir()


def test_forgetting_that_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def race(root: Path) -> None:
        raise FileNotFoundError(root)

    monkeypatch.setattr(environment, "_forget_old", race)
    folder = environment.numba_cache()
    assert folder.is_dir()
    assert "cache" in folder.parts
