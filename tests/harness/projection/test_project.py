"""`qyran project` as a whole: what is printed, as JSON, and how many nodes a place asks for."""

import json
from pathlib import Path

import pytest

from harness.commands import project
from harness.commands.project import Wanted
from harness.errors import ConfigError
from harness.projection import predict, ratios
from harness.projection.hpl import Network
from harness.projection.machine import Machine
from harness.reference import top500
from harness.report.project_document import ProjectDoc

ROOT = Path(__file__).parents[3]
TAIHULIGHT = ROOT / "docs" / "examples" / "taihulight.yaml"
EMPTY = Path("/nonexistent")


def said(wanted, capsys, results=EMPTY):
    project.project(wanted, results, as_json=True)
    return ProjectDoc.model_validate(json.loads(capsys.readouterr().out))


def test_the_planned_cluster(capsys):
    made = said(Wanted("kaznu", nodes=(64, 128), file=ROOT / "cluster.yaml"), capsys)
    assert [one.nodes for one in made.sizes] == [64, 128]
    small, large = made.sizes
    assert small.rpeak == pytest.approx(64 * 4.608e12)
    assert 0.5 < small.efficiency < 0.95
    assert 1.9 < large.rmax.value / small.rmax.value < 2.02  # 8 x 16 swaps a little less than 8 x 8
    for level in small.rmax.intervals:
        assert level.low < small.rmax.value < level.high
    assert small.rmax.intervals[1].low <= small.rmax.intervals[0].low
    assert small.places.place is None
    assert any("no known processor" in note for note in made.notes)
    sources = {one.name: one.source for one in made.inputs}
    assert sources["latency"] == "typical of InfiniBand HDR"


def test_a_target_is_reached_by_the_nodes_that_are_said(capsys):
    made = said(Wanted("kaznu", places=(500, 100), file=ROOT / "cluster.yaml"), capsys)
    newest = top500.lists()[-1]
    for one in made.targets:
        assert one.rmax == newest.rmax[one.place - 1]
        assert one.fewest < one.nodes < one.most
        again = said(Wanted("kaznu", nodes=(one.nodes,), file=ROOT / "cluster.yaml"), capsys)
        assert again.sizes[0].rmax.value >= one.rmax
        assert again.sizes[0].places.place <= one.place
        assert again.sizes[0].power.value == one.power


def test_taihulight_beside_its_listed_rmax(capsys):
    made = said(Wanted(file=TAIHULIGHT, against="TaihuLight"), capsys)
    found = made.against
    assert (found.nodes, found.listed) == (40960, pytest.approx(93.0145939e15))
    assert found.ratio == pytest.approx(1.0, abs=0.15)
    assert found.inside
    assert made.basis.startswith("all ")  # its sisters are at the same site: none is known


def test_for_people(capsys):
    project.project(Wanted(file=TAIHULIGHT, against="TaihuLight"), EMPTY, as_json=False)
    text = " ".join(capsys.readouterr().out.split())
    for shown in ("93.0 Pflop/s on 40,960 nodes", "without knowing it", "grid 160 x 256",
                  "Pflop/s", "place", "sustained in HPL"):  # fmt: skip
        assert shown in text


def test_a_place_that_no_list_has():
    with pytest.raises(ConfigError, match="--place"):
        project.project(Wanted(file=TAIHULIGHT, places=(501,)), EMPTY, as_json=True)


def machine(**more):
    known = {
        "name": "m", "nodes": 4, "peak": 4e12, "dgemm": None, "memory_B": 2.0**39,
        "bandwidth": 4e11, "triad": None, "power": None, "group": "A64FX", "chip": 0,
        "network": Network(1e-6, 25e9), "ethernet": False, "sources": {},
    }  # fmt: skip
    return Machine(**{**known, **more})


def test_measured_dgemm_is_taken_as_it_is():
    sources = {"dgemm": "dgemm in run r", "power": "cluster.yaml", "triad": "stream in run r"}
    of = predict.model(machine(dgemm=3e12, power=700.0, triad=3e11, sources=sources))
    assert of.node_rate == 3e12
    made = predict.predict(of, 4)
    assert made.rmax.value == pytest.approx(4 * 3e12, rel=0.05)
    assert (made.power.value, made.triad.value) == (2800.0, 1.2e12)
    assert made.power.intervals == {}


def test_more_nodes_than_anybody_has():
    of = predict.model(machine(network=Network(1e-3, 1e6)))
    assert predict.nodes_for(of, 1e19) is None


def test_shares_are_of_published_systems():
    for share in (ratios.triad(), ratios.hpcg(), ratios.per_watt(accelerated=False)):
        low, high = share.intervals[0.80]
        assert low < share.value < high
    assert 0.05 < ratios.hpcg().value < 0.15
    assert ratios.hpcg(without="Fugaku").systems == ratios.hpcg().systems - 1
    assert ratios.per_watt(accelerated=True).value > 3 * ratios.per_watt(accelerated=False).value
