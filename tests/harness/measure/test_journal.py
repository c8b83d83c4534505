"""The journal: every whole line is a fact, and nothing else is."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure import journal
from harness.measure.journal import Follower, Writer, events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FACTS = st.dictionaries(st.sampled_from(["case", "seconds", "stop", "what"]), JSON)


def write(path: Path, *facts: dict[str, Any]) -> list[dict[str, Any]]:
    writer = Writer(path)
    for i, one in enumerate(facts):
        writer.write(f"event {i}", **one)
    writer.close()
    return events(path)


@given(st.lists(FACTS, max_size=4))
def test_what_is_written_is_read(facts: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = write(Path(folder) / "j", *facts)
    assert [one["event"] for one in found] == [f"event {i}" for i in range(len(facts))]
    assert [{k: v for k, v in one.items() if k not in ("event", "time")} for one in found] == facts


def test_times_rise_and_numbers_that_are_none_survive(tmp_path: Path) -> None:
    found = write(tmp_path / "j", {"error": math.nan}, {"error": math.inf})
    assert math.isnan(found[0]["error"])
    assert found[1]["error"] == math.inf
    assert found[0]["time"] <= found[1]["time"]


@given(st.integers(0, 400))
def test_cut_anywhere_it_gives_the_whole_lines_before(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        whole = write(path, {"case": "a\nb"}, {"seconds": [[0.1], [0.2]]}, {"what": "ж"})
        content = path.read_bytes()[:cut]
        path.write_bytes(content)
        assert events(path) == whole[: content.count(b"\n")]


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_costs_events_and_invents_none(place: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        whole = write(path, {"case": "a"}, {"seconds": [[0.1]]}, {"stop": None}, {"n": 7})
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= 1 << bit
        path.write_bytes(content)
        found = [one for one in events(path) if one["event"] != journal.DAMAGED]
    assert all(one in whole for one in found)
    assert len(found) >= len(whole) - 2
    assert [whole.index(one) for one in found] == sorted(whole.index(one) for one in found)


@pytest.mark.parametrize(
    "line",
    [b"\n", b"garbage\n", b"00000000 \n", b"zzzzzzzz {}\n", b"\xff\xfe\n", b"deadbeef [1]\n"],
)
def test_a_damaged_line_is_known_as_such(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "j"
    before = write(path, {"case": "a"})
    with path.open("ab") as file:
        file.write(line)
    after = write(path, {"case": "b"})
    assert after[:1] == before
    assert [one.get("case", one["event"]) for one in after] == ["a", "damaged", "b"]


def test_only_mappings_are_events(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"%08x [1]\n" % journal.zlib.crc32(b"[1]"))
    assert events(path) == [{"event": "damaged"}]


def test_the_follower_sees_only_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "j"
    follower = Follower(path)
    assert follower.new() == []
    whole = write(tmp_path / "all", {"case": "a"}, {"case": "b"}, {"case": "c"})
    content = (tmp_path / "all").read_bytes()
    seen: list[Any] = []
    with path.open("ab", buffering=0) as file:
        for i in range(len(content)):
            file.write(content[i : i + 1])
            new = follower.new()
            assert len(new) == (content[i : i + 1] == b"\n")
            seen += new
    assert seen == whole
    assert follower.new() == []


def test_two_launches_append(tmp_path: Path) -> None:
    write(tmp_path / "j", {"case": "a"})
    assert [one["case"] for one in write(tmp_path / "j", {"case": "b"})] == ["a", "b"]


def test_it_is_synced_every_few_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    now = [100.0]
    monkeypatch.setattr(journal.os, "fsync", synced.append)
    monkeypatch.setattr(journal.time, "monotonic", lambda: now[0])
    writer = Writer(tmp_path / "j")
    for _ in range(10):
        now[0] += 1.0
        writer.write("sample")
    assert len(synced) == 1
    writer.close()
    assert len(synced) == 2
