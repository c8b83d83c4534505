"""`qyran accept`: documents, exit codes, and what a person reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from harness.report import schema
from harness.report.accept_document import AcceptDoc
from tests.harness.test_cli import qyran

HEAD = "node,metric,value,unit,better\n"
Said = pytest.CaptureFixture[str]


def fleet(folder: Path, values: Mapping[str, float | str], repetitions: int = 3) -> Path:
    """Triads of some nodes in GB/s, each value so many times."""
    path = folder / "fleet.csv"
    rows = [f"{node},triad,{value},GB/s,higher\n" for node, value in values.items()]
    path.write_text(HEAD + "".join(rows * repetitions))
    return path


def good(nodes: int = 12) -> dict[str, float | str]:
    return {f"n{i:02}": 300.0 + 0.5 * (i % 3) for i in range(nodes)}


def document(monkeypatch: pytest.MonkeyPatch, said: Said, *words: str) -> dict[str, Any]:
    """What `--json` prints, held against its schema; the exit code is the one it names."""
    code = qyran(monkeypatch, "accept", *words, "--json")
    found: dict[str, Any] = json.loads(said.readouterr().out)
    jsonschema.validate(found, json.loads(schema.file(AcceptDoc).read_text()))
    assert code == found["exit_code"]
    return found


@pytest.mark.parametrize(
    ("bad", "code", "verdict"),
    [(300.0, 0, "accept"), (270.0, 1, "reject"), ("nan", 3, "not tested")],
)
def test_the_exit_code_is_that_of_the_worst_node(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Said,
    tmp_path: Path,
    bad: float | str,
    code: int,
    verdict: str,
) -> None:
    path = fleet(tmp_path, good() | {"n07": bad})
    found = document(monkeypatch, capsys, "--from", str(path))
    assert found["exit_code"] == code
    assert found["counts"][verdict] in (1, 12)
    assert [one["verdict"] for one in found["nodes"] if one["node"] == "n07"] == [verdict]


def test_a_fleet_that_is_too_small_is_undecided(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    found = document(monkeypatch, capsys, "--from", str(fleet(tmp_path, good(4))))
    assert found["exit_code"] == 4
    assert "of the 5 nodes that peers need" in found["nodes"][0]["reason"]
    assert "measure 1 more of the same kind" in found["advice"]


def test_a_lone_node_is_told_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    """Until something is expected of each of its metrics."""
    path = tmp_path / "one.csv"
    path.write_text(HEAD + "n1,triad,300,GB/s,higher\nn1,hpl,3,Tflop/s,higher\n")
    html = tmp_path / "one.html"
    assert qyran(monkeypatch, "accept", "--from", str(path), "--html", str(html)) == 4
    said = " ".join(capsys.readouterr().out.split())
    command = f"qyran accept --from {path} --contract FILE, or --baseline FILE"
    assert said.startswith("1 node, 2 metrics: 1 to be tested again 1 node cannot be judged by")
    assert "else is known of triad, hpl" in said
    assert command in said
    assert command in html.read_text()
    contract = tmp_path / "contract.yaml"
    contract.write_text("metrics: {triad: {minimum: 290 GB/s}}")
    found = document(monkeypatch, capsys, "--from", str(path), "--contract", str(contract))
    assert f"known of hpl. Say what is expected: name it in {contract}," in found["advice"]
    assert "absolute: the contract does not name it" in found["nodes"][0]["reason"]
    contract.write_text("metrics: {triad: {minimum: 290 GB/s}, hpl: {minimum: 2 TF}}")
    found = document(monkeypatch, capsys, "--from", str(path), "--contract", str(contract))
    assert (found["advice"], found["exit_code"]) == ("", 0)


def test_a_node_without_any_value_is_not_told_to_write_a_contract(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    found = document(monkeypatch, capsys, "--from", str(fleet(tmp_path, {"n1": "nan"})))
    assert (found["advice"], found["exit_code"]) == ("", 3)


def test_a_rejection_carries_its_evidence(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    path = fleet(tmp_path, good() | {"n07": 270.0})
    node = document(monkeypatch, capsys, "--from", str(path))["nodes"][7]
    (one,) = node["evidence"]
    assert one["view"] == "peers"
    assert one["value"] == 270e9
    assert one["expected"] == pytest.approx(300e9, rel=0.01)
    assert one["deficit"] == pytest.approx(0.1, abs=0.01)
    assert (one["n"], one["others"]) == (3, 11)
    assert one["sd"] > 10
    assert one["p"] < 0.001
    assert "memory modules" in one["look_first"]
    assert node["reason"] == one["line"]
    assert node["control"] in node["repeat"]
    assert str(path) in node["repeat"]


def test_a_contract_rejects_where_peers_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text("source: annex B\nmetrics:\n  triad: {minimum: 290 GB/s}\n")
    path = fleet(tmp_path, {"a": 300.0, "b": 270.0})
    found = document(monkeypatch, capsys, "--from", str(path), "--contract", str(contract))
    assert [one["verdict"] for one in found["nodes"]] == ["accept", "reject"]
    (one,) = found["nodes"][1]["evidence"]
    assert (one["view"], one["expected"], one["source"]) == ("absolute", 290e9, "annex B")
    assert "6.9 % below annex B, 290 GB/s" in one["line"]


def test_a_contract_may_name_a_figure_of_the_node_type(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(
        "node: AMD EPYC 7763\nmetrics:\n  triad: {reference: bandwidth, fraction: 0.7}\n"
    )
    path = fleet(tmp_path, {"a": 350.0, "b": 100.0})
    found = document(monkeypatch, capsys, "--from", str(path), "--contract", str(contract))
    assert [one["verdict"] for one in found["nodes"]] == ["accept", "reject"]
    assert "0.7 x bandwidth of" in found["nodes"][1]["evidence"][0]["source"]


def test_what_is_promised_or_expected_and_not_there_never_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text("metrics:\n  hpl: {minimum: 3 TF}\n")
    path = str(fleet(tmp_path, good()))
    found = document(monkeypatch, capsys, "--from", path, "--contract", str(contract))
    assert found["counts"]["not tested"] == 12
    found = document(monkeypatch, capsys, "--from", path, "--nodes", "n[00-12]")
    assert found["counts"] == {"accept": 12, "reject": 0, "re-test": 0, "not tested": 1}
    assert found["nodes"][12]["node"] == "n12"
    assert "has no value" in found["nodes"][12]["reason"]


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        ("metrics: {triad: {maximum: 3}}", "metrics.triad: a maximum is promised"),
        ("metrics: {triad: {minimum: 3 TF}}", "metrics.triad: '3 TF' is no quantity in B/s"),
        ("metrics: {triad: {minimum: 3, maximum: 4}}", "give one of minimum, maximum"),
        ("metrics: {triad: {minimal: 3}}", "unknown key 'minimal'; did you mean 'minimum'"),
        ("metrics: {triad: {reference: triad}}", "is no known type"),
        ("node: EPYC 7763\nmetrics: {triad: {reference: hpl}}", "is in flop/s, triad is not"),
        ("metrics: {}", "metrics"),
    ],
)
def test_a_contract_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, contract: str, message: str
) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(contract)
    measured = str(fleet(tmp_path, good()))
    assert qyran(monkeypatch, "accept", "--from", measured, "--contract", str(path)) == 2
    said = capsys.readouterr().err
    assert "contract.yaml" in said
    assert message in said


def test_the_csv_has_a_row_for_each_node_and_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    path = fleet(tmp_path, good() | {"n07": 270.0, "n08": "nan"})
    table = tmp_path / "out.csv"
    qyran(monkeypatch, "accept", "--from", str(path), "--csv", str(table))
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [one["verdict"] for one in rows[6:9]] == ["accept", "reject", "not tested"]
    assert float(rows[7]["peers_deficit"]) == pytest.approx(0.1, abs=0.01)
    assert rows[8]["value"] == rows[8]["peers_verdict"] == rows[7]["absolute_verdict"] == ""
    assert qyran(monkeypatch, "accept", "--from", str(path), "--csv", str(tmp_path)) == 2


def test_junit_has_a_test_for_each_node_and_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    path = fleet(tmp_path, good() | {"n07": 270.0, "n08": "nan"})
    xml = tmp_path / "out.xml"
    qyran(monkeypatch, "accept", "--from", str(path), "--junit", str(xml))
    suite = ElementTree.parse(xml).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("12", "1", "1")
    failure = suite.find("testcase[@classname='n07']/failure")
    assert failure is not None
    assert "below the median of 10 peers" in str(failure.get("message"))


def test_pairs_name_a_slow_node_and_a_slow_link(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    """Each pair in both directions, which are one link."""
    path = tmp_path / "pairs.csv"
    rows = [
        f"n{a:02},p2p,{_bandwidth(a, b)},GB/s,higher,n{b:02}\n"
        for a in range(12)
        for b in range(12)
        if a != b
    ]
    path.write_text("node,metric,value,unit,better,peer\n" + "".join(rows))
    found = document(monkeypatch, capsys, "--from", str(path))
    words = {one["node"]: one["verdict"] for one in found["nodes"]}
    assert words == {f"n{i:02}": "accept" for i in range(12)} | {
        "n04": "reject",
        "n07": "re-test",
        "n10": "re-test",
    }
    (link,) = found["links"]
    assert link["nodes"] == ["n07", "n10"]
    assert link["verdict"] == "reject"
    assert "slow link to n10 (20.0 %)" in found["nodes"][7]["evidence"][0]["line"]
    assert qyran(monkeypatch, "accept", "--from", str(path)) == 1
    assert "p2p n07 - n10" in capsys.readouterr().out


def _bandwidth(a: int, b: int) -> float:
    return 25.0 * (0.9 if 4 in (a, b) else 1.0) * (0.8 if {a, b} == {7, 10} else 1.0)


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("a,p,1,GB/s,higher,a\n", "pairs.csv:2: peer"),
        (" ,p,1,GB/s,higher,a\n", "pairs.csv:2: node"),
        ("a,p,1,GB/s,higher,\na,p,1,GB/s,higher,b\n", "'p' is of nodes and of pairs"),
    ],
)
def test_pairs_that_are_none_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, rows: str, where: str
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("node,metric,value,unit,better,peer\n" + rows)
    assert qyran(monkeypatch, "accept", "--from", str(path)) == 2
    assert where in capsys.readouterr().err


def test_a_person_reads_the_rejected_first_and_the_accepted_as_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    nodes = {f"n{i:03}": 300.0 for i in range(500)} | {"n250": 250.0, "n100": 200.0}
    assert qyran(monkeypatch, "accept", "--from", str(fleet(tmp_path, nodes))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "500 nodes, 1 metric: 498 accepted, 2 rejected"
    assert [one for one in lines if one.startswith("✗")] == ["✗ n100", "✗ n250"]
    assert len(lines) < 20


def test_a_fleet_that_nobody_can_judge_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    nodes = {f"n{i:02}": 300.0 if i % 2 else 270.0 for i in range(40)}
    assert qyran(monkeypatch, "accept", "--from", str(fleet(tmp_path, nodes))) == 4
    said = capsys.readouterr().out
    assert "(40 nodes)" in said
    assert "bimodal: 20 of 40 nodes are 10.0 % behind the other 20" in said
    assert "--contract" in said
    assert len(said.splitlines()) < 12


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("-5", "no value: found -5e+09 B/s, which is below 0"),
        ("0", "found 0 B/s, and a rate of 0 is no measurement"),
        ("inf", "found inf B/s, which is no number"),
        ("nan", "n07 triad: its only repetition has no value metric"),
    ],
)
def test_a_number_that_is_no_measurement_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, value: str, said: str
) -> None:
    path = fleet(tmp_path, good() | {"n07": value}, repetitions=1)
    assert qyran(monkeypatch, "accept", "--from", str(path)) == 3
    assert said in " ".join(capsys.readouterr().out.split())


def test_nobody_is_said_to_be_better_where_nothing_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    path = fleet(tmp_path, dict.fromkeys(good(), -1.0))
    assert qyran(monkeypatch, "accept", "--from", str(path)) == 3
    assert "better than the main group" not in capsys.readouterr().out


@pytest.mark.parametrize("contract", [False, True])
def test_a_value_in_another_unit_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, contract: bool
) -> None:
    """Neither a thousand times too large nor too small; a node twice as fast does."""
    terms = tmp_path / "contract.yaml"
    terms.write_text("metrics: {triad: {minimum: 290 GB/s}}")
    words = ("--contract", str(terms)) if contract else ()
    path = fleet(tmp_path, good() | {"n07": 300e3, "n08": 0.3, "n09": 600.0})
    found = document(monkeypatch, capsys, "--from", str(path), *words)
    assert [one["verdict"] for one in found["nodes"][7:10]] == ["re-test", "reject", "accept"]
    for at in (7, 8):
        assert "times what is expected: is its unit right?" in found["nodes"][at]["reason"]


@pytest.mark.parametrize(
    ("promised", "measured"),
    [
        ("errors: {maximum: 1000}", "errors,1,1,lower"),
        ("triad: {minimum: 1}", "triad,300,GB/s,higher"),
    ],
)
def test_what_is_promised_may_be_wide(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, promised: str, measured: str
) -> None:
    """Nothing is too good for a contract."""
    terms = tmp_path / "contract.yaml"
    terms.write_text(f"metrics: {{{promised}}}")
    path = tmp_path / "fleet.csv"
    path.write_text(f"{HEAD}n1,{measured}\n")
    found = document(monkeypatch, capsys, "--from", str(path), "--contract", str(terms))
    assert found["counts"]["accept"] == 1


def test_names_that_differ_in_case_alone_are_noted(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    path = fleet(tmp_path, good() | {"N07": 300.0})
    assert qyran(monkeypatch, "accept", "--from", str(path)) == 0
    assert "N07 and n07 differ in case alone" in capsys.readouterr().err


def test_a_name_is_text_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    """Markup of HTML, XML and of the terminal's own."""
    evil = "<script>alert(1)</script>[bold]&"
    path = fleet(tmp_path, good() | {evil: 200.0})
    html, xml = tmp_path / "a.html", tmp_path / "a.xml"
    words = ("--html", str(html), "--junit", str(xml))
    assert qyran(monkeypatch, "accept", "--from", str(path), *words) == 1
    assert f"✗ {evil}" in capsys.readouterr().out
    assert "<script>alert" not in html.read_text()
    names = [one.get("classname") for one in ElementTree.parse(xml).getroot()[0]]
    assert evil in names
