"""Ranks on two nodes of a real job, by every starter, in jobs that are given as one task a node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cluster.user import User

MPIS = Path(sys.prefix) / "mpi"
ALLOCATED = ("salloc", "-Q", "--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=2")
LIBRARIES = {"mpich": "libmpi.so.12", "openmpi-4": "libmpi.so.40"}
BOUND = {"hosts": ["node1", "node2"], "cpus": ["0", "1"]}
UNBOUND = {"hosts": ["node1", "node2"], "cpus": ["0-1"] * 4}


def joined(mpi: str) -> dict[str, str]:
    """Makes mpi4py load the library of this MPI; "" is the default one."""
    if not mpi:
        return {}
    if not (MPIS / mpi).is_dir():
        pytest.skip(f"{mpi}: `make .venv/installed-test` installs it")
    return {"MPI4PY_LIBMPI": str(MPIS / mpi / "lib" / LIBRARIES[mpi])}


def placed(user: User, starter: str, mpi: str, *geometry: str) -> dict[str, Any]:
    """Where the ranks of a case that passed ran."""
    user.site({"kind": "slurm"} | ({"mpirun": starter} if starter else {}), cpu={"nodes": 2})
    case = ("faulty", "--repeat", "2", "--nodes", "2", *geometry)
    arguments = ("run", *case, "--json", "--results", str(user.results))
    done = user(*arguments, before=ALLOCATED, **joined(mpi))
    assert done.outcomes == ["pass"], (done.out, done.err)
    (group,) = done.json["cases"][0]["placement"]["groups"]
    return dict(group)


@pytest.mark.parametrize("mpi", ["", "openmpi-4", "mpich"])
@pytest.mark.parametrize("starter", ["mpirun", "srun"])
def test_each_rank_has_a_core(user: User, starter: str, mpi: str) -> None:
    """Also where the job has fewer tasks than the case has ranks."""
    mpirun = str(MPIS / mpi / "bin" / "mpirun") if mpi else ""
    named = starter if starter == "srun" else mpirun
    assert placed(user, named, mpi, "--ranks", "4") == BOUND


@pytest.mark.parametrize("starter", ["", "srun"])
def test_threads_have_cores_of_their_own(user: User, starter: str) -> None:
    assert placed(user, starter, "", "--ranks", "2", "--threads", "2")["cpus"] == ["0-1"]


@pytest.mark.parametrize("starter", ["", "srun"])
def test_oversubscribed(user: User, starter: str) -> None:
    assert placed(user, starter, "", "--ranks", "8", "--oversubscribe") == UNBOUND
