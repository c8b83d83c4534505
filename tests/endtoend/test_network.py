"""Messages between real ranks: measured, recorded with what MPI was told, refused for one rank."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from harness.judge.fleet import links
from harness.record import recorded

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

SMALL = {
    "pingpong": ("--set", "largest=64"),
    "collectives": ("--set", "largest=16"),
    "halo": ("--set", "largest=64"),
    "pairs": ("--set", "message=4096"),
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


def test_every_pair_is_found_in_the_record(qyran: Qyran) -> None:
    done = qyran.run("pairs", "--ranks=3", "--oversubscribe", "--repeat=2", "--set=message=4096")
    assert done.rc == 0, (done.out, done.err)
    (case,) = done.json["cases"]
    path = Path(done.json["path"]) / case["file"]
    found = links.of_record(recorded.read(path, dict))
    host = platform.node()
    assert found.nodes == tuple(f"{host}:{one}" for one in range(3))
    assert found.pairs.ends.tolist() == [[0, 1], [0, 2], [1, 2]]
    table = found.pairs.table
    assert len(table.value) == 2 * 2 * 3  # metrics, repetitions, pairs
    assert np.isfinite(table.value).all()
    slowest = table.value[table.metric == 1].min()
    assert slowest <= case["metrics"]["bandwidth_bandwidth"]["value"] * 1.01

    results = ("--runs", done.json["run"], "--results", str(qyran.results), "--json")
    drawn = qyran("plot", "pairs", *results)
    assert drawn.rc == 0, drawn.err
    assert drawn.json["nodes"] == list(found.nodes)
    judged = qyran("accept", *results)
    assert judged.rc == 4, judged.err  # three are too few to tell one from another
    assert [one["node"] for one in judged.json["nodes"]] == list(found.nodes)


@pytest.mark.parametrize("kernel", ["pingpong", "collectives", "pairs"])
def test_one_rank_is_told_to_be_two(kernel: str, qyran: Qyran) -> None:
    qyran("plan", kernel, "--ranks", "1").complains(2, "ranks", "found 1", "--ranks 2")
