"""Counters of energy: which are there, what they count, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.machine.energy import meter
from harness.machine.tree import Unavailable

POWERCAP = "sys/class/powercap"
HWMON = "sys/class/hwmon/hwmon3"


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def zone(root: Path, number: str, name: str, micro_J: int, most: int = 262_143_328_850) -> None:
    put(root, f"{POWERCAP}/intel-rapl:{number}/name", name)
    put(root, f"{POWERCAP}/intel-rapl:{number}/energy_uj", str(micro_J))
    put(root, f"{POWERCAP}/intel-rapl:{number}/max_energy_range_uj", str(most))


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """Two sockets with their memory, cores, the platform, and the same package through MMIO."""
    zone(tmp_path, "0", "package-0", 5_000_000)
    zone(tmp_path, "0:0", "core", 3_000_000)
    zone(tmp_path, "0:1", "dram", 1_000_000)
    zone(tmp_path, "1", "package-1", 7_000_000)
    zone(tmp_path, "1:0", "dram", 2_000_000)
    zone(tmp_path, "2", "psys", 90_000_000)
    put(tmp_path, f"{POWERCAP}/intel-rapl-mmio:0/name", "package-0")
    put(tmp_path, f"{POWERCAP}/intel-rapl-mmio:0/energy_uj", "5000000")
    return tmp_path


def test_packages_and_memory_are_counted_once(node: Path) -> None:
    found = meter.found(node)
    assert found.source == "rapl"
    assert sorted(found.domains) == ["dram-0", "dram-1", "package-0", "package-1"]
    assert sum(found.read()) == pytest.approx(5 + 1 + 7 + 2)


def test_what_was_used_is_the_difference(node: Path) -> None:
    found = meter.found(node)
    before = found.read()
    zone(node, "0", "package-0", 65_000_000)
    zone(node, "0:1", "dram", 4_500_000)
    assert found.between_J(before, found.read(), 0.1) == pytest.approx(60 + 3.5)


def test_a_counter_that_wrapped_around(tmp_path: Path) -> None:
    zone(tmp_path, "0", "package-0", 999_000_000, most=1_000_000_000)
    found = meter.found(tmp_path)
    before = found.read()
    zone(tmp_path, "0", "package-0", 2_000_000, most=1_000_000_000)
    assert found.between_J(before, found.read(), 0.1) == pytest.approx(3.0)


def test_a_window_in_which_it_may_have_wrapped_twice_is_not_believed(node: Path) -> None:
    found = meter.found(node)
    before = found.read()
    assert found.between_J(before, before, 200.0) == 0.0
    with pytest.raises(Unavailable, match="wrapped around twice in 300 s"):
        found.between_J(before, before, 300.0)  # 1000 W, where no limit is known
    for number in ("0", "0:1", "1", "1:0"):
        limit = f"{POWERCAP}/intel-rapl:{number}/constraint_0_power_limit_uw"
        put(node, limit, "200000000")
    assert meter.found(node).between_J(before, before, 600.0) == 0.0


def test_a_counter_that_vanishes_is_not_zero(node: Path) -> None:
    found = meter.found(node)
    (node / POWERCAP / "intel-rapl:1" / "energy_uj").unlink()
    with pytest.raises(Unavailable, match="energy_uj: No such file"):
        found.read()


@pytest.mark.parametrize("text", ["", "soon"])
def test_a_counter_without_a_number_is_not_zero(node: Path, text: str) -> None:
    put(node, f"{POWERCAP}/intel-rapl:0/energy_uj", text)
    with pytest.raises(Unavailable, match="no number"):
        meter.found(node)


def test_sockets_of_a_hardware_monitor(tmp_path: Path) -> None:
    for i, label in enumerate(("Esocket0", "Ecore000", "Esocket1"), start=1):
        put(tmp_path, f"{HWMON}/energy{i}_label", label)
        put(tmp_path, f"{HWMON}/energy{i}_input", str(i * 10**6))
    found = meter.found(tmp_path)
    assert (found.source, found.domains) == ("hwmon", ("package-0", "package-1"))
    assert sum(found.read()) == pytest.approx(4.0)
    with pytest.raises(Unavailable, match="went back"):
        found.between_J((5.0, 5.0), (4.0, 5.0), 1.0)


def test_the_finer_of_two_sources_is_read(node: Path) -> None:
    put(node, f"{HWMON}/energy1_label", "Esocket0")
    put(node, f"{HWMON}/energy1_input", "1")
    assert meter.found(node).source == "rapl"


def test_without_counters_every_source_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        meter.found(tmp_path)
    assert [one.partition(":")[0] for one in str(caught.value).split("; ")] == list(meter.names())


def test_a_platform_alone_is_no_package(tmp_path: Path) -> None:
    zone(tmp_path, "0", "psys", 1)
    with pytest.raises(Unavailable, match="no package"):
        meter.found(tmp_path)
