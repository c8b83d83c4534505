"""What `qyran doctor` finds on good and bad machines; every finding but ok says what to type."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.machine import blas, doctor, node_checks, run_checks
from harness.machine.blas import Blas
from harness.machine.finding import Finding, ok
from harness.machine.node import NodeFacts, detect
from harness.machine.state import State, state
from harness.machine.tree import Unavailable

Machine = Callable[[str], Path]


def by_name(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    assert len({finding.what for finding in findings}) == len(findings)
    assert all(bool(finding.fix) == (finding.status != "ok") for finding in findings)
    assert all(finding.found for finding in findings)
    return {finding.what: finding for finding in findings}


def examined(root: Path) -> dict[str, Finding]:
    return by_name(node_checks.all_of(detect(root), state(root)))


def changed(root: Path, **values: Any) -> NodeFacts:
    return dataclasses.replace(detect(root), **values)


def with_load(root: Path, load: float | None) -> State:
    return dataclasses.replace(state(root), load_1min=load)


def test_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)  # of whoever tests
    findings = by_name(doctor.examine(results=tmp_path / "results"))
    for what in ("mpirun", "MPI library", "ranks", "BLAS", "Numba cache", "results"):
        assert findings[what].status == "ok", findings[what]
    assert not (tmp_path / "results").exists()


def test_nothing_heavy_is_loaded_into_the_driver() -> None:
    code = (
        "import sys, harness.machine.doctor, harness.machine.environment;"
        "print([m for m in ('numba', 'scipy', 'h5py', 'mpi4py.MPI') if m in sys.modules])"
    )
    output = subprocess.check_output([sys.executable, "-P", "-c", code], text=True)
    assert output.strip() == "[]"


def test_a_machine_that_knows_nothing_is_examined_too(tmp_path: Path) -> None:
    findings = examined(tmp_path)
    assert {one.status for one in findings.values()} <= {"ok", "note"}
    assert "No such file" in findings["memory"].found


def test_laptop(machine: Machine) -> None:
    findings = examined(machine("laptop"))
    good = {"cores", "memory", "governor", "clock", "huge pages", "virtual machine", "load"}
    assert {findings[what].status for what in good} == {"ok"}
    assert findings["swap"].status == "note"
    assert findings["cores"].found == "4 of 4 cores usable, 8 hardware threads"


def test_server_that_saves_power(machine: Machine) -> None:
    found = examined(machine("server"))["governor"]
    assert found == Finding(
        "governor", "warn", "powersave", "sudo cpupower frequency-set -g performance"
    )


def test_container_with_a_quota(machine: Machine) -> None:
    findings = examined(machine("limited"))
    assert findings["cores"].status == "warn"
    assert "1 of 4 cores" in findings["cores"].found
    assert "1.5 CPUs" in findings["cores"].found
    assert findings["memory"].status == "warn"
    assert "control group allows 4.0 GiB" in findings["memory"].found


def test_guest(machine: Machine) -> None:
    findings = examined(machine("guest"))
    assert findings["governor"].status == "note"
    assert findings["clock"].status == "warn"
    assert findings["virtual machine"].found.startswith("yes (qemu)")


def test_affinity_without_quota(machine: Machine) -> None:
    found = node_checks.cores(changed(machine("laptop"), cores_usable=2))
    assert (found.status, found.fix.partition(" ")[0]) == ("warn", "taskset")


def test_huge_pages_switched_off(machine: Machine) -> None:
    facts = changed(machine("laptop"), transparent_huge_pages="never")
    assert node_checks.huge_pages(facts).status == "warn"


@pytest.mark.parametrize(("load", "status"), [(2.0, "ok"), (2.1, "warn"), (None, "note")])
def test_load_of_others(machine: Machine, load: float | None, status: str) -> None:
    root = machine("laptop")
    assert node_checks.load(detect(root), with_load(root, load)).status == status


@pytest.mark.parametrize(("uid", "status"), [(0, "note"), (1000, "ok")])
def test_root(uid: int, status: str) -> None:
    assert node_checks.user(uid).status == status


@pytest.mark.parametrize(
    ("architecture", "bits", "status"),
    [
        ("SkylakeX", 512, "ok"),
        ("Haswell", 512, "warn"),
        ("Haswell", 256, "ok"),
        ("Prescott", 256, "warn"),
        ("generic", 128, "warn"),
        ("Kunpeng920", 128, "ok"),
        (None, 512, "ok"),
        ("Haswell", None, "ok"),
    ],
)
def test_blas_kernels_must_suit_the_processor(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    architecture: str | None,
    bits: int | None,
    status: str,
) -> None:
    found = Blas("openblas", "0.3.30", architecture, 2, "libopenblas.so")
    monkeypatch.setattr(blas, "loaded", lambda: found)
    assert run_checks.blas(changed(machine("laptop"), vector_bits=bits)).status == status


@pytest.mark.parametrize(
    ("environ", "said", "fix"),
    [
        ({}, "with 512-bit vectors", "python -m pip install --upgrade scipy"),
        (
            {"OPENBLAS_CORETYPE": "Haswell"},
            "because OPENBLAS_CORETYPE is Haswell",
            "unset OPENBLAS_CORETYPE",
        ),
    ],
)
def test_the_fix_of_narrow_kernels_is_that_of_their_cause(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    said: str,
    fix: str,
) -> None:
    haswell = Blas("openblas", "0.3.30", "Haswell", 2, "libopenblas.so")
    monkeypatch.setattr(blas, "loaded", lambda: haswell)
    found = run_checks.blas(changed(machine("laptop"), vector_bits=512), environ)
    assert found.found.endswith(said)
    assert found.fix == fix


def test_a_reference_blas_is_a_warning(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Blas:
        return blas._of_scipy([])

    monkeypatch.setattr(blas, "loaded", none)
    found = run_checks.blas(detect(machine("laptop")))
    assert found.status == "warn"
    assert "reference BLAS" in found.found


def test_the_blas_of_scipy_is_taken_not_that_of_numpy() -> None:
    def library(path: str, version: str) -> dict[str, object]:
        return {
            "internal_api": "openblas",
            "version": version,
            "num_threads": 2,
            "filepath": path,
        }

    numpy, scipy = library("x/numpy.libs/a.so", "1"), library("x/scipy.libs/b.so", "2")
    assert blas._of_scipy([scipy, numpy]).version == "2"
    assert blas._of_scipy([numpy]).version == "1"


def test_a_python_without_scipy(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho \"No module named 'scipy'\" >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(Unavailable, match="SciPy does not start: No module named 'scipy'"):
        blas.loaded(str(python))


def test_a_results_folder_that_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    found = run_checks.results_folder(file / "results")
    assert (found.status, found.what) == ("fail", "results")
    assert "Not a directory" in found.found
    assert found.fix.startswith("mkdir -p")


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_checks, "_FREE_B", 2**80)
    assert run_checks.results_folder(tmp_path).status == "warn"


def test_numba_cache(tmp_path: Path) -> None:
    assert str(tmp_path) in run_checks.numba_cache({"NUMBA_CACHE_DIR": str(tmp_path)}).found
    file = tmp_path / "file"
    file.touch()
    found = run_checks.numba_cache({"NUMBA_CACHE_DIR": str(file)})
    assert found.status == "warn"
    assert "NUMBA_CACHE_DIR" in found.fix


def test_worst() -> None:
    note, warn = Finding("a", "note", "b", "c"), Finding("a", "warn", "b", "c")
    assert doctor.worst([]) == "ok"
    assert doctor.worst([note, warn, ok("a", "b")]) == "warn"
