"""Pairs of nodes in the blocks of cluster.yaml: what is judged, printed, drawn and reported."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands import fleet, report
from harness.judge.fleet import file
from harness.report.accept_document import AcceptDoc
from harness.report.html import fleet as html
from tests.bench.fleets import names, switched
from tests.harness.commands.test_accept import Said, document
from tests.harness.test_cli import qyran

CLUSTER = """
schema: qyran.cluster/1
default: ours
clusters:
  ours:
    partitions:
      login: {nodes: 2, hosts: [n0, x1], blocks: {rack: [n0, x1]}}
      cpu:
        nodes: 32
        hosts: n[0-31]
        blocks: {s1: "n[0-7]", s2: "n[8-15]", s3: "n[16-23]", s4: "n[24-31]"}
  other:
    partitions: {all: {nodes: 32}}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with cluster.yaml and all pairs of 32 nodes, in GB/s; two links are slow."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    made = switched(1, {(1, 3): 0.85, (4, 20): 0.85})
    lines = ["node,metric,value,unit,better,peer"]
    for (a, b), value in zip(made.ends.tolist(), made.table.value.tolist(), strict=True):
        lines.append(f"{names(32)[a]},bw,{25 * value},GB/s,higher,{names(32)[b]}")
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_the_blocks_of_the_partition_of_these_nodes_are_taken(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    found = document(monkeypatch, capsys, "--from", "pairs.csv")
    assert found["exit_code"] == 4
    within, across = found["fleet"][0]["kinds"]
    assert (within["kind"], within["n"]) == ("within blocks", 112)
    assert (across["kind"], across["n"]) == ("across blocks", 384)
    assert across["median"] == pytest.approx(17.5e9, rel=0.01)
    lines = {tuple(one["nodes"]): one["line"] for one in found["links"]}
    assert set(lines) == {("n1", "n3"), ("n4", "n20")}
    assert "below other links within blocks, 25" in lines["n1", "n3"]
    assert "below other links across blocks, 17.5" in lines["n4", "n20"]
    (matrix,) = found["pairs"]
    assert matrix["kinds"][0] == "." + 7 * "w" + 24 * "a"


def test_another_cluster_has_no_blocks_and_a_wrong_one_is_named(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    found = document(monkeypatch, capsys, "--from", "pairs.csv", "--cluster", "other")
    assert found["fleet"][0]["kinds"] == found["pairs"][0]["kinds"] == []
    assert qyran(monkeypatch, "accept", "--from", "pairs.csv", "--cluster", "othr") == 2
    assert "other" in capsys.readouterr().err


def test_runs_have_the_blocks_of_the_cluster_that_they_were_measured_on(site: Path) -> None:
    read = file.read(site / "pairs.csv")
    source = fleet.Source(None, "last", site)
    assert set(fleet.blocks(source, read, "ours")) == {"s1", "s2", "s3", "s4"}
    assert fleet.blocks(source, read, "other") == {}
    assert fleet.blocks(source, read, "a cluster that is not there any more") == {}
    assert fleet.blocks(source, replace(read, pairs=None), "ours") == {}


def test_people_read_each_kind_with_its_median(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    assert qyran(monkeypatch, "accept", "--from", "pairs.csv") == 4
    said = " ".join(capsys.readouterr().out.split())
    assert "bw: 112 links within blocks, median 25.0 GB/s" in said
    assert "bw: 384 links across blocks, median 17.5 GB/s" in said


def test_the_report_and_the_plot_hold_links_against_their_kind(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    found = document(monkeypatch, capsys, "--from", "pairs.csv", "--html", "accept.html")
    page = (site / "accept.html").read_text()
    assert "within blocks" in page
    assert "across blocks" in page
    (site / "accept.json").write_text(json.dumps(found))
    assert report.read(site / "accept.json") == AcceptDoc.model_validate(found)
    assert qyran(monkeypatch, "report", "--accept", "accept.json", "-o", "again.html") == 0
    capsys.readouterr()
    assert qyran(monkeypatch, "plot", "pairs", "--from", "pairs.csv", "-o", "p.svg", "--json") == 0
    (drawn,) = json.loads(capsys.readouterr().out)["matrices"]
    assert sorted((one["a"], one["b"]) for one in drawn["slow"]) == [(1, 3), (4, 20)]


def test_a_matrix_is_coloured_by_the_median_of_its_kind(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Among all links, those across would be 30 % behind or those within far ahead."""
    found = AcceptDoc.model_validate(document(monkeypatch, capsys, "--from", "pairs.csv"))
    (block,) = html.matrices(found)
    assert "25.0 GB/s within blocks, 17.5 GB/s across blocks" in block.text[0]
    shades = [[cell.kind for cell in row[1:]] for row in block.tables[0].rows]
    dark = [(a, b) for a, row in enumerate(shades) for b, one in enumerate(row) if one == "z3"]
    assert dark == [(1, 3), (3, 1), (4, 20), (20, 4)]


def test_a_baseline_of_uneven_switches_is_made(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Most links of a node in the smaller switch go across: without blocks they are two groups."""
    blocks = '{large: "n[0-17]", small: "n[18-31]"}'
    lines = [
        f"n{a},bw,{25 + (a + b) % 3 * 0.1 if (a < 18) == (b < 18) else 17.5},GB/s,higher,n{b}"
        for a in range(32)
        for b in range(a)
    ]
    (site / "pairs.csv").write_text("\n".join(["node,metric,value,unit,better,peer", *lines]))
    (site / "cluster.yaml").write_text(re.sub("[{]s1.*[}]", "{}", CLUSTER))
    assert qyran(monkeypatch, "baseline", "make", "--from", "pairs.csv", "--json") == 4
    capsys.readouterr()
    (site / "cluster.yaml").write_text(re.sub("[{]s1.*[}]", blocks, CLUSTER))
    assert qyran(monkeypatch, "baseline", "make", "--from", "pairs.csv", "--json") == 0
    made = json.loads(capsys.readouterr().out)["baseline"]
    assert made["metrics"]["bw"]["median"] == pytest.approx(17.5e9, rel=0.01)
