"""A real Slurm: slurmctld on the head, slurmd on the nodes, munged on all.

Times are short: a node is given up after 10 s of silence, a job gets 2 s between TERM and KILL, one
that is requeued may start again after 5 s (``cred_expire``; 120 by default). There is no
accounting: `sacct` fails, and ended jobs stay known to `scontrol` and `squeue` for five minutes.

What was found with Slurm 22.05, two nodes of two cores, and Open MPI 5.0.11 of its wheel:

- mpirun starts its daemons by `srun`; the whole environment arrives, with Open MPI 4 as well.
- `srun --mpi=pmix` starts Open MPI 4 and 5, `--mpi=pmi2` MPICH; the other way round each rank is a
  world of its own, or MPI_Init fails (Open MPI 4 with pmi2). Two nodes that share one ``/tmp``
  break pmix ("/tmp/spmix_appdir_...: File exists"): hence a ``/tmp`` for each machine.
- A step inherits SLURM_NTASKS of its job: `srun` needs nodes, ranks, ranks per node and CPUs per
  rank together, or says "More processors requested than permitted".
- mpirun killed by 9: its ranks are gone 0.3 s later, and the job's script goes on.
- A node whose daemon of Open MPI 5 is lost: mpirun ends with status 0, at once.
- `scancel` and `scontrol update state=down`: no rank 0.1 s later. With the node down the job is
  requeued within a second (PENDING, BeginTime).
- slurmd killed: ranks go on; the node is `allocated*` after 8 s, `down*` after 16, and only then
  is the job requeued.
- A time limit is a whole number of minutes, looked at every 30 s.
- Without slurmctld, squeue and scontrol take 8 s to fail. Killed by 9 it forgets jobs younger than
  some 5 s, and slurmd ends their ranks when it is back; ended by TERM it forgets nothing.
"""

from __future__ import annotations

import ctypes
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.cluster.machines import HEAD, NODES, Machine, until

PROGRAMS: Final = ("munged", "slurmctld", "slurmd", "sbatch", "srun")


def obstacle() -> str:
    """Why srun could start no ranks that meet; empty if nothing is amiss."""
    try:
        ctypes.CDLL("libpmix.so")  # by this name Slurm's plug-in loads it
    except OSError as error:
        return f"srun needs it: {error} (apt-get install libpmix-dev)"
    return ""


_CONFIGURATION: Final = """\
ClusterName=laboratory
SlurmctldHost=head
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
JobRequeue=1
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
SlurmctldTimeout=10
SlurmdTimeout=10
MessageTimeout=5
BatchStartTimeout=10
KillWait=2
UnkillableStepTimeout=10
MinJobAge=300
NodeName=node[1-2] CPUs=2 CoresPerSocket=2 RealMemory=1000
PartitionName=cpu Nodes=node[1-2] Default=YES MaxTime=60 DefaultTime=10
PartitionName=short Nodes=node[1-2] MaxTime=1
"""


class Slurm:
    """The daemons, and what an administrator does to them."""

    def __init__(self, folder: Path, machines: Mapping[str, Machine]) -> None:
        self._folder = folder
        self.machines = machines
        self.head = machines[HEAD]

    def start(self) -> None:
        """All daemons; returns when both nodes are idle."""
        for machine in self.machines.values():
            self._munged(machine)
        self.start_controller()
        for name in NODES:
            self.start_node(name)
        self.wait_for_nodes("idle")

    def start_controller(self) -> None:
        """Start slurmctld, which reads what an earlier one has saved."""
        self.head.output("slurmctld")

    def stop_controller(self) -> None:
        """End slurmctld as an administrator does; it saves its state."""
        (controller,) = self.head.processes("slurmctld")
        controller.terminate()
        controller.wait(30)

    def start_node(self, name: str) -> None:
        """Start the slurmd of a node."""
        self.machines[name].output("slurmd", "-N", name)

    def kill_node(self, name: str) -> None:
        """Kill the slurmd of a node; steps and their ranks go on."""
        (daemon,) = self.machines[name].processes("slurmd -N")
        daemon.kill()

    def update(self, name: str, *changes: str) -> None:
        """`scontrol update` of a node."""
        self.head.output("scontrol", "update", f"nodename={name}", *changes)

    def wait_for_nodes(self, state: str, names: Iterable[str] = NODES) -> None:
        """Wait until these nodes are in a state."""
        until(lambda: all(self.state(one) == state for one in names), 60, f"nodes {state}")

    def state(self, node: str) -> str:
        """What sinfo calls the state of a node; empty if it fails."""
        done = self.head.run("sinfo", "--noheader", f"--nodes={node}", "--format=%T")
        return done.stdout.partition("\n")[0]

    def job(self, number: str) -> dict[str, str]:
        """What scontrol knows of a job; empty if it knows none."""
        printed = self.head.run("scontrol", "--oneliner", "show", "job", number).stdout
        return dict(word.split("=", 1) for word in printed.split() if "=" in word)

    def jobs(self) -> list[str]:
        """Ids of the jobs that have not ended."""
        return self.head.output("squeue", "--noheader", "--format=%i").split()

    def clear(self) -> None:
        """Start what has ended, cancel all jobs, and wait until both nodes are idle."""
        if not self.head.processes("slurmctld"):
            self.start_controller()
        for name in NODES:
            if not self.machines[name].processes("slurmd -N"):
                self.start_node(name)
        if self.jobs():
            self.head.output("scancel", "--full", *self.jobs())
        self.wait_for_nodes("idle")

    def _munged(self, machine: Machine) -> None:
        name = self._folder / f"munged-{machine.name}"
        files = {"key": self._folder / "munge.key", "log": f"{name}.log", "seed": f"{name}.seed"}
        machine.output("munged", "--force", *(f"--{k}-file={v}" for k, v in files.items()))


def write(folder: Path) -> None:
    """The configuration and the key, before the machines are made."""
    (folder / "slurm").mkdir()
    (folder / "slurm" / "slurm.conf").write_text(_CONFIGURATION.format(folder=folder))
    (folder / "state").mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
