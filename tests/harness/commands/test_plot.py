"""`qyran plot` on recorded runs and on files: what is drawn, printed, and refused."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.cli import main as cli
from harness.record import details
from harness.report import schema
from harness.report.plots import listing, render
from harness.report.plots.kinds import hpl_phases
from tests.harness.histories import story

Ask = Callable[..., tuple[int, str, str]]
GOLDEN = Path(__file__).parents[1] / "record" / "golden" / "1.1"
NEWER = GOLDEN.parent / "1.2"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `qyran plot` in a folder of its own; exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)

    def plot(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qyran", "plot", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return plot


def document(out: str) -> Any:
    """The document that was printed, held against its schema."""
    made = json.loads(out)
    model = next(one for one in schema.ALL if schema.identity(one) == made["schema"])
    jsonschema.validate(made, json.loads(schema.file(model).read_text(encoding="utf-8")))
    return made


def test_without_a_name_all_are_listed(ask: Ask) -> None:
    code, out, _ = ask()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:] if line[0] != " "] == list(
        listing.names()
    )
    _, out, _ = ask("--json")
    assert [one["plot"] for one in document(out)["plots"]] == list(listing.names())


def test_a_picture_and_its_numbers(ask: Ask, tmp_path: Path) -> None:
    code, out, _ = ask("top500", "--rate", "93 TF", "-o", "a.svg", "--json")
    assert code == 0
    found = document(out)
    assert found["rmax"] == 93e12
    assert (found["last_led"], found["last_listed"]) == ("2004-11", "2012-11")
    assert ET.parse(tmp_path / "a.svg").getroot().get("width") == "900"
    code, out, _ = ask("top500", "--rate", "93 TF", "-o", "a.png", "--width", "600")
    assert code == 0
    assert out.startswith("a.png: HPL 93.0 Tflop/s (given): no. 1 until November 2004")
    assert (tmp_path / "a.png").read_bytes()[16:20] == (1200).to_bytes(4)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["rooflin", "--json"], "did you mean 'roofline'"),
        (["top500"], "-o top500.svg"),
        (["top500", "-o", "a.pdf"], ".svg, .png"),
        (["top500", "--rate", "much", "--json"], "--rate"),
        (["green500", "--rate", "6 GF", "--json"], "--rate"),
        (["top500", "--rate", "93 TF", "-o", "nowhere/a.svg"], "cannot be written"),
        (["roofline", "--rate", "93 TF", "--json"], "--rate: has no meaning for plot roofline"),
        (["top500", "--kernel", "hpl", "--json"], "--kernel: has no meaning"),
        (["nodes", "--json"], "--from FILE"),
    ],
)
def test_what_cannot_be_drawn_is_refused(ask: Ask, words: list[str], complaint: str) -> None:
    code, _, err = ask(*words)
    assert code == 2
    assert complaint in err


ALWAYS = ("green500", "hpcg", "hpl-mxp")  # the lists are there without a result


@pytest.mark.parametrize(
    "name", [one for one in listing.names() if one not in ("nodes", "pairs", *ALWAYS)]
)
def test_nothing_to_draw_is_not_good(ask: Ask, name: str) -> None:
    code, _, err = ask(name, "--json")
    assert code == 3
    assert "fix: `qyran run" in err


def test_what_is_recorded_of_a_run(ask: Ask, tmp_path: Path) -> None:
    nights = story(tmp_path / "results")
    nights.level(3, launches=2)
    _, out, _ = ask("strips", "--json")
    (strip,) = document(out)["strips"]
    assert [len(launch) for launch in strip["samples"]] == [3, 3]
    assert strip["low"] <= strip["value"] <= strip["high"]
    flat = sorted(value for launch in strip["samples"] for value in launch)
    assert (flat[2] + flat[3]) / 2 == pytest.approx(strip["value"])
    _, out, _ = ask("imbalance", "--json")
    (phase,) = document(out)["phases"]
    assert [one["rank"] for one in phase["ranks"]] == [0, 1]
    assert phase["imbalance"] == pytest.approx(0.0)
    code, _, err = ask("strips", "--kernel", "hpl", "--json")
    assert (code, "known: stream" in err) == (2, True)
    for name in ("roofline", "scaling", "curves", "hpl-phases"):
        code, _, err = ask(name, "--json")
        assert (code, "fix: `qyran run" in err) == (3, True), name


def test_a_history(ask: Ask, tmp_path: Path) -> None:
    story(tmp_path / "results").level(12)
    code, out, _ = ask("history", "--kernel", "stream", "-o", "h.svg", "--json")
    assert code == 0
    (series,) = document(out)["series"]
    dots = [one for one in ET.parse(tmp_path / "h.svg").iter() if one.get("data-row")]
    assert len(dots) == len(series["points"]) == 12


def test_curves_of_an_older_record(ask: Ask) -> None:
    code, out, _ = ask("curves", str(GOLDEN), "--kernel", "pingpong", "-o", "c.svg", "--json")
    assert code == 0
    panel = document(out)["panels"][0]
    assert panel["unit"] == "B"
    assert len(panel["curves"][0]["curve"]["at"]) > 3


def test_a_factorisation_over_its_columns(ask: Ask, tmp_path: Path) -> None:
    code, out, err = ask("hpl-phases", str(NEWER), "-o", "p.svg", "--json")
    assert code == 0, err
    (case,) = document(out)["cases"]
    found = case["timeline"]
    (whole,) = (
        one
        for one in case["repetitions"]
        if (one["launch"], one["repetition"]) == (found["launch"], found["repetition"])
    )
    assert found["seconds"] == pytest.approx(whole["seconds"])
    entries = [*(one["parts"] for one in found["intervals"]), found["after"]]
    for name in ("panel", "broadcast", "swap", "update", "solve"):
        spent = sum(one.get(name, 0.0) for one in entries)
        assert spent == pytest.approx(whole["parts"][name], rel=1e-6)
    assert found["intervals"][-1]["columns"] == case["n"]
    shown = [one for one in ET.parse(tmp_path / "p.svg").iter() if one.get("data-row")]
    assert len(shown) == sum(len(one["parts"]) + 1 for one in found["intervals"])


def test_records_without_a_timeline_have_a_bar_a_repetition() -> None:
    run = details.of_run(NEWER)
    older = replace(run, cases=tuple(replace(one, timeline=None) for one in run.cases))
    found = hpl_phases.numbers(older)
    (case,) = found.cases
    assert case.timeline is None
    assert [(row[1], row[2]) for row in hpl_phases.table(found)[1]] == [
        (one.launch, one.repetition) for one in case.repetitions for _ in one.parts
    ]
    assert "broadcast" in hpl_phases.describe(found)
    root = ET.fromstring(render.svg("hpl-phases", found))
    assert len([one for one in root.iter() if one.get("data-row")]) == 8 * 6


def _fleet(path: Path, *, pairs: bool) -> None:
    lines = ["node,metric,value,unit,better" + (",peer" if pairs else "")]
    for i in range(8):
        if pairs:
            lines += [
                f"n{i},bw,{5 if (i, k) == (1, 2) else 10 + 0.01 * (i + k)},GB/s,higher,n{k}"
                for k in range(i + 1, 8)
            ]
        else:
            name = "<script>" if i == 3 else f"n{i}"
            lines.append(f"{name},triad,{90 if i == 3 else 100 + 0.1 * i},GB/s,higher")
            lines += [f"{name},hpl,{3 + 0.001 * i},Tflop/s,higher"] if i != 5 else []
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_fleet(ask: Ask, tmp_path: Path) -> None:
    _fleet(tmp_path / "f.csv", pairs=False)
    code, out, _ = ask("nodes", "--from", "f.csv", "-o", "n.svg", "--json")
    assert code == 0
    found = document(out)
    worst, missing = found["nodes"][0], found["nodes"][1]
    assert (worst["node"], worst["verdict"]) == ("<script>", "reject")
    assert worst["cells"][0]["sd"] > 8
    assert (missing["node"], missing["cells"][1]["missing"]) == ("n5", True)
    text = (tmp_path / "n.svg").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
    code, _, err = ask("pairs", "--from", "f.csv", "--json")
    assert (code, "column `peer`" in err) == (3, True)


def test_pairs_of_a_fleet(ask: Ask, tmp_path: Path) -> None:
    _fleet(tmp_path / "p.csv", pairs=True)
    code, out, _ = ask("pairs", "--from", "p.csv", "-o", "p.svg", "--json")
    assert code == 0
    (matrix,) = document(out)["matrices"]
    assert len(matrix["pairs"]) == 28
    assert [(one["a"], one["b"]) for one in matrix["slow"]] == [(1, 2)]
    rows = [one.get("data-row") for one in ET.parse(tmp_path / "p.svg").iter()]
    assert len({one for one in rows if one}) == 28
