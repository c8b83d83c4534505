"""`qyran history` on recorded runs: what is shown, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.cli import main as cli
from harness.commands import confirm
from harness.outcome import Outcome
from harness.record.library import Selection, find
from harness.report import history as view
from harness.report.history_document import HistoryDoc
from tests.harness.histories import BEGIN, DAY_S, Story, story

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def nights(results: Path) -> Story:
    return story(results)


@pytest.fixture
def ask(results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `qyran history --json`; its exit code and document."""

    def history(*words: str) -> tuple[int, Any]:
        line = ["qyran", "history", *words, "--json", "--results", str(results)]
        monkeypatch.setattr(sys, "argv", line)
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        assert isinstance(code, int)
        return code, json.loads(capsys.readouterr().out)

    return history


def day(number: int) -> str:
    return datetime.fromtimestamp(BEGIN + number * DAY_S, UTC).strftime("%Y-%m-%d")


def only(document: Any) -> Any:
    assert len(document["series"]) == 1
    return document["series"][0]


def states(document: Any) -> list[str]:
    return [row["status"] for row in only(document)["segments"]]


def test_no_data_is_not_good(ask: Ask) -> None:
    code, document = ask("stream")
    assert code == 3
    assert document["series"] == []


def test_few_runs_are_not_judged(nights: Story, ask: Ask) -> None:
    nights.level(9)
    code, document = ask("stream")
    assert code == 4
    assert (only(document)["judged"], states(document)) == (False, ["too few"])


def test_a_steady_series(nights: Story, ask: Ask) -> None:
    nights.level(20)
    code, document = ask("stream")
    found = only(document)
    assert (code, found["status"], states(document)) == (0, "steady", ["steady"])
    assert found["noise"] == pytest.approx(0.01, rel=0.5)
    assert found["machine"] == "Testor 9000"
    assert len(found["points"]) == 20
    assert {point["segment"] for point in found["points"]} == {0}


def test_a_slower_level_is_suspect_and_a_re_measurement_settles_it(nights: Story, ask: Ask) -> None:
    nights.level(20)
    nights.level(3, 1.08)
    code, document = ask("stream")
    assert (code, states(document)) == (4, ["steady", "suspect"])
    row = only(document)["segments"][1]
    assert row["change"] == pytest.approx(1 / 1.08 - 1.0, abs=0.02)
    assert row["worse"]
    run = nights.add(1.08, launches=5, confirms=row["suspicion"])
    code, document = ask("stream")
    assert (code, states(document)) == (1, ["steady", "confirmed"])
    assert only(document)["segments"][1]["evidence"] == [run]
    assert only(document)["points"][-1]["role"] == "again"


def test_a_refuted_suspect_is_shown_with_the_run(nights: Story, ask: Ask) -> None:
    nights.level(20)
    nights.level(3, 1.08)
    name = only(ask("stream")[1])["segments"][1]["suspicion"]
    run = nights.add(1.0, launches=5, confirms=f"s-other {name}")
    code, document = ask("stream")
    assert (code, states(document)) == (0, ["steady", "refuted"])
    assert only(document)["segments"][1]["evidence"] == [run]


def test_a_neighbour_of_a_re_measurement_is_a_run_like_any_other(nights: Story, ask: Ask) -> None:
    nights.level(12)
    nights.add(confirms="s-ffffffff")
    assert only(ask("stream")[1])["points"][-1]["role"] == "level"


def test_a_fixed_regression_stays_listed(nights: Story, ask: Ask) -> None:
    for level in (1.0, 1.1, 1.0):
        nights.level(14, level)
    code, document = ask("stream")
    assert (code, states(document)) == (0, ["steady", "fixed", "confirmed"])
    assert not only(document)["segments"][2]["worse"]


def test_faster_is_no_regression(nights: Story, ask: Ask) -> None:
    nights.level(20)
    nights.level(14, 0.9)
    assert ask("stream")[0] == 0


def test_other_software_is_a_mark_and_said_at_the_change(nights: Story, ask: Ask) -> None:
    nights.level(12)
    nights.level(12, software="5.0.8")
    nights.level(12, 1.1, software="5.0.9", commit="b" * 40)
    found = only(ask("stream")[1])
    assert [(mark["kind"], mark["point"]) for mark in found["marks"]] == [
        ("software", 12), ("software", 24),
    ]  # fmt: skip
    assert len(found["segments"]) == 2
    assert "Open MPI 5.0.8 -> Open MPI 5.0.9" in found["segments"][1]["with"]
    assert "commit aaaaaaaaa -> bbbbbbbbb" in found["segments"][1]["with"]


def test_only_verified_numbers_count(nights: Story, ask: Ask) -> None:
    nights.level(12)
    nights.add(outcome=Outcome.KILLED)
    found = only(ask("stream")[1])
    assert len(found["points"]) == 12
    assert found["gaps"][0]["reason"] == "killed: a rank was killed by SIGKILL"


def test_other_hardware_is_another_series(nights: Story, ask: Ask) -> None:
    nights.level(12)
    nights.level(12, 1.5, hardware="f" * 16)
    code, document = ask("stream")
    assert code == 0
    assert len(document["series"]) == 2


def test_a_known_event_explains_a_step(nights: Story, ask: Ask, results: Path) -> None:
    nights.level(15)
    nights.level(15, 1.2)
    assert ask("stream")[0] == 1
    event = f"schema: qyran.events/1\nevents:\n  - {{date: {day(15)}, title: new BIOS"
    (results / "events.yaml").write_text(f"{event}}}\n")
    assert ask("stream")[0] == 1  # known, but no other level was expected
    (results / "events.yaml").write_text(f"{event}, new_level: true}}\n")
    code, document = ask("stream")
    assert (code, states(document)) == (0, ["steady", "steady"])
    assert only(document)["segments"][1]["reason"] == "after: new BIOS"
    (results / "events.yaml").write_text(f"{event}, new_level: true, hosts: [other*]}}\n")
    assert ask("stream")[0] == 1


@pytest.mark.parametrize(("verdict", "code"), [("accept", 0), ("reject", 4)])
def test_people_decide(nights: Story, ask: Ask, tmp_path: Path, verdict: str, code: int) -> None:
    nights.level(20)
    nights.level(5, 1.1)
    name = only(ask("stream")[1])["segments"][1]["suspicion"]
    said = f"{{suspicion: {name}, verdict: {verdict}, by: Aru, reason: it is so}}"
    file = tmp_path / "known.yaml"
    file.write_text(f"schema: qyran.events/1\ndecisions: [{said}]\n")
    found, document = ask("stream", "--events", str(file))
    assert found == code  # what is rejected and stays is suspected anew
    row = only(document)["segments"][1]
    assert (row["status"], row["reason"]) == (f"{verdict}ed", "Aru: it is so")


def test_a_damaged_file_is_skipped_aloud(nights: Story, ask: Ask, results: Path) -> None:
    nights.level(14)
    path = sorted(results.glob("*/*/*.h5"))[3]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:5000])
    _, document = ask("stream")
    assert [one["file"] for one in document["skipped"]] == [str(path)]
    assert len(only(document)["points"]) == 13


def test_the_display_begins_later_and_the_judgement_does_not(nights: Story, ask: Ask) -> None:
    nights.level(20)
    nights.level(12, 1.1)
    whole, part = ask("stream")[1], ask("stream", "--since", day(20))[1]
    assert only(part)["points"] == [{**point, "segment": 0} for point in only(whole)["points"][20:]]
    assert only(part)["segments"] == only(whole)["segments"][1:]
    assert ask("stream", "--since", day(99))[0] == 3


def test_the_points_as_csv(nights: Story, ask: Ask, tmp_path: Path) -> None:
    nights.level(12)
    file = tmp_path / "points.csv"
    _, document = ask("stream", "--csv", str(file))
    lines = file.read_text().splitlines()
    assert len(lines) == 13
    assert repr(only(document)["points"][0]["value"]) in lines[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("strem",), "did you mean 'stream'"),
        (("stream", "--metric", "triad"), "unknown metric 'triad'"),
        (("stream", "--since", "tomorrow"), "write 2026-11-20"),
    ],
)
def test_mistakes_are_explained(nights: Story, ask: Ask, words: tuple[str, ...], said: str) -> None:
    nights.level(2)
    code, document = ask(*words)
    assert code == 2
    assert said in document["found"] + document["known"]


def test_confirm_refuses_other_hardware(nights: Story, ask: Ask) -> None:
    nights.level(20)
    nights.level(3, 1.1)
    code, document = ask("stream", "--confirm")
    assert code == 3
    assert "other hardware" in document["found"]


def test_a_re_measurement_begins_with_other_nodes(nights: Story, results: Path) -> None:
    nights.level(1)
    (case,) = find(results, Selection()).cases
    suspects = [replace(case, hosts=("c1", "c3")), replace(case, hosts=("c3",))]
    hosts = ("c1", "c2", "c3", "c4")
    assert confirm.others_first(hosts, suspects) == ("c2", "c4", "c1", "c3")
    assert confirm.others_first(hosts, []) == hosts


def test_another_metric(nights: Story, ask: Ask) -> None:
    nights.level(12)
    assert only(ask("stream", "--metric", "copy_bandwidth")[1])["metric"] == "copy_bandwidth"


def text(document: Any, render: Callable[[HistoryDoc], Any]) -> str:
    console = Console(width=80, highlight=False, markup=False, emoji=False)
    with console.capture() as said:
        console.print(render(HistoryDoc.model_validate(document)))
    return said.get()


def test_what_a_person_sees_fits_80_columns(nights: Story, ask: Ask, results: Path) -> None:
    nights.level(20)
    nights.add(1.6)
    nights.level(10)
    nights.level(3, 1.08)
    other = story(results, given={"n": 8192})
    other.level(12)
    _, document = ask()
    said = text(document, view.overview)
    assert max(len(line) for line in said.splitlines() if "->" not in line) <= 80
    first, second = said.splitlines()[2:4]
    assert first.startswith("? suspect")
    assert second.startswith("= steady")
    assert "silent" in said
    said = text(ask("stream")[1], view.full)
    assert max(len(line) for line in said.splitlines() if "->" not in line) <= 80
    assert sum(line.partition("|")[2].count("?") for line in said.splitlines()) == 3
    assert any("v" in line.partition("|")[2] for line in said.splitlines())  # the spike
    assert "qyran history --confirm stream" in said


def test_a_long_history_is_drawn_in_sixty_columns(nights: Story, ask: Ask) -> None:
    nights.level(130)
    lines = view.drawn(HistoryDoc.model_validate(ask("stream")[1]).series[0])
    widths = {len(line.plain.partition("|")[2]) for line in lines}
    assert max(widths) <= 60
