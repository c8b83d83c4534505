"""What each starter of ranks is told, and in which words: the one table of them.

Sources: the manual pages of mpirun (Open MPI 4.1, and 5.0 with PRRTE 3), of Hydra's mpiexec (MPICH
4 and 5, Intel MPI 2021) and of srun (Slurm 22.05).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

Words = tuple[str, ...]


class Starter(Protocol):
    """A program that starts ranks."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def flavour(self) -> str:
        """``openmpi``, ``mpich``, ``intelmpi``, ``slurm``; others are told only how many ranks."""

    @property
    def version(self) -> str | None:
        """None if it does not say."""

    @property
    def pmi(self) -> str:
        """By what ranks meet, one of `srun --mpi=list`; "" is the default of the site."""


@dataclass(frozen=True)
class Flags:
    """The words for each thing that can be asked, in the order in which they are given.

    {ranks}, {each} (ranks of a node), {threads}, {nodes}, {hosts} (with commas), {slots} (hosts,
    each with its ranks), {pmi}, {agent} (the remote shell with its options), {shell} and {options}
    (the two apart) and {name} stand for what is asked.

    remote, remote_options : the remote shell, and its options if there are any. pmi : how ranks
    meet. hosts : these nodes. bound : each rank on as many cores as it has threads; crowded : none
    bound, and more ranks than cores allowed. exported : each variable that ranks on other nodes
    need and would not get. variables : of the starter itself, with `remote_options`. together : MCA
    parameters where all ranks are on one node, unless somebody has set them.
    """

    bound: Words = ()
    crowded: Words = ()
    remote: Words = ()
    remote_options: Words = ()
    pmi: Words = ()
    hosts: Words = ()
    exported: Words = ()
    ranks: Words = ("-n", "{ranks}")
    variables: Mapping[str, str] = field(default_factory=dict)
    together: Mapping[str, str] = field(default_factory=dict)


_OPENMPI_5: Final = Flags(
    bound=("--map-by", "ppr:{each}:node:PE={threads}", "--bind-to", "core"),
    crowded=("--map-by", "ppr:{each}:node:OVERSUBSCRIBE", "--bind-to", "none"),
    remote=("--prtemca", "plm", "ssh", "--prtemca", "plm_ssh_agent", "{agent}"),
    # A job of Slurm may be one task of many cores: a slot is a core. Without this part of mpirun
    # (``ras ^slurm``) its daemons would be started on the first nodes, whichever were asked for.
    hosts=("--prtemca", "ras_slurm_use_entire_allocation", "1", "--host", "{slots}"),
    exported=("-x", "{name}"),
    # The component ofi has nothing to carry within a node, and sleeps for a second whenever it is
    # closed (Open MPI 5.0, btl_ofi_component.c): each launch would take a second more.
    together={"btl": "^ofi"},
)
_OPENMPI_4: Final = replace(
    _OPENMPI_5,
    remote=("--mca", "plm", "rsh", "--mca", "plm_rsh_agent", "{agent}"),
    hosts=("--mca", "ras_slurm_use_entire_allocation", "1", "--host", "{slots}"),
    together={},
)
_MPICH: Final = Flags(
    bound=("-bind-to", "core:{threads}"),
    remote=("-launcher", "rsh", "-launcher-exec", "{shell}"),
    hosts=("-hosts", "{hosts}", "-ppn", "{each}", "-genvall"),
    variables={"HYDRA_LAUNCHER_EXTRA_ARGS": "{options}"},
)
_INTELMPI: Final = replace(
    _MPICH,
    # A domain is counted in hardware threads; the cell keeps two ranks from sharing a core.
    bound=(
        *("-genv", "I_MPI_PIN", "1", "-genv", "I_MPI_PIN_CELL", "core"),
        *("-genv", "I_MPI_PIN_DOMAIN", "{threads}:compact"),
    ),
    crowded=("-genv", "I_MPI_PIN", "0"),
    remote_options=("-bootstrap-exec-args", "{options}"),
    variables={},
)
# Everything that the job was asked for is said again: what srun finds in the variables of a batch
# script may be another geometry's.
_SRUN: Final = Flags(
    bound=("--cpus-per-task={threads}", "--cpu-bind=cores", "--exact"),
    crowded=("--cpus-per-task={threads}", "--cpu-bind=none", "--overcommit"),
    pmi=("--mpi={pmi}",),
    hosts=("--nodelist={hosts}",),
    ranks=(
        *("--nodes={nodes}", "--ntasks={ranks}", "--ntasks-per-node={each}"),
        *("--distribution=block:block", "--overlap", "--export=ALL", "--kill-on-bad-exit=1"),
    ),
)
_TABLE: Final = {
    "openmpi": _OPENMPI_5,
    "mpich": _MPICH,
    "intelmpi": _INTELMPI,
    "slurm": _SRUN,
}


def of(starter: Starter) -> Flags:
    """The words of a starter; of one that is not known, those that all understand."""
    if starter.flavour == "openmpi" and _major(starter.version) < 5:
        return _OPENMPI_4
    return _TABLE.get(starter.flavour, Flags())


def _major(version: str | None) -> int:
    """Of Open MPI; one that does not say it is taken for a new one."""
    first = (version or "").partition(".")[0]
    return int(first) if first.isdecimal() else 5
