"""The watch of a rank: laps, progress at most once a second, series."""

from __future__ import annotations

import time

import pytest

from harness.measure import watch as watches
from harness.measure.watch import Stopwatch


def test_laps_add_up_to_the_phase() -> None:
    watch = Stopwatch()
    began = time.perf_counter()
    watch.begin(began)
    for part in ("panel", "update", "panel"):
        time.sleep(0.01)
        watch.lap(part)
    spent = time.perf_counter() - began
    assert set(watch.parts) == {"panel", "update"}
    assert watch.parts["panel"] >= 0.02
    assert sum(watch.parts.values()) == pytest.approx(spent, abs=0.005)


def test_splits_are_laps_that_are_kept() -> None:
    watch = Stopwatch()
    watch.begin(time.perf_counter())
    watch.lap("waiting")
    for _ in range(3):
        time.sleep(0.002)
        watch.split("round")
    assert len(watch.splits["round"]) == 3
    assert min(watch.splits["round"]) >= 0.002
    assert sum(watch.splits["round"]) == pytest.approx(watch.parts["round"])
    watch.reset()
    assert watch.splits == {}


def test_a_new_repetition_forgets_the_one_before() -> None:
    watch = Stopwatch()
    watch.begin(time.perf_counter())
    watch.lap("update")
    watch.note("residual", 0.5)
    watch.reset()
    assert (watch.parts, watch.series) == ({}, {})


def test_series_keep_their_order() -> None:
    watch = Stopwatch()
    for value in (3.0, 1.0, 2.0):
        watch.note("residual", value)
    assert watch.series == {"residual": [3.0, 1.0, 2.0]}


def test_progress_is_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "PROGRESS_EVERY_S", 0.02)
    told = []
    watch = Stopwatch(lambda *all_: told.append(all_))
    watch.begin(time.perf_counter())
    for step in range(50):
        time.sleep(0.001)
        watch.progress(step, 50, step / 50)
    assert 1 <= len(told) <= 4
    done, total, share, seconds = told[0]
    assert (total, share) == (50, done / 50)
    assert seconds >= 0.02


def test_without_a_reader_progress_is_nothing() -> None:
    Stopwatch().progress(1, 2, 0.5)
