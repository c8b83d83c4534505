"""The record of an acceptance: lines are added, a torn one costs nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.acceptance import state
from harness.acceptance.state import Asked, Log, NodeEnd
from harness.errors import ConfigError, CorruptStore

ASKED = Asked(
    id="20261128T230000Z-accept-a1b2c3",
    nodes=("n1", "n2"),
    stages=("consistency", "node"),
    runner="here",
    cluster="c",
    partition=None,
    cluster_file="",
    launcher=None,
    contract="",
    baseline="",
    quick=False,
    at_once=32,
    timeout_s=None,
    command=("qyran", "accept"),
    started=1.0,
)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log(tmp_path / "c" / ASKED.id)
    made.begin(ASKED)
    return made


def test_what_was_written_is_read(log: Log) -> None:
    log.stage("node", ("n1", "n2"))
    log.run("node", "n1", "run-1")
    log.node("node", NodeEnd("n1", "rejected", "slow", "run-1"))
    log.end("node")
    known = state.read(log.folder)
    assert known.asked == ASKED
    assert known.runs == {("node", "n1"): "run-1"}
    assert known.stages["node"].nodes == ("n1", "n2")
    assert known.stages["node"].ends["n1"].reason == "slow"
    assert known.stages["node"].ended is not None


def test_a_torn_line_is_not_finished_and_the_next_one_is_read(log: Log) -> None:
    log.stage("node", ("n1", "n2"))
    log.run("node", "n1", "run-1")
    file = log.folder / state.NAME
    whole = file.read_bytes()
    for cut in range(len(whole) - 40, len(whole)):
        file.write_bytes(whole[:cut])
        expected = {("node", "n1"): "run-1"} if cut == len(whole) - 1 else {}
        assert state.read(log.folder).runs == expected
        log.run("node", "n2", "run-2")
        assert state.read(log.folder).runs == {**expected, ("node", "n2"): "run-2"}


def test_a_folder_without_a_beginning_is_damaged(tmp_path: Path) -> None:
    (tmp_path / state.NAME).write_text('{"event":"stage"}\n')
    with pytest.raises(CorruptStore):
        state.read(tmp_path)


def test_it_is_found_by_a_part_of_its_name(log: Log, tmp_path: Path) -> None:
    other = Log(tmp_path / "c" / "20261129T230000Z-accept-ffffff")
    other.begin(ASKED)
    assert state.find(tmp_path, "a1b2c3") == log.folder
    assert state.find(tmp_path, "last") == other.folder
    with pytest.raises(ConfigError, match="no acceptance 'zzz'"):
        state.find(tmp_path, "zzz")
    with pytest.raises(ConfigError, match="fits 2"):
        state.find(tmp_path, "accept")


def test_its_tag_can_be_a_tag() -> None:
    assert (ASKED.tag, ASKED.short) == ("accept-a1b2c3", "a1b2c3")
