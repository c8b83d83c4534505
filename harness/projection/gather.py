"""From cluster.yaml, the node table and measurements to a machine that can be projected.

For each figure the first that is known counts: measured on a node of this cluster, given in
cluster.yaml, that of the node type in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.config.cluster import Partition
from harness.errors import ConfigError
from harness.projection import evidence
from harness.projection.hpl import Network
from harness.projection.machine import Machine
from harness.reference import families, features, networks
from harness.reference import nodes as node_types
from harness.reference.nodes import Match

_SMALL: Final = "one_way_8_latency"
_LARGE: Final = "one_way_1048576_bandwidth"
_GIVEN: Final = "cluster.yaml"


@dataclass
class Known:
    """Figures and where they come from, by name; the first that is told counts."""

    values: dict[str, float] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def tell(self, name: str, value: float | None, source: str) -> None:
        """Add a figure, if it is one and none was told before."""
        if value is not None and name not in self.values:
            self.values[name], self.sources[name] = value, source

    def most(self, name: str, value: float | None, source: str) -> None:
        """Add a rate, or take it in place of a lower one: of a part of a node, say."""
        if value is not None and value > self.values.get(name, 0.0):
            self.values[name], self.sources[name] = value, source


def measured(records: Iterable[Mapping[str, Any]]) -> Known:
    """What records, newest first, say of one node and of its network.

    dgemm : flop/s, and triad : B/s, the most that the ranks of a node did at once; latency : s, and
    bandwidth : B/s, of the newest one_way between nodes.
    """
    known = Known()
    for record in records:
        source = f"{record['kernel']} in run {record['run']}"
        metrics = record["metrics"]
        match record["kernel"]:
            case "dgemm" if record["nodes"] == 1 and record["parameters"]["dtype"] == "float64":
                known.most("dgemm", _value(metrics, "star_flop_rate"), source)
            case "stream" if record["nodes"] == 1:
                known.most("triad", _value(metrics, "triad_bandwidth"), source)
            case "pingpong" if record["nodes"] > 1:
                known.tell("latency", _value(metrics, _SMALL), source)
                known.tell("bandwidth", _value(metrics, _LARGE), source)
            case _:
                pass
    return known


def _value(metrics: Mapping[str, Any], name: str) -> float | None:
    found = metrics.get(name)
    return float(found["value"]) if found else None


def machine(
    name: str, partition: Partition, found: Known, memory_B: int | None, where: str
) -> Machine:
    """The machine that a partition describes; ConfigError says what is not known.

    memory_B : of a node as detected, for a cluster that does not say; where : place of the errors.
    """
    node = partition.node
    for figure, value in {
        "peak": node.flop_rate_peak, "memory": node.memory, "stream_peak": node.bandwidth_peak,
        "power": node.power,
    }.items():  # fmt: skip
        found.tell(figure, value, _GIVEN)
    match = node_types.find(node.model) if node.model else None
    if match is not None:
        _of_table(found, match)
    found.tell("memory", memory_B, "detected here")
    _require(found, where)
    link, ethernet = _network(partition, found, where)
    text = f"{node.model or ''} {match.node.name if match and match.exact else ''}"
    chip = features.chip(text)
    return Machine(
        name=name,
        nodes=partition.nodes,
        peak=found.values.get("peak"),
        dgemm=found.values.get("dgemm"),
        memory_B=found.values["memory"],
        bandwidth=found.values.get("stream_peak"),
        triad=found.values.get("triad"),
        power=found.values.get("power"),
        group=_group(text, chip),
        chip=chip,
        network=link,
        ethernet=ethernet,
        sources=found.sources,
    )


def _of_table(found: Known, match: Match) -> None:
    near = "" if match.exact else ", the nearest known type"
    source = f"{match.node.name}{near} (node table)"
    found.tell("peak", match.node.peak, source)
    found.tell("stream_peak", match.node.bandwidth, source)
    found.tell("triad", match.node.triad if match.exact else None, source)


def _group(text: str, chip: int) -> str:
    """Whose sustained part it has: that of accelerated nodes, of its generation, or '' of all."""
    if features.accelerated(chip):
        return evidence.ACCELERATED
    family = families.family(text)
    return "" if family == families.OTHER else family


def _require(found: Known, where: str) -> None:
    if "peak" not in found.values and "dgemm" not in found.values:
        raise ConfigError(
            where,
            "neither the peak of a node is given, nor was dgemm measured on one",
            fix="set node.flop_rate_peak or a node.model of the node table, or `qyran run dgemm`",
        )
    if "memory" not in found.values:
        raise ConfigError(where, "the memory of a node is not given", fix="set node.memory")


def _network(partition: Partition, found: Known, where: str) -> tuple[Network, bool]:
    """The network, and whether it is Ethernet: measured, given, or by its name."""
    text = partition.interconnect or ""
    known = networks.find(text)
    ethernet = known is not None and networks.ETHERNET in known.name
    if partition.network is not None:
        found.tell("latency", partition.network.latency, _GIVEN)
        found.tell("bandwidth", partition.network.bandwidth, _GIVEN)
    if known is not None:
        source = f"typical of {known.name}"
        found.tell("latency", known.latency, source)
        found.tell("bandwidth", known.bandwidth, source)
    if not {"latency", "bandwidth"} <= set(found.values):
        raise ConfigError(
            where,
            f"latency and bandwidth of the network are not known (interconnect: {text!r})",
            known="interconnect: " + ", ".join(one.name for one in networks.known()),
            fix="set network: {latency: 1.2 us, bandwidth: 25 GB/s}, or `qyran run pingpong`",
        )
    return Network(found.values["latency"], found.values["bandwidth"]), ethernet
