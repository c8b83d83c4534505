"""What the user or the site says to Open MPI: its MCA parameters, in variables and files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_FILE: Final = "openmpi-mca-params.conf"
PACKAGED: Final = Path("/usr")
SITE: Final = Path("/etc")
"""Where packages of distributions lie, and where they have their settings."""


def is_set(name: str, mpirun: Path, environ: Mapping[str, str]) -> bool:
    """Whether somebody gave the parameter ``name`` a value, by variable or in a file."""
    line = re.compile(rf"^\s*{re.escape(name)}\s*=", re.MULTILINE)
    return f"OMPI_MCA_{name}" in environ or any(
        line.search(text) for text in _texts(mpirun, environ)
    )


def _texts(mpirun: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """The files of parameters that Open MPI reads; those that cannot be read say nothing.

    By `ompi_info` (mca_base_param_files) they lie in the home folder and in etc below its prefix;
    of a package in /etc/openmpi (Debian) or /etc/openmpi-x86_64 (Red Hat).
    """
    named = environ.get("OMPI_MCA_mca_base_param_files", "").split(",")
    prefix = mpirun.resolve().parent.parent
    paths = (
        *(Path(one) for one in named if one),
        Path(environ.get("HOME", "/")) / ".openmpi" / "mca-params.conf",
        prefix / "etc" / _FILE,
        *(SITE.glob(f"openmpi*/{_FILE}") if prefix.is_relative_to(PACKAGED) else ()),
    )
    for path in paths:
        with suppress(OSError):
            yield path.read_text(errors="replace")
