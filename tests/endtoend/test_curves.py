"""Curves, further metrics and calls of their own, from real ranks to the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import pytest


@pytest.fixture
def done(broken: Any) -> Any:
    """2 ranks, 3 sizes of 8 calls; the second rank sleeps 2 or 12 ms, the first 1 ms."""
    suite = broken.suite(broken.faulty(ranks=2, sizes=3, calls=8))
    return broken.run(suite)


def test_calls_and_curves_from_ranks_to_the_record(done: Any, broken: Any) -> None:
    assert done.rc == 0, done.err
    (case,) = done.json["cases"]
    assert set(case["metrics"]) == {
        "nap_row_rate",
        *(f"doze_{n}B_{m}" for n in (1, 2, 4) for m in ("latency", "message_rate")),
    }
    one = case["metrics"]["doze_4B_latency"]
    calls = one["calls"]
    # 2 messages a call; what the clock adds to a nap is not bounded from above
    assert 0.001 <= calls["minimum"] < calls["median"] < calls["maximum"]
    assert calls["maximum"] >= 0.006
    assert calls["p99"] <= calls["maximum"]
    # The median of the calls of rank 1 is that of 2 and 12 ms.
    assert one["value"] >= 0.0035
    assert case["metrics"]["doze_4B_message_rate"]["calls"] is None
    assert case["metrics"]["nap_row_rate"]["calls"] is None
    curve = case["curves"]["doze_latency"]
    assert curve["at"] == [1, 2, 4]
    assert curve["calls"]["maximum"][2] == calls["maximum"]
    assert curve["value"][2] == one["value"]
    assert set(case["curves"]) == {"doze_latency", "doze_message_rate"}
    (file,) = broken.files()
    check_file(file)
    assert broken("show", "--json", "--results", str(broken.results)).json == done.json


def check_file(file: Path) -> None:
    with h5py.File(file) as opened:
        doze = opened["entry/samples/doze"]
        calls = doze["calls"][1]
        assert calls.shape == (1, 2, 4)
        assert (calls[0, :, 0] <= calls[0, :, 1]).all()
        assert (calls[0, :, 2] <= calls[0, :, 3]).all()
        seconds = doze["seconds"][1]
        assert seconds.shape == (1, 2, 2)
        # rank 0 sleeps 1 ms: the barrier before each call is not in its time
        assert (seconds[..., 0] < seconds[..., 1]).all()
        assert list(opened["entry/doze_latency/at"][()]) == [1, 2, 4]


def test_a_table_instead_of_rows(broken: Any) -> None:
    suite = broken.suite(broken.faulty(ranks=2, sizes=3, calls=1))
    shown = broken("run", suite, "--results", str(broken.results))
    assert shown.rc == 0
    assert "doze_2B" not in shown.out
    lines = [line.split() for line in shown.out.splitlines()]
    first = next(i for i, line in enumerate(lines) if line[:1] == ["message"])
    assert [line[:2] for line in lines[first + 1 : first + 4]] == [
        ["1", "B"],
        ["2", "B"],
        ["4", "B"],
    ]
