"""What is read from one line of a list: the network, the chips, whether there are accelerators."""

import pytest

from harness.reference import features


@pytest.mark.parametrize(
    ("text", "network", "chip", "accelerated"),
    [
        ("Sunway TaihuLight - Sunway MPP, Sunway SW26010 260C 1.45GHz, Sunway",
         "Sunway", "Sunway SW26010", False),
        ("TH-IVB-FEP Cluster, Intel Xeon E5-2692 12C 2.200GHz, TH Express-2, Intel Xeon Phi 31S1P",
         "TH Express", "Xeon Phi card", True),
        ("Cray XC40, Intel Xeon Phi 7250 68C 1.4GHz, Aries interconnect",
         "Aries, Gemini", "Xeon Phi", False),
        ("ThinkSystem SD650, Xeon Platinum 8480+ 56C 2GHz, Infiniband NDR200",
         "InfiniBand", "Intel Xeon Scalable, Max", False),
        ("HPE Cray XD670, Xeon Platinum 8468 48C 2.1GHz, NVIDIA H200, Infiniband NDR400",
         "InfiniBand", "NVIDIA H100, H200", True),
        ("SX-Aurora TSUBASA B401-8, Vector Engine Type20B 8C 1.6GHz, Infiniband HDR200",
         "InfiniBand", "NEC vector", False),
        ("Supercomputer Fugaku, A64FX 48C 2.2GHz, Tofu interconnect D",
         "Tofu", "Fujitsu A64FX", False),
        ("HPE Cray EX235a, AMD Optimized 3rd Generation EPYC 64C 2GHz, AMD Instinct MI250X, "
         "Slingshot-11", "Slingshot", "AMD MI250, MI210", True),
        ("Cluster, Xeon E5-2670 8C 2.6GHz, 10G Ethernet", "Ethernet", "Intel Xeon", False),
        ("a machine of which nothing is said", "unknown", "unknown", False),
    ],
)  # fmt: skip
def test_a_line_of_a_list(text, network, chip, accelerated):
    assert features.NETWORKS[features.network(text)] == network
    assert features.CHIPS[features.chip(text)] == chip
    assert features.accelerated(features.chip(text)) is accelerated


def test_stored_numbers_are_one_byte():
    assert max(len(features.NETWORKS), len(features.CHIPS)) < 128
