"""Memory errors as EDAC counts them, below fake trees of /sys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.machine import edac, frequency
from harness.machine.state import state
from harness.machine.tree import Tree, Unavailable

MC = "/sys/devices/system/edac/mc"
SERVER = {
    f"{MC}/mc0/ce_count": "3\n",
    f"{MC}/mc0/ue_count": "0\n",
    f"{MC}/mc0/dimm0/dimm_label": "CPU1_A1\n",
    f"{MC}/mc0/dimm0/dimm_ce_count": "0\n",
    f"{MC}/mc0/dimm0/dimm_ue_count": "0\n",
    f"{MC}/mc0/dimm1/dimm_label": "CPU1_A2\n",
    f"{MC}/mc0/dimm1/dimm_ce_count": "3\n",
    f"{MC}/mc0/dimm1/dimm_ue_count": "0\n",
    f"{MC}/mc1/ce_count": "4\n",
    f"{MC}/mc1/ue_count": "1\n",
    f"{MC}/mc1/rank5/dimm_label": "\n",
    f"{MC}/mc1/rank5/dimm_ce_count": "4\n",
    f"{MC}/mc1/rank5/dimm_ue_count": "1\n",
}
OLD = {
    f"{MC}/mc0/ce_count": "2\n",
    f"{MC}/mc0/ue_count": "0\n",
    f"{MC}/mc0/csrow0/ch0_ce_count": "0\n",
    f"{MC}/mc0/csrow0/ch1_ce_count": "2\n",
    f"{MC}/mc0/csrow0/ch1_dimm_label": "DIMM_B1\n",
}
Plant = Callable[[dict[str, str]], Path]


def test_errors_of_all_controllers_and_of_each_dimm(plant: Plant) -> None:
    tree = Tree(plant(SERVER))
    assert (edac.corrected(tree), edac.uncorrected(tree)) == (7, 1)
    assert edac.dimms(tree) == {"CPU1_A2": (3, 0), "mc1/rank5": (4, 1)}


def test_drivers_that_know_no_dimms(plant: Plant) -> None:
    assert edac.dimms(Tree(plant(OLD))) == {"DIMM_B1": (2, 0)}


def test_without_edac_nothing_is_known_and_the_reason_is_said(plant: Plant) -> None:
    root = plant({"/proc/loadavg": "0.1 0.2 0.3 1/2 3\n"})
    found = state(root)
    assert (found.memory_corrected, found.memory_uncorrected, found.dimms) == (None, None, {})
    assert found.unknown["memory_corrected"].startswith("no memory controller with EDAC")


def test_they_stand_in_the_state_of_a_node(plant: Plant) -> None:
    found = state(plant(SERVER))
    assert (found.memory_corrected, found.memory_uncorrected) == (7, 1)
    assert found.dimms["CPU1_A2"] == (3, 0)


def test_a_counter_that_is_no_number_is_unknown(plant: Plant) -> None:
    found = state(plant(SERVER | {f"{MC}/mc0/ce_count": "many\n"}))
    assert found.memory_corrected is None
    assert "is no number" in found.unknown["memory_corrected"]


def test_the_clock_is_the_mean_of_all_cores(plant: Plant) -> None:
    cpufreq = "/sys/devices/system/cpu/cpufreq"
    files = {f"{cpufreq}/policy{i}/scaling_cur_freq": f"{1_000_000 * (i + 2)}\n" for i in (0, 1)}
    assert frequency.now_Hz(Tree(plant(files))) == 2.5e9
    shown = {"/proc/cpuinfo": "cpu MHz\t: 2400.5\ncpu MHz\t: 2600.5\n"}
    assert frequency.now_Hz(Tree(plant(shown))) == 2.5005e9
    with pytest.raises(Unavailable, match="shows no clock"):
        frequency.now_Hz(Tree(plant({"/proc/cpuinfo": "processor: 0\n"})))
