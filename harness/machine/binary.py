"""Somebody else's program: which file it is, what it is linked with, and which mpirun starts it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import CannotMeasure
from harness.machine.mpi import (
    MpiLibrary,
    MpiMismatch,
    Mpirun,
    MpirunNotFound,
    identify,
    library_at,
    mpirun_of,
    same_family,
)
from kernels.program import OWN_MPIRUN

_LDD_TIMEOUT_S: Final = 20.0
_LINKED: Final = re.compile(r"^\s*(\S+) => (.+?)(?: \(0x[0-9a-f]+\))?$", re.MULTILINE)
_MPI: Final = re.compile(r"libmpi(ch)?\.so\b.*")


@dataclass(frozen=True)
class Binary:
    """A program. libraries : name it asks for -> the file that the loader takes, links followed."""

    path: Path
    sha256: str
    libraries: dict[str, str]
    mpi: MpiLibrary | None

    @property
    def has_reference_blas(self) -> bool:
        """Whether it computes with netlib's BLAS, which is no tuned one."""
        found = (Path(one) for one in self.libraries.values())
        return any(one.name.startswith("libblas.so") and one.parent.name == "blas" for one in found)


def examine(name: str) -> Binary:
    """The program of this name or path; CannotMeasure if it is not there or lacks a library."""
    found = shutil.which(name)
    if found is None:
        raise CannotMeasure(name, "is no program that can be started here")
    path = Path(found).absolute()
    libraries = _linked(path)
    _complete(path, libraries)
    mpi = next((Path(file) for name, file in libraries.items() if _MPI.fullmatch(name)), None)
    return Binary(
        path=path,
        sha256=_sha256(path),
        libraries={name: str(Path(file).resolve()) for name, file in libraries.items()},
        mpi=library_at(mpi) if mpi else None,
    )


def starter(binary: Binary, wanted: str, site: Mpirun) -> Mpirun:
    """The mpirun for a program: the one ``wanted``, or that of the MPI it is linked with.

    site : the mpirun of the cluster, which starts programs without MPI. Raises MpirunNotFound,
    MpiMismatch.
    """
    if wanted != OWN_MPIRUN:
        return _fitting(binary, _named(wanted))
    if binary.mpi is None:
        return site
    found = mpirun_of(binary.mpi, [site])
    if found is None:
        raise MpirunNotFound(
            str(binary.path),
            f"is linked with {binary.mpi}, and no mpirun of that MPI is near it",
            known=f"the mpirun of this cluster is {site}",
            fix="--set mpirun=/path/to/the/mpirun/of/that/MPI",
        )
    return found


def _named(wanted: str) -> Mpirun:
    path = shutil.which(wanted)
    if path is None:
        raise MpirunNotFound(
            "mpirun", f"{wanted!r} is no program that can be started here", fix="--set mpirun=own"
        )
    return identify(Path(path).absolute(), "configured")


def _fitting(binary: Binary, mpirun: Mpirun) -> Mpirun:
    if binary.mpi and not same_family(mpirun.flavour, binary.mpi.flavour):
        raise MpiMismatch(
            str(binary.path),
            f"is linked with {binary.mpi}, which {mpirun} cannot start",
            fix=f"--set mpirun={OWN_MPIRUN}, or the path of an mpirun of {binary.mpi.flavour}",
        )
    return mpirun


def _linked(path: Path) -> dict[str, str]:
    """What ldd says: nothing for a script or a static program."""
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user is about to run
            ["ldd", str(path)],  # noqa: S607 - whichever ldd the system has
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LDD_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(_LINKED.findall(done.stdout))


def _complete(path: Path, libraries: dict[str, str]) -> None:
    missing = [name for name, file in libraries.items() if file == "not found"]
    if missing:
        raise CannotMeasure(
            str(path),
            f"cannot start here: {', '.join(missing)} not found",
            known="the loader looks in LD_LIBRARY_PATH, the program's own paths and the system's",
            fix="load the modules it was built with, or set LD_LIBRARY_PATH",
        )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CannotMeasure(str(path), f"cannot be read: {error.strerror}") from error
