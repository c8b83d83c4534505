"""Ranks on this machine: `mpirun` of Open MPI, MPICH (Hydra) or Intel MPI.

Pure functions that return argument lists; processes are started in `harness.launch.process`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from harness.plan.case import Geometry

_PAYLOAD: Final = (sys.executable, "-P", "-m", "mpi4py", "-m", "harness.measure")
_SHIM: Final = (sys.executable, "-P", "-m", "harness.measure.shim")


def command(mpirun: str, flavour: str, geometry: Geometry, *, oversubscribe: bool) -> list[str]:
    """The mpirun command line up to the program: rank count, placement and binding.

    Each rank is bound to as many cores as it has threads. flavour : "openmpi", "mpich",
    "intelmpi"; an unknown one gets the flags that all understand.
    """
    options = placement(flavour, geometry, oversubscribe=oversubscribe)
    return [mpirun, *options, "-n", str(geometry.ranks)]


def placement(flavour: str, geometry: Geometry, *, oversubscribe: bool) -> list[str]:
    """The options of mpirun that place and bind the ranks."""
    return _PLACEMENT.get(flavour, _plain)(geometry, oversubscribe)


def payload(batch_file: str) -> list[str]:
    """The program of each rank.

    ``-P`` keeps folders of the user named kernels or harness from being imported; ``-m mpi4py``
    ends all ranks when one raises.
    """
    return [*_PAYLOAD, batch_file]


def program(order_file: Path) -> list[str]:
    """What becomes somebody else's program on each rank, after it has said where it runs."""
    return [*_SHIM, str(order_file)]


def _openmpi(geometry: Geometry, oversubscribe: bool) -> list[str]:
    if oversubscribe:
        return ["--map-by", ":OVERSUBSCRIBE", "--bind-to", "none"]
    return ["--map-by", f"slot:PE={geometry.threads}", "--bind-to", "core"]


def _mpich(geometry: Geometry, oversubscribe: bool) -> list[str]:
    return [] if oversubscribe else ["-bind-to", f"core:{geometry.threads}"]


def _intelmpi(geometry: Geometry, oversubscribe: bool) -> list[str]:
    pin = "0" if oversubscribe else "1"
    return ["-genv", "I_MPI_PIN", pin, "-genv", "I_MPI_PIN_DOMAIN", str(geometry.threads)]


def _plain(geometry: Geometry, oversubscribe: bool) -> list[str]:
    return []


_PLACEMENT: Final = {"openmpi": _openmpi, "mpich": _mpich, "intelmpi": _intelmpi}
