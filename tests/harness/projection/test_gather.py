"""What is known of a machine, and from where: measured, given, of the node table, or missing."""

import pytest

from harness.config.cluster import Network, Node, Partition
from harness.errors import ConfigError
from harness.projection import evidence, gather
from harness.projection.gather import Known

GIB = 2**30
NODE = Node(memory=512 * GIB, flop_rate_peak=4.608e12, bandwidth_peak=409.6e9)


def partition(node=NODE, interconnect="InfiniBand HDR", network=None, nodes=64):
    return Partition(nodes=nodes, node=node, interconnect=interconnect, network=network)


def machine(of, known=None, memory_B=None):
    return gather.machine("test", of, known or Known(), memory_B, "cluster.yaml: test")


def test_cluster_yaml_alone():
    made = machine(partition())
    assert (made.peak, made.memory_B, made.bandwidth) == (4.608e12, 512 * GIB, 409.6e9)
    assert (made.network.latency, made.network.bandwidth) == (1.0e-6, 24e9)
    assert made.sources["latency"] == "typical of InfiniBand HDR"
    assert (made.group, made.accelerated, made.ethernet, made.dgemm) == ("", False, False, None)


def test_a_given_network_counts_before_its_name():
    made = machine(partition(network=Network(latency=2e-6, bandwidth=20e9)))
    assert (made.network.latency, made.network.bandwidth) == (2e-6, 20e9)
    assert made.sources["bandwidth"] == "cluster.yaml"


def test_the_node_table_fills_what_is_not_given():
    made = machine(partition(Node(model="AMD EPYC 7742 64-Core Processor", memory=512 * GIB)))
    assert (made.peak, made.triad) == (4.608e12, 293.9e9)
    assert made.group == "AMD EPYC, Zen 1 and 2"
    assert "node table" in made.sources["peak"]


def test_accelerated_nodes_are_of_their_own_group():
    node = Node(model="2x Xeon 8558, 8x NVIDIA H200", memory=2**41, flop_rate_peak=436e12)
    assert machine(partition(node)).group == evidence.ACCELERATED


def test_ethernet_is_a_class_of_its_own():
    assert machine(partition(interconnect="25G Ethernet")).ethernet
    assert not machine(partition(interconnect="Slingshot-11")).ethernet


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (partition(Node(memory=GIB)), "neither the peak of a node is given"),
        (partition(Node(flop_rate_peak=1e12)), "the memory of a node is not given"),
        (partition(interconnect=None), r"network: \{latency: 1.2 us, bandwidth: 25 GB/s\}"),
        (partition(interconnect="carrier pigeon"), "interconnect: 'carrier pigeon'"),
    ],
)
def test_what_is_missing_is_said_with_a_fix(of, said):
    with pytest.raises(ConfigError, match=said):
        machine(of)


def record(kernel, nodes=1, **metrics):
    values = {name: {"value": value} for name, value in metrics.items()}
    return {"kernel": kernel, "run": f"run-{kernel}", "nodes": nodes, "metrics": values,
            "parameters": {"dtype": "float64"}}  # fmt: skip


def test_measured_figures_count_first():
    records = [
        record("pingpong", nodes=2, one_way_8_latency=1.5e-6, one_way_1048576_bandwidth=11e9),
        record("pingpong", nodes=1, one_way_8_latency=3e-7, one_way_1048576_bandwidth=5e9),
        record("dgemm", star_flop_rate=3.0e12),  # half of the node: the other run is the node's
        record("dgemm", star_flop_rate=3.9e12),
        record("dgemm", nodes=2, star_flop_rate=9e12),
        record("stream", triad_bandwidth=300e9),
        {**record("dgemm", star_flop_rate=8e12), "parameters": {"dtype": "float32"}},
    ]
    made = machine(partition(), gather.measured(records))
    assert (made.dgemm, made.triad) == (3.9e12, 300e9)
    assert (made.network.latency, made.network.bandwidth) == (1.5e-6, 11e9)
    assert made.sources["dgemm"] == "dgemm in run run-dgemm"
