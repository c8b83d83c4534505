"""Plots of a real run: their numbers are those that the run printed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest


def test_plots_of_a_real_run(qyran: Any) -> None:
    suite = qyran.suite(
        {"kernel": "ladder", "parameters": {"largest": 65536}, "repetitions": 2},
        {"kernel": "hpl", "parameters": {"n": 256}, "repetitions": 2},
        {
            "kernel": "jacobi3d",
            "parameters": {"n": 32},
            "ranks": [1, 2],
            "scaling": "strong",
            "repetitions": 2,
            "launches": 2,
        },
    )
    done = qyran.run(suite)
    cases = {one["kernel"]: one for one in done.json["cases"] if one["ranks"] == 2}
    found = {
        name: _plot(qyran, name)
        for name in ("roofline", "scaling", "imbalance", "hpl-phases", "top500")
    }
    hpl = cases["hpl"]["metrics"]["flop_rate"]
    dot = next(one for one in found["roofline"]["kernels"] if one["kernel"] == "hpl")
    assert dot["flop_rate"] == pytest.approx(hpl["value"])
    assert dot["fraction"] == pytest.approx(hpl["value"] / hpl["bound"])
    peak = next(one for one in found["roofline"]["peaks"] if one["type"] == "float64")
    assert peak["value"] == pytest.approx(hpl["bound"])
    assert found["top500"]["rmax"] == hpl["value"]
    members = found["scaling"]["series"][0]["members"]
    assert [one["efficiency"] for one in members] == [
        one["efficiency"] for one in done.json["scaling"]
    ]
    (solve,) = found["hpl-phases"]["cases"]
    for one in solve["repetitions"]:
        assert sum(one["parts"].values()) == pytest.approx(one["seconds"], rel=0.2)
    columns = [one["columns"] for one in solve["timeline"]["intervals"]]
    nb = cases["hpl"]["parameters"]["nb"]
    assert columns == [*range(nb, 256, nb), 256]
    assert solve["timeline"]["seconds"] in [one["seconds"] for one in solve["repetitions"]]
    assert {one["kernel"] for one in found["imbalance"]["phases"]} == set(cases)


def _plot(qyran: Any, name: str) -> Any:
    """The numbers of a plot; the picture beside them is valid."""
    file = qyran.folder / f"{name}.svg"
    done = qyran("plot", name, "--results", str(qyran.results), "-o", str(file), "--json")
    assert done.rc == 0, done.err
    root = ET.parse(file).getroot()
    assert any(one.get("data-row") for one in root.iter())
    return done.json
