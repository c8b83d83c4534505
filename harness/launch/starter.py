"""What starts ranks: mpirun of Open MPI, MPICH (Hydra) or Intel MPI, and Slurm's srun.

Functions that return argument lists and variables; processes are started in
`harness.launch.process`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.launch import environment, flags, mca
from harness.launch.flags import Starter, Words
from harness.plan.case import Geometry

_WITH_MPI: Final = (sys.executable, "-P", "-m", "mpi4py", "-m")
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


def command(starter: Starter, asked: Asked) -> list[str]:
    """The command line up to the program of the ranks.

    Each rank is bound to as many cores as it has threads.
    """
    words, facts = flags.of(starter), _facts(starter, asked)
    placed = words.crowded if asked.oversubscribe else words.bound
    return [
        str(starter.path),
        *_filled(words.remote, facts, asked.agent),
        *_filled(words.remote_options, facts, asked.agent[1:]),
        *_filled(words.pmi, facts, starter.pmi),
        *_filled(words.hosts, facts, asked.hosts),
        *_filled(placed, facts),
        *_exported(words.exported, asked),
        *asked.options,
        *_filled(words.ranks, facts),
    ]


def variables(starter: Starter, asked: Asked) -> dict[str, str]:
    """The environment of the starter and of all its ranks."""
    facts, words = _facts(starter, asked), flags.of(starter)
    own = words.variables if asked.agent[1:] else {}
    filled = {name: text.format(**facts) for name, text in own.items()}
    made = environment.of_ranks(asked.geometry.threads) | filled
    together = words.together if asked.geometry.nodes == 1 else {}
    return made | {
        f"OMPI_MCA_{name}": value
        for name, value in together.items()
        if not mca.is_set(name, starter.path, made)
    }


def payload(batch_file: str) -> list[str]:
    """The program of each rank."""
    return module("harness.measure", batch_file)


def module(name: str, *arguments: str) -> list[str]:
    """A module with MPI on each rank.

    ``-P`` keeps folders of the user named kernels or harness from being imported; ``-m mpi4py``
    ends all ranks when one raises.
    """
    return [*_WITH_MPI, name, *arguments]


def program(order_file: Path) -> list[str]:
    """What becomes somebody else's program on each rank, after it has said where it runs."""
    return [*_SHIM, str(order_file)]


def _facts(starter: Starter, asked: Asked) -> dict[str, str]:
    """What stands for the names in `flags.Flags`."""
    geometry = asked.geometry
    each = geometry.ranks_per_node
    return {
        "ranks": str(geometry.ranks),
        "each": str(each),
        "threads": str(geometry.threads),
        "nodes": str(geometry.nodes),
        "hosts": ",".join(asked.hosts),
        "slots": ",".join(f"{host}:{each}" for host in asked.hosts),
        "pmi": starter.pmi,
        "agent": shlex.join(asked.agent),
        "shell": "".join(asked.agent[:1]),
        "options": shlex.join(asked.agent[1:]),
    }


def _filled(words: Words, facts: Mapping[str, str], wanted: object = True) -> Iterable[str]:
    """The words with what is asked in them; none if it is not wanted."""
    return [word.format(**facts) for word in words] if wanted else []


def _exported(words: Words, asked: Asked) -> Iterable[str]:
    names = asked.environment if asked.hosts else ()
    return [word.format(name=name) for name in names for word in words]
