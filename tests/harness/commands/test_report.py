"""`qyran report`: what is in the file, what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.report import schema
from harness.report.report_document import ReportDoc
from tests.harness.commands.test_accept import fleet, good
from tests.harness.histories import story
from tests.harness.test_cli import qyran

Said = pytest.CaptureFixture[str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Twelve runs of one case."""
    story(tmp_path / "results").level(12)
    return tmp_path / "results"


def made(monkeypatch: pytest.MonkeyPatch, said: Said, path: Path, *words: str) -> dict[str, Any]:
    """What `--json` prints, held against its schema."""
    assert qyran(monkeypatch, "report", *words, "-o", str(path), "--json") == 0
    found: dict[str, Any] = json.loads(said.readouterr().out)
    jsonschema.validate(found, json.loads(schema.file(ReportDoc).read_text()))
    assert found["bytes"] == path.stat().st_size
    assert found["file"] == str(path)
    return found


def test_without_a_name_it_is_of_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, results: Path
) -> None:
    path = tmp_path / "all.html"
    found = made(monkeypatch, capsys, path, "--results", str(results))
    assert found["sections"] == [
        "summary", "system", "kernels", "history", "runs", "environment", "method",
    ]  # fmt: skip
    assert len(found["history"]["series"][0]["points"]) == 12
    assert len(found["runs"]) == 12
    assert {one["plot"] for one in found["plots"]} >= {"imbalance", "strips"}
    text = path.read_text()
    assert all(f'id="{one}"' in text for one in found["sections"])


def test_of_one_run_or_of_the_history_of_a_kernel_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, results: Path
) -> None:
    path, at = tmp_path / "one.html", ("--results", str(results))
    run = made(monkeypatch, capsys, path, "last", *at)
    assert run["title"] == f"Run {run['run']['run']}"
    assert run["history"] is None
    history = made(monkeypatch, capsys, path, "--history", "stream", *at)
    assert history["sections"] == ["summary", "history", "method"]
    assert history["history"]["kernel"] == "stream"
    assert history["run"] is None


def test_of_an_acceptance_in_one_step_or_in_two(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    measured = str(fleet(tmp_path, good() | {"n07": 270.0}))
    direct, later, document = (tmp_path / one for one in ("a.html", "b.html", "accept.json"))
    assert qyran(monkeypatch, "accept", "--from", measured, "--html", str(direct), "--json") == 1
    document.write_text(capsys.readouterr().out)
    found = made(monkeypatch, capsys, later, "--accept", str(document))
    assert found["sections"] == ["summary", "acceptance", "method", "signature"]
    assert found["accept"]["cells"]["grade"][7] == "r"
    assert len(found["accept"]["cells"]["value"]) == 12
    assert found["accept"]["cells"]["value"][7] == [270e9]
    for one in (direct, later):
        assert "1 node rejected: n07" in one.read_text()


def test_the_report_says_who_was_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, results: Path
) -> None:
    """The runs of a story begin in September 2026, a day apart; time goes on."""
    from harness.commands import report as command

    monkeypatch.setattr(command.time, "time", lambda: 1.79e9 + 40 * 86400.0)
    path = tmp_path / "all.html"
    assert qyran(monkeypatch, "report", "--results", str(results), "-o", str(path)) == 0
    said = capsys.readouterr().out
    assert "no run for 29 days; there was one every 1.0 days" in said
    assert "no run for 29 days" in path.read_text()


def test_a_damaged_file_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, results: Path
) -> None:
    (bad, *_) = sorted(results.glob("lab/*/*.h5"))
    bad.write_bytes(b"no HDF5")
    path = tmp_path / "all.html"
    found = made(monkeypatch, capsys, path, "--history", "--results", str(results))
    assert [one["file"] for one in found["honesty"]["excluded"]] == [str(bad)]
    assert str(bad) in path.read_text()


def test_what_cannot_be_reported_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, results: Path
) -> None:
    empty, out = tmp_path / "empty", str(tmp_path / "x.html")
    for code, words in (
        (2, ("--results", str(empty), "no-such-run")),
        (3, ("--results", str(empty), "--history")),
        (3, ("--results", str(empty))),
        (2, ("--accept", str(tmp_path / "none.json"))),
        (2, ("--results", str(results), "--history", "no-such-kernel")),
    ):
        assert qyran(monkeypatch, "report", *words, "-o", out) == code, words
        assert capsys.readouterr().err.startswith("qyran: ")
    other = tmp_path / "other.json"
    for text, hint in (("{", "is no JSON"), ('{"schema": "qyran.run/1"}', "qyran.run/1"),
                       ('{"schema": "qyran.accept/1"}', "lacks nodes")):  # fmt: skip
        other.write_text(text)
        assert qyran(monkeypatch, "report", "--accept", str(other), "-o", out) == 2
        assert hint in capsys.readouterr().err
    assert not Path(out).exists()
    assert qyran(monkeypatch, "report", "--results", str(results), "-o", "/nowhere/x.html") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_later_version_of_an_acceptance_is_shown_as_far_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    measured = str(fleet(tmp_path, good()))
    assert qyran(monkeypatch, "accept", "--from", measured, "--json") == 0
    document = json.loads(capsys.readouterr().out) | {"from_the_future": 1}
    path = tmp_path / "accept.json"
    path.write_text(json.dumps(document))
    out = str(tmp_path / "x.html")
    assert qyran(monkeypatch, "report", "--accept", str(path), "-o", out) == 0
    assert "from_the_future is of a later version" in capsys.readouterr().err
