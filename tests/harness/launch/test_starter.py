"""The command lines of mpirun, flavour by flavour."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.launch.starter import Asked, command, payload, program
from harness.plan.case import Geometry


@pytest.mark.parametrize(
    ("flavour", "threads", "oversubscribe", "options"),
    [
        ("openmpi", 1, False, ["--map-by", "slot:PE=1", "--bind-to", "core"]),
        ("openmpi", 4, False, ["--map-by", "slot:PE=4", "--bind-to", "core"]),
        ("openmpi", 4, True, ["--map-by", ":OVERSUBSCRIBE", "--bind-to", "none"]),
        ("mpich", 1, False, ["-bind-to", "core:1"]),
        ("mpich", 4, False, ["-bind-to", "core:4"]),
        ("mpich", 4, True, []),
        ("intelmpi", 4, False, ["-genv", "I_MPI_PIN", "1", "-genv", "I_MPI_PIN_DOMAIN", "4"]),
        ("intelmpi", 4, True, ["-genv", "I_MPI_PIN", "0", "-genv", "I_MPI_PIN_DOMAIN", "4"]),
        ("unknown", 4, False, []),
        ("unknown", 4, True, []),
    ],
)
def test_command(flavour: str, threads: int, oversubscribe: bool, options: list[str]) -> None:
    found = command(
        "/opt/mpirun", flavour, Asked(Geometry(1, 6, threads), oversubscribe=oversubscribe)
    )
    assert found == ["/opt/mpirun", *options, "-n", "6"]


def test_nodes_are_named_with_exact_counts() -> None:
    asked = Asked(Geometry(2, 6, 4), ("a1", "a2"), environment=("OMP_NUM_THREADS",))
    assert command("mpirun", "openmpi", asked) == [
        "mpirun",
        *("--host", "a1:12,a2:12", "--map-by", "ppr:3:node:PE=4", "--bind-to", "core"),
        *("-x", "OMP_NUM_THREADS", "-n", "6"),
    ]
    assert command("mpirun", "mpich", asked)[1:5] == ["-hosts", "a1,a2", "-ppn", "3"]


def test_payload() -> None:
    assert payload("/r/launch 0.json") == [
        sys.executable,
        "-P",
        "-m",
        "mpi4py",
        "-m",
        "harness.measure",
        "/r/launch 0.json",
    ]


def test_what_becomes_a_program_of_others_is_not_started_by_mpi4py() -> None:
    words = program(Path("/results/launch-000/order.json"))
    assert words == [sys.executable, "-P", "-m", "harness.measure.shim", words[-1]]
    assert words[-1] == "/results/launch-000/order.json"
