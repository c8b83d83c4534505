"""How large the files are: what docs/results.md promises of a store."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml

from harness.judge import verdict
from harness.measure.timeline import MOST
from harness.plan.case import Geometry
from harness.record import hdf5, recorded, samples
from harness.record.result import CaseResult, Timeline
from harness.report import compose

GOLDEN = Path(__file__).parent / "golden" / "1.0"
SMALL_B = 32 * 1024
MANY_RANKS_B = 4 * 2**20
RUNS, STORE_B = 100_000, 10e9


def encoded(made: Any, result: CaseResult) -> bytes:
    """As a run writes it, with the environment of a real machine."""
    environment = yaml.safe_load((GOLDEN / "run.yaml").read_text())["environment"]
    run = replace(made.run(Path("/r")), environment=environment)
    origin = recorded.as_members(recorded.origin(run, 3))
    return hdf5.encoded(run, result, {**compose.of_case(result).model_dump(), **origin})


def noise(ranks: int, repetitions: int, launches: int = 1) -> Any:
    drawn = random.Random(5)
    return [
        [[0.01 * drawn.lognormvariate(0, 0.01) for _ in range(ranks)] for _ in range(repetitions)]
        for _ in range(launches)
    ]


def factorised(made: Any) -> CaseResult:
    """As many intervals and parts as hpl may tell."""
    names = ("panel", "broadcast", "swap", "update", "solve")
    drawn = {name: noise(1, MOST + 1)[0] for name in names}
    spent = {name: tuple(one for (one,) in values) for name, values in drawn.items()}
    at = Timeline(0, 7, tuple(range(MOST + 1)), spent["panel"], mean=spent, maximum=spent)
    parts = {name: tuple(tuple(map(tuple, one)) for one in noise(2, 30)) for name in names}
    raw = made.raw(made.case("hpl", {"n": 64}), noise(2, 30), parts=parts, timeline=at)
    return verdict.judged(raw, oversubscribe=False)


def test_a_small_case_has_at_most_32_kB_and_a_store_of_100_000_runs_10_GB(made: Any) -> None:
    cases = [made.result(made.case("dgemm", {"n": 64}), noise(2, 30)), factorised(made)]
    sizes = [len(encoded(made, one)) for one in cases]
    assert max(sizes) <= SMALL_B
    # A run of `quick` has three cases, and its run.yaml and log.
    beside = 2 * len((GOLDEN / "run.yaml").read_bytes())
    assert RUNS * (3 * max(sizes) + beside) <= STORE_B * 1.2
    assert RUNS * (2 * max(sizes) + beside) <= STORE_B


def test_1024_ranks_have_at_most_4_MB(made: Any) -> None:
    case = made.case(geometry=Geometry(1, 1024, 1))
    whole = made.result(case, noise(1024, 30))
    assert len(encoded(made, whole)) <= MANY_RANKS_B
    with h5py.File(io.BytesIO(encoded(made, whole))) as file:
        assert file["entry/samples/triad/seconds"].shape == (1, 30, 1024)


def test_times_of_too_many_ranks_are_kept_as_quantiles(made: Any) -> None:
    seconds = noise(1024, 30, 10)
    parts = {"update": tuple(tuple(map(tuple, launch)) for launch in seconds)}
    raw = made.raw(made.case(geometry=Geometry(1, 1024, 1)), seconds, parts=parts)
    result = verdict.judged(raw, oversubscribe=False)
    content = encoded(made, result)
    assert len(content) <= MANY_RANKS_B
    with h5py.File(io.BytesIO(content)) as file:
        for name in ("samples/triad/seconds", "parts/update"):
            kept = file["entry"][name]
            assert kept.attrs["reduced"] == b"quantiles over the ranks"
            np.testing.assert_array_equal(
                kept.attrs["quantiles"], [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
            )
            assert kept.shape == (10, 30, 7)
            np.testing.assert_array_equal(kept[()][..., 0], np.min(seconds, axis=-1))
            np.testing.assert_array_equal(kept[()][..., -1], np.max(seconds, axis=-1))
    found = samples.raw(content, "f")["triad_bandwidth"]
    flat = [value for launch in found for value in launch]
    assert np.median(flat) == pytest.approx(result.metrics["triad_bandwidth"].value, rel=1e-12)


def test_phases_that_are_repeated_together_share_their_axes(made: Any) -> None:
    with h5py.File(io.BytesIO(encoded(made, made.result()))) as file:
        first, second = (file["entry"][f"{one}_bandwidth"] for one in ("copy", "triad"))
        assert first["launch"] == second["launch"]
        np.testing.assert_array_equal(second["sample"][()], range(6))
