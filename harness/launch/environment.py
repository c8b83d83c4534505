"""The environment of the ranks: thread counts, the compile cache, permission to run as root."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import kernels

# Every library that could start threads of its own inside a rank.
_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
# What ranks on other nodes must find as it is here: programs, libraries, caches, and what steers
# Python, threads, MPI and its network.
_HANDED_ON: Final = frozenset({"PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "XDG_CACHE_HOME"})
_FAMILIES: Final = (
    *("PYTHON", "NUMBA_", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_", "MALLOC_"),
    *("MPI4PY_", "UCX_", "FI_", "PSM2_", "PSM3_"),
)
_CACHES_KEPT: Final = 4


def of_ranks(threads: int, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every rank of a launch with this many threads a rank."""
    environment = dict(os.environ if base is None else base)
    environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    environment.setdefault("NUMBA_CACHE_DIR", str(numba_cache()))
    environment["PYTHONUNBUFFERED"] = "1"
    environment.setdefault("HOME", tempfile.gettempdir())  # Open MPI does not start without one
    return environment | as_root()


def handed_on(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of these that a starter hands on to ranks on other nodes, sorted."""
    return tuple(
        sorted(one for one in environment if one in _HANDED_ON or one.startswith(_FAMILIES))
    )


def as_root() -> dict[str, str]:
    """What Open MPI asks for before it runs as root; nothing for other users.

    Ranks started by qyran write into the results and cache folders only.
    """
    if os.geteuid() != 0:
        return {}
    return {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


@cache
def numba_cache() -> Path:
    """The folder of compiled kernels: one for each state of the kernels' sources.

    Numba checks only the file of the function itself, not of the functions it calls, so a folder
    named after the hash of all sources keeps it from running stale code.
    """
    root = cache_root() / "numba"
    folder = root / sources_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return _private_temporary() / sources_hash()
    with suppress(OSError):  # another run may be forgetting the same folders
        _forget_old(root)
    return folder


def _private_temporary() -> Path:
    """A folder for this user alone: what lies in a cache of compiled code is run."""
    folder = Path(tempfile.gettempdir()) / f"qyran-{os.getuid()}-numba"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and (found.st_uid, found.st_mode & 0o077) == (
            os.getuid(),
            0,
        ):
            return folder
    return Path(tempfile.mkdtemp(prefix="qyran-numba-"))


def cache_root() -> Path:
    """The folder of what qyran keeps for this user, and can always make again."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "qyran"


def sources_hash() -> str:
    """Hash of all kernel sources and of the Python that compiles them."""
    digest = hashlib.sha256(sys.version.encode())
    root = Path(kernels.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(root: Path) -> None:
    """Keep the newest few folders; those of older sources are never read again."""
    folders = sorted(root.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[_CACHES_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
