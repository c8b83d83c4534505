"""Somebody else's program: its file, its libraries and the mpirun that belongs to it."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.machine import binary, mpi
from harness.machine.binary import Binary
from harness.machine.mpi import MpiLibrary, MpiMismatch, Mpirun, MpirunNotFound

SITE = Mpirun(Path("/site/mpirun"), "openmpi", "9.9", "configured")
MPICH = Mpirun(Path("/site/mpirun.hydra"), "mpich", "4.2", "configured")


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes an executable file of this text."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


def linked(library: MpiLibrary | None) -> Binary:
    return Binary(Path("/opt/xhpl"), "0" * 64, {}, library)


def test_hpcc_of_debian_is_started_by_the_mpirun_of_its_own_mpi() -> None:
    if shutil.which("hpcc") is None:
        pytest.fail("hpcc is not installed: apt-get install hpcc")
    found = binary.examine("hpcc")
    assert found.path == Path(str(shutil.which("hpcc")))
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert all(Path(file).is_file() for file in found.libraries.values() if file.startswith("/"))
    assert found.mpi is not None
    assert found.mpi.flavour == "openmpi"
    mpirun = binary.starter(found, "own", mpi.find_mpirun())
    assert (mpirun.version, mpirun.source) == (found.mpi.version, "library")


def test_the_library_of_this_environment_leads_to_its_mpirun() -> None:
    library = mpi.mpi_library()
    assert library.path is not None
    named = mpi.library_at(library.path)
    assert (named.flavour, named.version) == (library.flavour, library.version)
    found = mpi.mpirun_of(named)
    assert found is not None
    assert found.path.resolve() == mpi.find_mpirun().path.resolve()


def test_a_script_is_linked_with_nothing_and_started_by_the_site(
    script: Callable[..., Path],
) -> None:
    found = binary.examine(str(script("xhpl", "exit 0")))
    assert (found.libraries, found.mpi, found.has_reference_blas) == ({}, None, False)
    assert binary.starter(found, "own", SITE) == SITE


def test_missing_program_and_missing_library(
    script: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CannotMeasure, match="no program that can be started here"):
        binary.examine("/nonexistent/xhpl")
    ldd = script("bin/ldd", "echo '\tlibmpi.so.40 => not found'")
    monkeypatch.setenv("PATH", f"{ldd.parent}:/usr/bin:/bin")
    with pytest.raises(CannotMeasure, match=r"libmpi.so.40 not found(?s:.*)LD_LIBRARY_PATH"):
        binary.examine(sys.executable)


def test_the_reference_blas_is_recognised() -> None:
    def of(file: str) -> bool:
        return Binary(Path("/x"), "", {"libblas.so.3": file}, None).has_reference_blas

    assert of("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0")
    assert not of("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3")


def test_of_several_mpiruns_near_a_library_that_of_its_version(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    script("bin/mpirun", "echo HYDRA build details: Version: 4.2.0")
    script("bin/mpiexec", "echo 'mpirun (Open MPI) 5.0.1'")
    fitting = script("bin/mpirun.openmpi", "echo 'mpirun (Open MPI) 4.1.4'")
    library = MpiLibrary("openmpi", "4.1.4", tmp_path / "lib" / "libmpi.so.40", "Open MPI v4.1.4")
    found = mpi.mpirun_of(library)
    assert found is not None
    assert found.path == fitting
    newer = mpi.mpirun_of(MpiLibrary("openmpi", "5.0.2", library.path, ""))
    assert newer is not None
    assert newer.path.name == "mpiexec"


def test_without_an_mpirun_of_its_mpi_it_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpi, "_around", lambda _library: [])  # /bin may have one
    library = MpiLibrary("mpich", "4.0.2", tmp_path / "libmpich.so.12", "MPICH 4.0.2")
    with pytest.raises(MpirunNotFound, match=r"linked with mpich 4.0.2(?s:.*)--set mpirun=/path"):
        binary.starter(linked(library), "own", SITE)
    assert binary.starter(linked(library), "own", MPICH) == MPICH


def test_a_named_mpirun_must_exist_and_be_of_the_family(script: Callable[..., Path]) -> None:
    library = MpiLibrary("openmpi", "4.1.4", Path("/opt/libmpi.so.40"), "Open MPI v4.1.4")
    with pytest.raises(MpirunNotFound, match="no program that can be started"):
        binary.starter(linked(library), "/nonexistent/mpirun", SITE)
    hydra = script("mpirun", "echo HYDRA build details: Version: 4.2.0")
    with pytest.raises(MpiMismatch, match=r"cannot start(?s:.*)--set mpirun=own"):
        binary.starter(linked(library), str(hydra), SITE)
    assert binary.starter(linked(None), str(hydra), SITE).path == hydra


def test_a_library_that_does_not_answer_is_of_no_known_flavour(tmp_path: Path) -> None:
    path = tmp_path / "libmpi.so"
    path.write_bytes(b"no library")
    assert mpi.library_at(path).flavour == "unknown"
