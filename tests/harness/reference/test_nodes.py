"""Node types: base units, and the CPU names that /proc/cpuinfo prints find theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference import nodes


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("AMD EPYC 7742 64-Core Processor", "2x AMD EPYC 7742"),
        ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "2x Intel Xeon Gold 6148"),
        ("Intel(R) Xeon(R) Platinum 8480+", "2x Intel Xeon Platinum 8480+"),
        ("Intel(R) Xeon(R) CPU Max 9480", "2x Intel Xeon CPU Max 9480"),
        ("AMD EPYC 7V12 64-Core Processor", "Azure HBv2 (AMD EPYC 7V12, Rome)"),
        ("AMD EPYC 9V33X 96-Core Processor", "Azure HBv4 (AMD EPYC 9V33X, Genoa-X)"),
        ("AMD Instinct MI300A Accelerator", "AMD MI300A APU"),
        ("SW26010", "1x SW26010 (Sunway TaihuLight node)"),
        ("SW26010-Pro", "1x SW26010-Pro (OceanLight node)"),
    ],
)
def test_a_cpu_finds_its_node(model, name):
    match = nodes.find(model)
    assert (match.node.name, match.exact) == (name, True)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("AMD EPYC 7713 64-Core Processor", "2x AMD EPYC 7763"),
        ("AMD EPYC 9R14", "2x AMD EPYC 9654"),
        ("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", "2x Intel Xeon Platinum 8280"),
    ],
)
def test_kin_of_the_same_generation_is_not_exact(model, name):
    match = nodes.find(model)
    assert (match.node.name, match.exact) == (name, False)


@pytest.mark.parametrize(
    "model",
    ["", "AMD EPYC", "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz", "NVIDIA H100", "Intel(R) Xeon(R)"],
)
def test_a_stranger_has_no_reference(model):
    assert nodes.find(model) is None


@given(st.text(max_size=40))
def test_any_text_is_answered(model):
    match = nodes.find(model)
    assert match is None or match.node in nodes.nodes()


def test_figures_are_in_base_units():
    rome = nodes.find("AMD EPYC 7742").node
    assert (rome.peak, rome.triad, rome.hpl) == (4.608e12, 293.9e9, 4.005e12)
    assert (rome.devices, rome.cores_per_device, rome.clock) == (2, 64, 2.25e9)
    for node in nodes.nodes():
        assert node.triad is None or 1e11 < node.triad < 1e13
        assert node.peak is None or 1e11 < node.peak < 1e15
        assert node.hpl is None or 1e11 < node.hpl < 1e15


def test_every_measured_figure_names_its_source():
    for node in nodes.nodes():
        assert node.triad is None or node.triad_source
        assert node.hpl is None or node.hpl_source
