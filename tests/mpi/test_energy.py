"""The first rank of each node reads its counters, before and after all ranks are timed."""

from __future__ import annotations

from pathlib import Path

import pytest
from mpi4py import MPI

from harness.measure.energy import Gauge


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with one package, the same for all ranks: they are on one node."""
    comm = MPI.COMM_WORLD
    mine = tmp_path_factory.mktemp("node") if comm.rank == 0 else None
    shared = Path(comm.bcast(mine))
    if comm.rank == 0:
        _put(shared, 1_000_000)
        (shared / "sys/class/powercap/intel-rapl:0/name").write_text("package-0\n")
        (shared / "sys/class/powercap/intel-rapl:0/max_energy_range_uj").write_text("9000000\n")
    comm.Barrier()
    return shared


def _put(root: Path, micro_J: int) -> None:
    zone = root / "sys/class/powercap/intel-rapl:0"
    zone.mkdir(parents=True, exist_ok=True)
    (zone / "energy_uj").write_text(f"{micro_J}\n")


def test_a_node_is_read_once_whatever_its_ranks(root: Path) -> None:
    comm = MPI.COMM_WORLD
    gauge = Gauge(comm, "n1", root)
    assert gauge.active
    assert [one["source"] for one in gauge.about] == (["rapl"] if comm.rank == 0 else [])
    joules: list[float | None] = []
    for step in (1, 2):
        gauge.begin()
        comm.Barrier()
        if comm.rank == comm.size - 1:  # the last one works longest
            _put(root, 1_000_000 + step * 2_500_000)
        joules.append(gauge.end())
        assert gauge.window_s() > 0.0
        comm.Barrier()
    found = gauge.gathered(joules)
    assert found == ([[2.5], [2.5]] if comm.rank == 0 else [])


def test_a_reading_that_fails_is_not_zero(root: Path) -> None:
    comm = MPI.COMM_WORLD
    gauge = Gauge(comm, "n1", root)
    gauge.begin()
    comm.Barrier()
    if comm.rank == 0:
        (root / "sys/class/powercap/intel-rapl:0/energy_uj").unlink()
    comm.Barrier()
    found = gauge.gathered([gauge.end()])
    assert found == ([[None]] if comm.rank == 0 else [])


def test_without_counters_nothing_is_done(root: Path) -> None:
    gauge = Gauge(MPI.COMM_WORLD, "n1", root / "nowhere")
    assert not gauge.active
    gauge.begin()
    assert (gauge.end(), gauge.window_s(), gauge.gathered([None])) == (None, 0.0, [])
    if MPI.COMM_WORLD.rank == 0:
        assert "rapl: " in gauge.about[0]["unknown"]
