"""Where a rank really runs: host, cores, limits, threads, BLAS; read by the rank itself."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.machine import cgroup
from harness.machine.tree import Tree, Unavailable

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Place:
    """The facts of one rank, at run time.

    node : what the scheduler calls the host. cpus : logical CPUs it may run on. numa : NUMA nodes
    of these. cpu_quota : CPUs that its control groups allow, memory_limit_B : their least limit;
    None is no limit. threads : Numba's threads. blas : "name version kernel", blas_threads : the
    BLAS's own thread count. Of somebody else's program the threads are those its environment asks
    for: it cannot be asked itself.
    """

    rank: int
    host: str
    pid: int
    cpus: tuple[int, ...]
    numa: tuple[int, ...]
    threads: int
    blas: str
    blas_threads: int
    mpi: str
    node: str = ""
    cpu_quota: float | None = None
    memory_limit_B: int | None = None


def mine(rank: int, mpi: str) -> Place:
    """The place of this process."""
    import numba

    of_scipy = _blas()
    return Place(
        rank=rank,
        threads=numba.get_num_threads(),
        blas=_blas_name(of_scipy),
        blas_threads=int(of_scipy.get("num_threads", 0)),
        mpi=mpi,
        **_here(),
    )


def of_program(rank: int, mpi: str, environment: Mapping[str, str]) -> Place:
    """The place of a process that is about to become somebody else's program."""
    return Place(
        rank=rank,
        threads=_count(environment, "OMP_NUM_THREADS"),
        blas="its own, threads as its environment asks",
        blas_threads=_count(environment, "OPENBLAS_NUM_THREADS"),
        mpi=mpi,
        **_here(),
    )


def _here() -> dict[str, Any]:
    """What is known of this process without its libraries."""
    host, cpus, tree = platform.node(), tuple(sorted(os.sched_getaffinity(0))), Tree()
    return {
        "host": host,
        "node": os.environ.get("SLURMD_NODENAME", host),
        "pid": os.getpid(),
        "cpus": cpus,
        "numa": _numa(cpus),
        "cpu_quota": _limit(tree, cgroup.cpu_quota),
        "memory_limit_B": _limit(tree, cgroup.memory_limit_B),
    }


def _limit(tree: Tree, question: Callable[[Tree], N]) -> N | None:
    try:
        return question(tree)
    except (Unavailable, ValueError, LookupError):  # no limit, or one that is not understood
        return None


def _count(environment: Mapping[str, str], variable: str) -> int:
    word = environment.get(variable, "")
    return int(word) if word.isdecimal() else 0


def _blas() -> dict[str, Any]:
    """What threadpoolctl tells of the BLAS that kernels call, SciPy's; {} if it knows none."""
    import scipy.linalg.cython_blas  # noqa: F401 - loads it
    from threadpoolctl import threadpool_info

    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    # NumPy's wheel brings another copy, in numpy.libs/libscipy_openblas64_.
    beside = (one for one in found if "scipy.libs" in one["filepath"])
    return next(beside, found[0] if found else {})


def _blas_name(info: dict[str, Any]) -> str:
    words = (info.get("internal_api"), info.get("version"), info.get("architecture"))
    return " ".join(str(word) for word in words if word) or "unknown"


def _numa(cpus: tuple[int, ...]) -> tuple[int, ...]:
    """NUMA nodes of these CPUs, from sysfs; empty where the kernel has no NUMA."""
    nodes = set()
    for cpu in cpus:
        folder = Path(f"/sys/devices/system/cpu/cpu{cpu}")
        nodes |= {int(path.name[4:]) for path in folder.glob("node[0-9]*")}
    return tuple(sorted(nodes))


def as_dict(place: Place) -> dict[str, Any]:
    """JSON-ready."""
    return asdict(place)


def from_dict(data: dict[str, Any]) -> Place:
    """The place that `as_dict` wrote."""
    return Place(**{**data, "cpus": tuple(data["cpus"]), "numa": tuple(data["numa"])})
