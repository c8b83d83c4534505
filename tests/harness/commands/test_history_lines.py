"""What is kept of each series: the same is shown with and without it, whatever has happened."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main as cli
from harness.commands import history
from harness.record import index, library
from harness.report import history as view
from tests.harness.histories import Story, story

Ask = Callable[..., tuple[int, str]]
Asked = list[library.Selection]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "results"


@pytest.fixture
def nights(results: Path) -> Story:
    """Two series: one steady, one that became slower."""
    other = story(results, given={"n": 8192})
    other.level(12)
    first = story(results)
    first.level(12)
    first.level(3, 1.1)
    return first


@pytest.fixture
def ask(results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `qyran history` as a person does; its exit code and text."""

    def asked(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["qyran", "history", *words, "--results", str(results)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert isinstance(caught.value.code, int)
        return caught.value.code, capsys.readouterr().out

    return asked


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The selections whose runs are read."""
    found: Asked = []
    real = library.find

    def noted(results: Path, wanted: library.Selection) -> library.Found:
        found.append(wanted)
        return real(results, wanted)

    monkeypatch.setattr(history.library, "find", noted)
    return found


def kept(results: Path) -> list[Path]:
    return sorted(index.file(results).parent.glob("*.history.json"))


def without(results: Path, ask: Ask, *words: str) -> tuple[int, str]:
    """What is said if nothing was kept."""
    for one in kept(results):
        one.unlink()
    return ask(*words)


@pytest.mark.parametrize("words", [(), ("stream",), ("--metric", "copy_bandwidth")])
def test_the_second_time_nothing_is_judged(
    nights: Story, ask: Ask, looked_up: Asked, words: tuple[str, ...]
) -> None:
    first = ask(*words)
    assert looked_up
    looked_up.clear()
    assert ask(*words) == first
    drawn = 2 if "stream" in words else 0
    assert len(looked_up) == drawn


def more(nights: Story) -> None:
    nights.level(4, 1.1)


def fewer(nights: Story) -> None:
    for one in sorted(nights.results.glob("*/*"))[-2:]:
        shutil.rmtree(one)


def a_series_less(nights: Story) -> None:
    for one in sorted(nights.results.glob("*/*"))[12:]:
        shutil.rmtree(one)


def damaged(nights: Story) -> None:
    path = sorted(nights.results.glob("*/*/*.h5"))[3]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:5000])
    library.find(nights.results, library.Selection())  # which notices it


def an_event(nights: Story) -> None:
    text = "schema: qyran.events/1\nevents: [{date: 2026-10-04, title: BIOS, new_level: true}]\n"
    (nights.results / "events.yaml").write_text(text)


def nonsense(nights: Story) -> None:
    for one in kept(nights.results):
        one.write_text('[["stream-1", "", "1 2 3", {"kernel": 7}], [1]]')


def cut_off(nights: Story) -> None:
    for one in kept(nights.results):
        one.write_bytes(one.read_bytes()[:700])


def deleted_index(nights: Story) -> None:
    index.forget(nights.results)


HAPPENS = [more, fewer, a_series_less, damaged, an_event, nonsense, cut_off, deleted_index]


@pytest.mark.parametrize("happens", HAPPENS, ids=lambda one: one.__name__)
def test_what_is_kept_changes_no_answer(
    nights: Story, ask: Ask, results: Path, happens: Callable[[Story], None]
) -> None:
    before = ask(), ask("stream")
    happens(nights)
    after = ask(), ask("stream")
    assert after[0] == without(results, ask)
    assert after[1] == without(results, ask, "stream")
    seen = happens in (more, fewer, a_series_less, damaged, an_event)
    assert (after != before) is seen


def test_only_the_series_that_has_changed_is_judged_again(
    nights: Story, ask: Ask, looked_up: Asked
) -> None:
    ask()
    looked_up.clear()
    nights.add(1.1)
    ask()
    (one,) = looked_up
    assert one.series == next(iter(library.find(nights.results, one).cases)).series


def test_other_code_judges_anew(
    nights: Story, ask: Ask, looked_up: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask()
    looked_up.clear()
    monkeypatch.setattr(history.history_lines, "_code", lambda: "of another version")
    ask()
    assert looked_up


def test_where_nothing_can_be_kept_it_is_judged_each_time(
    nights: Story, ask: Ask, results: Path, looked_up: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ask()
    without(results, ask)
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    looked_up.clear()
    assert ask() == expected
    assert ask() == expected
    assert len(looked_up) == 4


def test_a_kernel_uses_what_the_overview_kept_and_the_other_way_round(
    nights: Story, ask: Ask, looked_up: Asked
) -> None:
    ask("stream")
    looked_up.clear()
    ask()
    assert not looked_up


def test_what_was_said_on_other_grounds_is_forgotten(
    nights: Story, ask: Ask, results: Path
) -> None:
    for i in range(12):
        text = f"schema: qyran.events/1\nevents: [{{date: 2026-10-0{1 + i % 9}, title: t{i}}}]\n"
        (results / "events.yaml").write_text(text)
        ask()
    assert len(kept(results)) == 8


def test_of_many_series_those_to_look_at_first_are_drawn(results: Path, ask: Ask) -> None:
    for i in range(8):
        of = story(results, given={"n": 1024 * (i + 1)})
        of.level(12)
        of.level(3, 1.1 if i == 5 else 1.0)
    code, said = ask("stream")
    assert code == 4
    assert said.count("is better:") == view.DRAWN == 6
    assert "n=6144" in said.split("is better:")[1]
    assert "2 more series, drawn with --all" in said
    assert ask("stream", "--all")[1].count("is better:") == 8
