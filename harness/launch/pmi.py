"""By what ranks that srun starts meet: PMIx or PMI2, as Slurm offers and the MPI library speaks.

Source: Slurm's MPI guide (https://slurm.schedmd.com/mpi_guide.html).
"""

from __future__ import annotations

import re
from typing import Final

_OFFERED: Final = re.compile(r"\b(?:pmix(?:_v\d+)?|pmi2|cray_shasta)\b")
# What the libraries of a flavour speak, the best first. Open MPI 4 can be built with both.
_SPOKEN: Final = {
    "openmpi": ("pmix", "pmi2"),
    "mpich": ("pmi2", "pmix"),
    "intelmpi": ("pmi2", "pmix"),
}


def offered(printed: str) -> tuple[str, ...]:
    """The plug-ins in what `srun --mpi=list` prints, the newest version of PMIx first."""
    return tuple(sorted(set(_OFFERED.findall(printed)), key=_order))


def _order(plugin: str) -> tuple[bool, int, str]:
    number = plugin.partition("_v")[2]
    return bool(number), -int(number or 0), plugin


def chosen(plugins: tuple[str, ...], flavour: str, library: str) -> str:
    """The plug-in for a library; "" where the site's default must do.

    library : what it says of itself.
    """
    spoken = ("cray_shasta",) if "cray" in library.casefold() else _SPOKEN.get(flavour, ())
    found = (one for family in spoken for one in plugins if one.startswith(family))
    return next(found, "")
