"""What `qyran doctor` says about running: mpirun, ranks, binding, BLAS, folders. Starts ranks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.errors import CannotMeasure
from harness.launch.contract import Allocation
from harness.launch.environment import of_ranks
from harness.launch.starter import Asked
from harness.machine import blas as blas_library
from harness.machine.finding import Finding, ok
from harness.machine.mpi import Mpirun, find_mpirun, mpi_library, same_family
from harness.machine.node import NodeFacts
from harness.machine.probe import Probe, probe_ranks
from harness.machine.tree import Unavailable, format_cpus
from harness.plan.case import Geometry

_RANKS: Final = 2
_FREE_B: Final = 2**30
_SHOWN: Final = 4


def launcher(kind: str, asked_for: str, allocation: Allocation | None) -> Finding:
    """Where ranks would be started, and why there. asked_for : the kind that cluster.yaml names."""
    what = "launcher"
    if allocation is None:
        text = f"{kind}, as cluster.yaml says, and this is no job of it"
        return Finding(what, "note", text, "qyran submit SUITE  # or run it inside of a job")
    hosts = f"{len(allocation.hosts)} node{'s' * (len(allocation.hosts) != 1)}"
    if allocation.job:
        why = "" if kind == asked_for else f", detected although cluster.yaml says {asked_for}"
        named = ", ".join(allocation.hosts[:_SHOWN]) + ", ..." * (len(allocation.hosts) > _SHOWN)
        return ok(what, f"inside {kind} job {allocation.job} with {hosts}: {named}{why}")
    if allocation.hosts:
        return ok(what, f"{kind}: {hosts} of cluster.yaml: {', '.join(allocation.hosts[:_SHOWN])}")
    return ok(what, f"{kind}: ranks on this machine, no batch job of several nodes detected")


def mpi(
    configured: str | None, cores: int | None, timeout_s: float, nodes: Asked | None = None
) -> tuple[Finding, ...]:
    """mpirun, the library, whether a few ranks see each other, whether they are bound apart.

    nodes : how a rank on each node is asked for, where it is not this machine alone.
    """
    try:
        mpirun = find_mpirun(configured)
    except CannotMeasure as error:
        return (_failed("mpirun", error),)
    first = (ok("mpirun", f"{mpirun}, from {_SOURCES[mpirun.source]}"), library(mpirun))
    crowded = cores is not None and cores < _RANKS
    asked = nodes or Asked(Geometry(1, _RANKS, 1), oversubscribe=crowded)
    if mpirun.flavour == "slurm" and "SLURM_JOB_ID" not in os.environ:
        text = "srun would wait for a job of its own to start ranks"
        return (*first, Finding("ranks", "note", text, "salloc --nodes=1  # then qyran doctor"))
    try:
        probe = probe_ranks(mpirun, asked, timeout_s=timeout_s)
    except CannotMeasure as error:
        return (*first, _failed("ranks", error))
    return (*first, ranks(probe), binding(probe, cores))


_SOURCES: Final = {
    "wheel": "the MPI wheel of this environment",
    "path": "PATH",
    "configured": "cluster.yaml",
}


def library(mpirun: Mpirun) -> Finding:
    """Whether mpi4py loads a library of mpirun's MPI."""
    try:
        found = mpi_library()
    except CannotMeasure as error:
        return _failed("MPI library", error)
    if not same_family(mpirun.flavour, found.flavour):
        fix = f"set 'launcher: {{mpirun: ...}}' in cluster.yaml to the mpirun of {found}"
        text = f"mpi4py loads {found}, but mpirun is {mpirun}"
        return Finding("MPI library", "fail", text, fix)
    same = mpirun.flavour == "slurm" or found.version == mpirun.version
    if found.version and mpirun.version and not same:
        text = f"mpi4py loads {found}, mpirun is of version {mpirun.version}"
        fix = "use the mpirun that came with the library: 'launcher: {mpirun: ...}' in cluster.yaml"
        return Finding("MPI library", "note", text, fix)
    return ok("MPI library", str(found))


def ranks(probe: Probe) -> Finding:
    """That the ranks see each other."""
    hosts = ", ".join(sorted({rank.host for rank in probe.ranks}))
    found = f"{len(probe.ranks)} ranks on {hosts} see each other, after {probe.seconds:.1f} s"
    return ok("ranks", found)


def binding(probe: Probe, cores: int | None) -> Finding:
    """That no two ranks share a core."""
    sets = "; ".join(f"rank {rank.rank} on CPUs {format_cpus(rank.cpus)}" for rank in probe.ranks)
    if not probe.shared_cpus():
        return ok("binding", sets)
    if cores is not None and cores < len(probe.ranks):
        fix = "start one rank: 'ranks: 1'"
        return Finding("binding", "note", f"{sets}: there is one usable core only", fix)
    fix = "taskset -cp $$  # the mask mpirun starts with; hwloc-bind --get shows if binding works"
    return Finding("binding", "warn", f"{sets}: they share cores, numbers will scatter", fix)


def blas(facts: NodeFacts, environ: Mapping[str, str] = os.environ) -> Finding:
    """That SciPy has an optimised BLAS, and that it has chosen the kernels of this processor."""
    try:
        found = blas_library.loaded()
    except Unavailable as why:
        return Finding("BLAS", "warn", str(why), "python -m pip install --force-reinstall scipy")
    used, has = found.vector_bits, facts.vector_bits
    if used is None or has is None or used >= has:
        return ok("BLAS", str(found))
    text = f"{found}: {used}-bit kernels on a processor with {has}-bit vectors"
    chosen = environ.get("OPENBLAS_CORETYPE")
    if chosen:
        text = f"{text}, because OPENBLAS_CORETYPE is {chosen}"
    fix = "unset OPENBLAS_CORETYPE" if chosen else "python -m pip install --upgrade scipy"
    return Finding("BLAS", "warn", text, fix)


def numba_cache(environ: Mapping[str, str] = os.environ) -> Finding:
    """That compiled kernels can be kept: else every rank compiles in every run."""
    what = "Numba cache"
    folder = Path(of_ranks(1, environ)["NUMBA_CACHE_DIR"])
    refusal = _refusal(folder)
    if refusal is None:
        return ok(what, f"{folder} is writable")
    return Finding(what, "warn", f"{folder}: {refusal}", "export NUMBA_CACHE_DIR=/tmp/numba-$USER")


def results_folder(folder: Path) -> Finding:
    """That results can be written, and that there is room for them."""
    refusal = _refusal(folder)
    if refusal is not None:
        fix = f"mkdir -p {folder} && chmod u+w {folder}"
        return Finding("results", "fail", f"{folder}: {refusal}", fix)
    free_B = shutil.disk_usage(_nearest(folder)).free
    found = f"{folder} is writable, {free_B / 2**30:.1f} GiB free"
    if free_B < _FREE_B:
        return Finding("results", "warn", found, f"du -sh {folder}/*  # remove or move old runs")
    return ok("results", found)


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that exists."""
    absolute = folder.absolute()
    # Not Path.exists: it raises below a folder that may not be searched.
    return next(one for one in (absolute, *absolute.parents) if os.access(one, os.F_OK))


def _refusal(folder: Path) -> str | None:
    """Why no file can be written there, or None. Leaves nothing behind."""
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)) as file:
            file.write(b"qyran")
    except OSError as error:
        return error.strerror or str(error)
    return None


def _failed(what: str, error: CannotMeasure) -> Finding:
    known = f" ({error.known})" if error.known else ""
    return Finding(what, "fail", f"{error.found}{known}", error.fix)
