"""What the laboratory is: machines that MPI takes for different ones, under a real Slurm."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.machines import NODES

if TYPE_CHECKING:
    from tests.cluster.slurm import Slurm
    from tests.cluster.user import User

HELLO = """\
from mpi4py import MPI
import numpy
names = MPI.COMM_WORLD.gather(MPI.Get_processor_name())
sum = MPI.COMM_WORLD.allreduce(numpy.full(10**6, 1.0))
if MPI.COMM_WORLD.rank == 0:
    print(*names, sum.max())
"""
BIN = Path(sys.executable).parent


def hello(user: User, *starter: str) -> str:
    (user.folder / "hello.py").write_text(HELLO)
    words = [*starter, str(BIN / "python"), "hello.py"]
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    head = user.machines["head"]
    done = head.run(*words, folder=user.folder, environment=user.variables(**root))
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout.strip()


def test_ranks_over_two_nodes(user: User) -> None:
    expected = "node1 node1 node2 node2 4.0"
    asked = ("--nodes=2", "--ntasks=4", "--ntasks-per-node=2", "--cpus-per-task=1")
    assert hello(user, "salloc", "--quiet", *asked, str(BIN / "mpirun")) == expected
    assert hello(user, "srun", "--mpi=pmix", *asked) == expected
    assert hello(user, str(BIN / "mpirun"), "--host", "node1:2,node2:2") == expected


def test_machines_are_their_own(user: User) -> None:
    for node in NODES:
        machine = user.machines[node]
        assert machine.output("hostname").strip() == node
        (machine.tmp() / "mark").touch()
        assert machine.output("ls", "/tmp/mark").strip() == "/tmp/mark"
        (machine.tmp() / "mark").unlink()
        assert not Path("/tmp/mark").exists()
        assert len(machine.output("ps", "-e").splitlines()) < 15
    assert not any("10.17.0." in one for one in Path("/etc/hosts").read_text().splitlines())


def test_there_is_no_accounting(batch: Slurm) -> None:
    done = batch.head.run("sacct")
    assert done.returncode == 1
    assert "disabled" in done.stderr
