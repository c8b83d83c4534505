"""Messages between real ranks: measured, recorded with what MPI was told, refused for one rank."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

SMALL = {
    "pingpong": ("--set", "largest=64"),
    "collectives": ("--set", "largest=16"),
    "halo": ("--set", "largest=64"),
}


@pytest.mark.parametrize("kernel", SMALL)
def test_a_kernel_of_the_network_is_measured(kernel: str, qyran: Qyran) -> None:
    forced = {"OMPI_MCA_coll": "^han"}
    done = qyran.run(kernel, *SMALL[kernel], "--ranks", "2", "--repeat", "2", **forced)
    assert done.rc == 0, (done.out, done.err)
    (case,) = done.json["cases"]
    assert case["check"]["error"] == 0.0
    assert case["check"]["passed"]
    latency = [one for name, one in case["metrics"].items() if name.endswith("_latency")]
    assert latency
    assert all(one["unit"] == "s" and 0.0 < one["value"] < 1.0 for one in latency)
    with h5py.File(Path(done.json["path"]) / case["file"]) as file:
        (settings,) = json.loads(file["entry/placement/mpi_settings/data"][()])
    assert settings["coll"] == "^han"


@pytest.mark.parametrize("kernel", ["pingpong", "collectives"])
def test_one_rank_is_told_to_be_two(kernel: str, qyran: Qyran) -> None:
    qyran("plan", kernel, "--ranks", "1").complains(2, "ranks", "found 1", "--ranks 2")
