"""Anchors of a contract per node, core and watt."""

from __future__ import annotations

from typing import Any

import pytest

from harness.config.cluster import Node
from harness.config.contract import Contract
from harness.errors import ConfigError
from harness.judge.fleet.table import Metric
from harness.reference import anchors

RATE = Metric("dgemm.flop_rate", "flop/s", "higher")
NODE = Node(cores=128, power="1.5 kW")


def anchor(promise: dict[str, Any], node: Node | None = NODE) -> tuple[float, str] | None:
    contract = Contract.model_validate({"source": "offer", "metrics": {RATE.name: promise}})
    found = anchors.of_contract(contract, [RATE], "cluster.yaml: contract", node).get(RATE.name)
    return (found.limit, found.source) if found else None


def test_a_promise_per_core_or_watt_grows_with_the_node() -> None:
    assert anchor({"minimum": "30 GF"}) == (30e9, "offer")
    assert anchor({"minimum": "30 GF", "per": "core"}) == (128 * 30e9, "offer, x 128 cores")
    assert anchor({"minimum": "2 GF", "per": "watt"}) == (3e12, "offer, x 1500 W")


def test_a_promise_of_the_machine_anchors_no_node() -> None:
    assert anchor({"minimum": "1 PF", "per": "machine"}) is None


@pytest.mark.parametrize(("per", "key"), [("core", "cores"), ("watt", "power")])
@pytest.mark.parametrize("node", [None, Node()])
def test_what_a_node_has_must_be_known(node: Node | None, per: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"is promised per {per}") as raised:
        anchor({"minimum": "30 GF", "per": per}, node)
    assert key in raised.value.fix
    assert "cluster.yaml: contract: metrics.dgemm.flop_rate" in str(raised.value)
