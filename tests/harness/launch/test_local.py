"""The command lines of mpirun, flavour by flavour."""

from __future__ import annotations

import sys

import pytest

from harness.launch.local import command, payload
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
    found = command("/opt/mpirun", flavour, Geometry(1, 6, threads), oversubscribe=oversubscribe)
    assert found == ["/opt/mpirun", *options, "-n", "6"]


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
