"""The command lines that start ranks, starter by starter: one machine and several, bound or not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from harness.launch import mca
from harness.launch.starter import Asked, command, module, payload, program, variables
from harness.machine.mpi import Flavour, Mpirun
from harness.plan.case import Geometry


def found(flavour: Flavour, version: str | None, pmi: str = "") -> Mpirun:
    return Mpirun(Path("/opt/bin/mpirun"), flavour, version, "configured", pmi)


OPENMPI_5 = found("openmpi", "5.0.11")
OPENMPI_4 = found("openmpi", "4.1.4")
MPICH = found("mpich", "5.0.2")
INTELMPI = found("intelmpi", "2021.18.1")
SRUN = found("slurm", "22.05.8", "pmix")
UNKNOWN = found("unknown", None)

HERE = Asked(Geometry(1, 6, 4))
HERE_CROWDED = Asked(Geometry(1, 6, 4), oversubscribe=True)
NODES = Asked(Geometry(2, 6, 4), ("a1", "a2"), environment=("PATH", "OMP_NUM_THREADS"))
NODES_CROWDED = Asked(Geometry(2, 6, 4), ("a1", "a2"), oversubscribe=True, options=("--verbose",))
AGENT = Asked(Geometry(2, 2, 1), ("a1", "a2"), agent=("/opt/ssh", "-p", "2222"))

PINNED = "-genv I_MPI_PIN 1 -genv I_MPI_PIN_CELL core -genv I_MPI_PIN_DOMAIN"
NAMED_5 = "--prtemca ras_slurm_use_entire_allocation 1 --host"
NAMED_4 = "--mca ras_slurm_use_entire_allocation 1 --host"
STEP = "--distribution=block:block --overlap --export=ALL --kill-on-bad-exit=1"


@pytest.mark.parametrize(
    ("starter", "asked", "words"),
    [
        (OPENMPI_5, HERE, "--map-by ppr:6:node:PE=4 --bind-to core -n 6"),
        (OPENMPI_5, HERE_CROWDED, "--map-by ppr:6:node:OVERSUBSCRIBE --bind-to none -n 6"),
        (
            OPENMPI_5,
            NODES,
            f"{NAMED_5} a1:3,a2:3 --map-by ppr:3:node:PE=4 --bind-to core -x PATH "
            "-x OMP_NUM_THREADS -n 6",
        ),
        (
            OPENMPI_5,
            NODES_CROWDED,
            f"{NAMED_5} a1:3,a2:3 --map-by ppr:3:node:OVERSUBSCRIBE --bind-to none --verbose -n 6",
        ),
        (
            OPENMPI_5,
            AGENT,
            f"--prtemca plm ssh --prtemca plm_ssh_agent '/opt/ssh -p 2222' {NAMED_5} a1:1,a2:1 "
            "--map-by ppr:1:node:PE=1 --bind-to core -n 2",
        ),
        (OPENMPI_4, HERE, "--map-by ppr:6:node:PE=4 --bind-to core -n 6"),
        (OPENMPI_4, HERE_CROWDED, "--map-by ppr:6:node:OVERSUBSCRIBE --bind-to none -n 6"),
        (
            OPENMPI_4,
            NODES,
            f"{NAMED_4} a1:3,a2:3 --map-by ppr:3:node:PE=4 --bind-to core -x PATH "
            "-x OMP_NUM_THREADS -n 6",
        ),
        (
            OPENMPI_4,
            NODES_CROWDED,
            f"{NAMED_4} a1:3,a2:3 --map-by ppr:3:node:OVERSUBSCRIBE --bind-to none --verbose -n 6",
        ),
        (
            OPENMPI_4,
            AGENT,
            f"--mca plm rsh --mca plm_rsh_agent '/opt/ssh -p 2222' {NAMED_4} a1:1,a2:1 "
            "--map-by ppr:1:node:PE=1 --bind-to core -n 2",
        ),
        (MPICH, HERE, "-bind-to core:4 -n 6"),
        (MPICH, HERE_CROWDED, "-n 6"),
        (MPICH, NODES, "-hosts a1,a2 -ppn 3 -genvall -bind-to core:4 -n 6"),
        (MPICH, NODES_CROWDED, "-hosts a1,a2 -ppn 3 -genvall --verbose -n 6"),
        (
            MPICH,
            AGENT,
            "-launcher rsh -launcher-exec /opt/ssh -hosts a1,a2 -ppn 1 -genvall -bind-to core:1 "
            "-n 2",
        ),
        (INTELMPI, HERE, f"{PINNED} 4:compact -n 6"),
        (INTELMPI, HERE_CROWDED, "-genv I_MPI_PIN 0 -n 6"),
        (INTELMPI, NODES, f"-hosts a1,a2 -ppn 3 -genvall {PINNED} 4:compact -n 6"),
        (
            INTELMPI,
            NODES_CROWDED,
            "-hosts a1,a2 -ppn 3 -genvall -genv I_MPI_PIN 0 --verbose -n 6",
        ),
        (
            INTELMPI,
            AGENT,
            "-launcher rsh -launcher-exec /opt/ssh -bootstrap-exec-args '-p 2222' "
            f"-hosts a1,a2 -ppn 1 -genvall {PINNED} 1:compact -n 2",
        ),
        (
            SRUN,
            HERE,
            "--mpi=pmix --cpus-per-task=4 --cpu-bind=cores --exact "
            f"--nodes=1 --ntasks=6 --ntasks-per-node=6 {STEP}",
        ),
        (
            SRUN,
            HERE_CROWDED,
            "--mpi=pmix --cpus-per-task=4 --cpu-bind=none --overcommit "
            f"--nodes=1 --ntasks=6 --ntasks-per-node=6 {STEP}",
        ),
        (
            SRUN,
            NODES,
            "--mpi=pmix --nodelist=a1,a2 --cpus-per-task=4 --cpu-bind=cores --exact "
            f"--nodes=2 --ntasks=6 --ntasks-per-node=3 {STEP}",
        ),
        (
            found("slurm", "22.05.8"),
            NODES_CROWDED,
            "--nodelist=a1,a2 --cpus-per-task=4 --cpu-bind=none --overcommit --verbose "
            f"--nodes=2 --ntasks=6 --ntasks-per-node=3 {STEP}",
        ),
        (UNKNOWN, HERE, "-n 6"),
        (UNKNOWN, NODES_CROWDED, "--verbose -n 6"),
    ],
)
def test_command(starter: Mpirun, asked: Asked, words: str) -> None:
    assert command(starter, asked) == ["/opt/bin/mpirun", *shlex.split(words)]


def test_words_of_a_user_stay_whole() -> None:
    """Nothing is split, and nothing in braces is filled in, that was not written in the table."""
    asked = Asked(
        Geometry(1, 1, 1), ("n{ranks};x y",), agent=("/a b/{hosts}",), options=("--o={pmi} $(id)",)
    )
    words = command(MPICH, asked)
    assert "n{ranks};x y" in words
    assert "/a b/{hosts}" in words
    assert "--o={pmi} $(id)" in words


@pytest.mark.parametrize(
    ("starter", "options"),
    [(MPICH, "-p 2222"), (INTELMPI, None), (OPENMPI_5, None), (SRUN, None)],
)
def test_variables(starter: Mpirun, options: str | None) -> None:
    made = variables(starter, AGENT)
    assert made.get("HYDRA_LAUNCHER_EXTRA_ARGS") == options
    assert made["OMP_NUM_THREADS"] == "1"
    assert "HYDRA_LAUNCHER_EXTRA_ARGS" not in variables(starter, NODES)


@pytest.mark.parametrize(
    ("starter", "asked", "told"),
    [
        (OPENMPI_5, HERE, "^ofi"),
        (OPENMPI_5, HERE_CROWDED, "^ofi"),
        (OPENMPI_5, NODES, None),
        (OPENMPI_4, HERE, None),
        (MPICH, HERE, None),
        (SRUN, HERE, None),
    ],
)
def test_what_has_nothing_to_carry_within_a_node_is_not_opened(
    starter: Mpirun, asked: Asked, told: str | None, nobody: None
) -> None:
    assert variables(starter, asked).get("OMPI_MCA_btl") == told


def test_what_the_user_says_of_it_stays(nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_MCA_btl", "self,sm")
    assert variables(OPENMPI_5, HERE)["OMPI_MCA_btl"] == "self,sm"


def test_what_a_file_says_of_it_stays(
    nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".openmpi").mkdir()
    (tmp_path / ".openmpi" / "mca-params.conf").write_text("btl = self,sm\n")
    assert "OMPI_MCA_btl" not in variables(OPENMPI_5, HERE)


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this user nor this machine says anything to Open MPI."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OMPI_MCA_btl", raising=False)
    monkeypatch.setattr(mca, "SITE", tmp_path / "none")


def test_payload() -> None:
    words = [sys.executable, "-P", "-m", "mpi4py", "-m", "harness.measure", "/r/launch 0.json"]
    assert payload("/r/launch 0.json") == words
    assert module("harness.measure", "/r/launch 0.json") == words


def test_what_becomes_a_program_of_others_is_not_started_by_mpi4py() -> None:
    words = program(Path("/results/launch-000/order.json"))
    assert words == [sys.executable, "-P", "-m", "harness.measure.shim", words[-1]]
    assert words[-1] == "/results/launch-000/order.json"
