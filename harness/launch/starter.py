"""What starts ranks: mpirun of Open MPI, MPICH (Hydra) or Intel MPI, and Slurm's srun.

Pure functions that return argument lists; processes are started in `harness.launch.process`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.plan.case import Geometry

_PAYLOAD: Final = (sys.executable, "-P", "-m", "mpi4py", "-m", "harness.measure")
_SHIM: Final = (sys.executable, "-P", "-m", "harness.measure.shim")


@dataclass(frozen=True)
class Asked:
    """Which ranks are to be started.

    hosts : exactly these nodes, each with `geometry.ranks_per_node` ranks; () : this machine, as
    the starter finds it. environment : names of variables that ranks on other nodes must be given.
    agent : the remote shell, () for the starter's own choice. options : further ones of the site.
    """

    geometry: Geometry
    hosts: tuple[str, ...] = ()
    oversubscribe: bool = False
    environment: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def command(program: str, flavour: str, asked: Asked) -> list[str]:
    """The command line up to the program: rank count, nodes, placement and binding.

    Each rank is bound to as many cores as it has threads. flavour : "openmpi", "mpich",
    "intelmpi"; an unknown one gets the flags that all understand.
    """
    return [program, *placement(flavour, asked), *asked.options, "-n", str(asked.geometry.ranks)]


def placement(flavour: str, asked: Asked) -> list[str]:
    """The options that place and bind the ranks."""
    return _PLACEMENT.get(flavour, _plain)(asked)


def payload(batch_file: str) -> list[str]:
    """The program of each rank.

    ``-P`` keeps folders of the user named kernels or harness from being imported; ``-m mpi4py``
    ends all ranks when one raises.
    """
    return [*_PAYLOAD, batch_file]


def program(order_file: Path) -> list[str]:
    """What becomes somebody else's program on each rank, after it has said where it runs."""
    return [*_SHIM, str(order_file)]


def _openmpi(asked: Asked) -> list[str]:
    threads = asked.geometry.threads
    if not asked.hosts:
        if asked.oversubscribe:
            return ["--map-by", ":OVERSUBSCRIBE", "--bind-to", "none"]
        return ["--map-by", f"slot:PE={threads}", "--bind-to", "core"]
    each = asked.geometry.ranks_per_node
    slots = ",".join(f"{host}:{each * threads}" for host in asked.hosts)
    exported = [word for name in asked.environment for word in ("-x", name)]
    if asked.oversubscribe:
        bound = ["--map-by", f"ppr:{each}:node:OVERSUBSCRIBE", "--bind-to", "none"]
    else:
        bound = ["--map-by", f"ppr:{each}:node:PE={threads}", "--bind-to", "core"]
    return ["--host", slots, *bound, *exported]


def _mpich(asked: Asked) -> list[str]:
    each = asked.geometry.ranks_per_node
    nodes = ["-hosts", ",".join(asked.hosts), "-ppn", str(each)] if asked.hosts else []
    return nodes if asked.oversubscribe else [*nodes, "-bind-to", f"core:{asked.geometry.threads}"]


def _intelmpi(asked: Asked) -> list[str]:
    pin = "0" if asked.oversubscribe else "1"
    each = asked.geometry.ranks_per_node
    nodes = ["-hosts", ",".join(asked.hosts), "-ppn", str(each)] if asked.hosts else []
    domain = str(asked.geometry.threads)
    return [*nodes, "-genv", "I_MPI_PIN", pin, "-genv", "I_MPI_PIN_DOMAIN", domain]


def _plain(asked: Asked) -> list[str]:
    return []


_PLACEMENT: Final = {"openmpi": _openmpi, "mpich": _mpich, "intelmpi": _intelmpi}
