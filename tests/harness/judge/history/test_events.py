"""events.yaml: what is known, and errors that name the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.judge.history.events import Event, load, time_of

WHOLE = """\
schema: qyran.events/1
events:
  - date: 2026-10-02
    title: GPU driver 570
    cluster: lab*
    hosts: [node1*, node2]
    kernel: stream
    new_level: true
decisions:
  - {suspicion: s-12345678, verdict: reject, by: Aru, reason: a broken fan}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "events.yaml"
    path.write_text(text)
    return path


def test_no_file_is_no_event(tmp_path: Path) -> None:
    assert load(None, tmp_path).events == []


def test_a_file_that_is_given_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml", tmp_path)


def test_the_file_of_the_results_is_found(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    found = load(None, tmp_path)
    assert found.events[0].date == time_of("2026-10-02T00:00")
    assert found.events[0].new_level
    said = found.decided["s-12345678"]
    assert (said.accepted, said.by, said.reason) == (False, "Aru", "a broken fan")


@pytest.mark.parametrize(
    ("where", "concerned"),
    [
        (("lab7", "stream", "stream-1", ["node11"]), True),
        (("lab7", "stream", "stream-1", ["node2", "node9"]), True),
        (("lab7", "stream", "stream-1", ["node22"]), False),
        (("lab7", "stream", "stream-1", []), False),
        (("home", "stream", "stream-1", ["node2"]), False),
        (("lab7", "dgemm", "dgemm-1", ["node2"]), False),
    ],
)
def test_patterns_say_whom_it_concerns(
    tmp_path: Path, where: tuple[str, str, str, list[str]], concerned: bool
) -> None:
    write(tmp_path, WHOLE)
    assert load(None, tmp_path).events[0].concerns(*where) is concerned


def test_an_event_without_patterns_concerns_all() -> None:
    made = Event.model_validate({"date": "2026-01-01", "title": "a flood"})
    assert made.concerns("any", "hpl", "hpl-1", [])


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("date: 2026-10-02", "date: tomorrow"), 3, "events.0.date"),
        (("title: GPU driver 570", "titel: x"), 4, "unknown key 'titel'"),
        (("verdict: reject", "verdict: perhaps"), 10, "decisions.0.verdict"),
        ((", by: Aru", ""), 10, "'by' is missing"),
        (("new_level: true", "new_level: 3"), 8, "events.0.new_level"),
    ],
)
def test_errors_name_file_line_and_key(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    path = write(tmp_path, WHOLE.replace(*change))
    with pytest.raises(ConfigError) as caught:
        load(None, tmp_path)
    assert f"{path}:{line}" in str(caught.value)
    assert words in str(caught.value)


def test_a_suspicion_is_decided_once(tmp_path: Path) -> None:
    again = "  - {suspicion: s-12345678, verdict: accept, by: B, reason: c}\n"
    write(tmp_path, WHOLE + again)
    with pytest.raises(ConfigError, match="decided twice"):
        load(None, tmp_path)


def test_an_empty_file_is_not_to_be_made_by_the_command_of_another(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text("")
    with pytest.raises(ConfigError, match="is empty") as found:
        load(None, tmp_path)
    assert found.value.fix == "write what it should hold, or delete it"
