"""From a contract to the absolute anchors of what was measured, in base units."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.config.cluster import Node
from harness.config.contract import Contract, Promise
from harness.errors import ConfigError
from harness.judge.fleet.table import Metric
from harness.judge.fleet.views import Anchor
from harness.reference import nodes

_UNITS: Final = {"core": "cores", "watt": "W"}


def of_contract(
    contract: Contract, metrics: Iterable[Metric], path: Path | str, node: Node | None = None
) -> dict[str, Anchor]:
    """An anchor for each metric that is promised of nodes.

    path : of the contract, or where in cluster.yaml it stands; node : of the cluster, for what is
    promised of a core or a watt. ConfigError names the key of what does not fit.
    """
    measured = {one.name: one for one in metrics}
    return {
        name: _anchor(contract, promise, measured[name], f"{path}: metrics.{name}", node)
        for name, promise in contract.of_nodes.items()
        if name in measured
    }


def _anchor(
    contract: Contract, promise: Promise, metric: Metric, where: str, node: Node | None
) -> Anchor:
    if promise.better != metric.better:
        raise ConfigError(
            where,
            f"a {'maximum' if promise.better == 'lower' else 'minimum'} is promised of a metric "
            f"that is better {metric.better}",
        )
    if promise.reference:
        return _of_table(contract, promise, metric, where)
    try:
        limit = promise.limit(metric.unit)
    except ValueError as error:
        raise ConfigError(where, str(error)) from error
    source = promise.source or contract.source or path_of(where)
    if promise.per == "node":
        return Anchor(limit, source)
    count, key = _of_node(promise, node)
    if count is None:
        raise ConfigError(
            where,
            f"is promised per {promise.per}, and how many a node has is not known",
            fix=f"give `{key}` of the node in cluster.yaml",
        )
    return Anchor(count * limit, f"{source}, x {count:g} {_UNITS[promise.per]}")


def _of_node(promise: Promise, node: Node | None) -> tuple[float | None, str]:
    """How many cores or watts a node has, and the key that says it."""
    if promise.per == "core":
        return node.cores if node else None, "cores"
    return node.power if node else None, "power"


def path_of(where: str) -> str:
    """The file of a place in it."""
    return where.partition(":")[0]


def _of_table(contract: Contract, promise: Promise, metric: Metric, where: str) -> Anchor:
    found = nodes.find(contract.node or "")
    if found is None:
        known = ", ".join(one.name for one in nodes.nodes() if one.kind in nodes.CPU_KINDS)
        raise ConfigError(
            where, f"node {contract.node!r} is no known type", known, "set `node:` to a CPU model"
        )
    value = getattr(found.node, str(promise.reference))
    unit = "B/s" if promise.reference in ("triad", "bandwidth") else "flop/s"
    if value is None or unit != metric.unit:
        why = "has no such figure" if value is None else f"is in {unit}, {metric.name} is not"
        raise ConfigError(where, f"{promise.reference} of {found.node.name} {why}")
    part = "" if promise.fraction == 1.0 else f"{promise.fraction:g} x "
    near = "" if found.exact else ", the nearest known type"
    return Anchor(promise.fraction * value, f"{part}{promise.reference} of {found.node.name}{near}")
