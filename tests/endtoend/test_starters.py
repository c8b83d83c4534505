"""The mpirun of other MPIs than the default one, with ranks that mpi4py joins to their library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.pair import Site, may_unshare

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

MPIS = Path(sys.prefix) / "mpi"
LIBRARIES = {"mpich": "libmpi.so.12", "openmpi-4": "libmpi.so.40"}
NAMES = {"mpich": "MPICH Version: ", "openmpi-4": "Open MPI v4."}


@pytest.fixture(params=sorted(LIBRARIES))
def mpi(request: pytest.FixtureRequest) -> str:
    if not (MPIS / request.param).is_dir():
        pytest.skip(f"{request.param}: `make .venv/installed-test` installs it")
    return str(request.param)


def mpirun(mpi: str) -> str:
    return f"mpirun: {MPIS / mpi / 'bin' / 'mpirun'}"


def joined(mpi: str) -> dict[str, str]:
    """Makes mpi4py load the library of this MPI."""
    return {"MPI4PY_LIBMPI": str(MPIS / mpi / "lib" / LIBRARIES[mpi])}


def test_on_this_machine(broken: Qyran, mpi: str) -> None:
    (broken.folder / "cluster.yaml").write_text(
        "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
        f"    launcher: {{kind: local, {mpirun(mpi)}}}\n"
    )
    done = broken.run("faulty", "--ranks", "2", "--repeat", "2", **joined(mpi))
    assert done.outcomes == ["pass"], done.err
    placement = done.json["cases"][0]["placement"]
    assert placement["mpi"].startswith(NAMES[mpi])
    assert placement["bound"]
    crowded = broken.run(
        "faulty", "--ranks", "5", "--oversubscribe", "--repeat", "2", **joined(mpi)
    )
    assert crowded.outcomes == ["pass"], crowded.err


@pytest.mark.skipif(not may_unshare(), reason="namespaces of host names and mounts need root")
def test_on_two_hosts(broken: Qyran, mpi: str) -> None:
    """The remote shell has an option of its own, and each rank the CPUs that it was asked with."""
    site = Site(broken)
    site.define(launcher=mpirun(mpi))
    done = site.run("--ranks", "4", **joined(mpi))
    assert done.outcomes == ["pass"], done.err
    assert done.json["cases"][0]["placement"]["groups"] == [
        {"hosts": ["n1", "n2"], "cpus": ["0", "1"]}
    ]


@pytest.mark.parametrize("mpi", ["mpich"], indirect=True)
def test_joined_to_another_library(broken: Qyran, mpi: str) -> None:
    """Without a word to mpi4py its ranks are of the default MPI: that is found at once."""
    (broken.folder / "cluster.yaml").write_text(
        "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
        f"    launcher: {{kind: local, {mpirun(mpi)}}}\n"
    )
    done = broken.run("faulty", "--ranks", "2", "--repeat", "2")
    done.complains(3, "2 ranks started, but each is alone", "PMI_SIZE=2", "Open MPI v5", "fix:")
