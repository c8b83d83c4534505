"""What the MPI library says that it was told: read from the real library, in ranks of its own."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from harness.launch.environment import of_ranks
from harness.machine.mpi import find_mpirun, mpi_library
from harness.measure import mpi_settings

ASK = """
import kernels, json
from mpi4py import MPI
MPI.Init()
from harness.measure import mpi_settings
print(json.dumps(mpi_settings.read()))
"""


def asked(**variables: str) -> dict[str, Any]:
    """What one rank reads, in a process of its own: the library learns its settings once."""
    command = [str(find_mpirun().path), "-n", "1", sys.executable, "-P", "-m", "mpi4py", "-c", ASK]
    environment = of_ranks(1, os.environ | variables)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.skipif(mpi_library().flavour != "openmpi", reason="names are those of Open MPI")
def test_what_the_environment_forces_is_seen_by_name() -> None:
    settings = asked(
        OMPI_MCA_coll_tuned_use_dynamic_rules="1",
        OMPI_MCA_coll_tuned_allreduce_algorithm="4",
        OMPI_MCA_coll="^han",
    )
    assert settings["coll_tuned_allreduce_algorithm"] == "ring"
    assert settings["coll_tuned_bcast_algorithm"] == "ignore"
    assert settings["coll"] == "^han"
    assert isinstance(settings["coll_tuned_priority"], int)


def test_this_process_can_be_asked() -> None:
    settings = mpi_settings.read()
    assert settings
    assert all(mpi_settings.KEPT.fullmatch(name) for name in settings)
    assert mpi_settings.read() == settings


def test_a_library_without_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert mpi_settings.read() == {"unknown": "this MPI library has no tool interface"}
