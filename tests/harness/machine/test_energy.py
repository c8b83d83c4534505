"""Counters of energy in fake trees: read once each, across a wrap, and null where they are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.machine.energy import contract
from harness.machine.energy.contract import Reading
from harness.machine.tree import Unavailable

Files = dict[str, str]
Plant = Callable[[Files], Path]
RANGE_UJ = 262_143_328_850


def zone(name: str, label: str, energy_uJ: int) -> Files:
    folder = f"/sys/class/powercap/{name}"
    return {
        f"{folder}/name": f"{label}\n",
        f"{folder}/energy_uj": f"{energy_uJ}\n",
        f"{folder}/max_energy_range_uj": f"{RANGE_UJ}\n",
        f"{folder}/constraint_0_power_limit_uw": "200000000\n",
    }


def server(package_uJ: int = 5_000_000, dram_uJ: int = 1_000_000) -> Files:
    """Two packages, of one the memory too; and what shows the same energy once more."""
    return (
        zone("intel-rapl:0", "package-0", package_uJ)
        | zone("intel-rapl:0:0", "core", 4_000_000)
        | zone("intel-rapl:0:1", "dram", dram_uJ)
        | zone("intel-rapl:1", "package-1", package_uJ)
        | zone("intel-rapl:2", "psys", 99_000_000)
        | zone("intel-rapl-mmio:0", "package-0", package_uJ)
    )


def at(reading: Reading, seconds: float) -> Reading:
    return Reading(seconds, reading.values_uJ)


def test_packages_count_once_and_memory_apart(plant: Plant) -> None:
    meter = contract.meter(plant(server()))
    begin = at(meter.read(), 0.0)
    plant(server(package_uJ=155_000_000, dram_uJ=21_000_000))
    used = meter.used(begin, at(meter.read(), 1.0))
    assert used.package_J == pytest.approx(300.0)
    assert used.dram_J == pytest.approx(20.0)
    assert used.window_s == 1.0


def test_a_counter_that_wraps_goes_on(plant: Plant) -> None:
    meter = contract.meter(plant(zone("intel-rapl:0", "package-0", RANGE_UJ - 1_000_000)))
    begin = at(meter.read(), 0.0)
    plant(zone("intel-rapl:0", "package-0", 2_000_000))
    used = meter.used(begin, at(meter.read(), 1.0))
    assert used.package_J == pytest.approx(3.000001)
    assert used.dram_J is None


def test_a_window_in_which_it_may_wrap_twice_is_unknown(plant: Plant) -> None:
    meter = contract.meter(plant(zone("intel-rapl:0", "package-0", 1)))
    begin = at(meter.read(), 0.0)
    with pytest.raises(Unavailable, match="package-0 may have wrapped more than once in 700 s"):
        meter.used(begin, at(begin, 700.0))


def test_a_window_that_is_too_short_for_the_counter_is_unknown(plant: Plant) -> None:
    meter = contract.meter(plant(zone("intel-rapl:0", "package-0", 1)))
    begin = at(meter.read(), 0.0)
    with pytest.raises(Unavailable, match="shorter than"):
        meter.used(begin, at(begin, 0.01))


@pytest.mark.parametrize("broken", ["energy_uj", "max_energy_range_uj"])
@pytest.mark.parametrize("content", [None, "nonsense"])
def test_a_counter_that_cannot_be_read_is_null_with_a_reason(
    plant: Plant, broken: str, content: str | None
) -> None:
    root = plant(server())
    path = root / "sys/class/powercap/intel-rapl:1" / broken
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(Unavailable, match=f"rapl: .*{broken}"):
        contract.meter(root)


def test_a_node_without_counters(plant: Plant) -> None:
    with pytest.raises(Unavailable, match=r"rapl: .*powercap.*none found"):
        contract.meter(plant({"/proc/stat": "x"}))


def test_sources_are_found_by_listing() -> None:
    assert "rapl" in contract.sources()
    assert "contract" not in contract.sources()
