"""The roofline that a ladder measured: peaks, and traffic over working sets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.judge.roofline import Roofline, measured
from harness.record.result import CaseResult, Samples

ROOF = Roofline(
    {"float64": 1.0},
    {
        "load": [[2**15, 4e9], [2**20, 2e9], [2**26, 1e9]],
        "store_nontemporal": [[2**26, 1.5e9]],
    },
    "here",
)


def test_the_fastest_repetition_counts(curved: CaseResult) -> None:
    """0.1 s is the fastest of both ranks together: 2 Gflop, 2 GB, half of that hidden."""
    found = measured(curved)
    assert found["flop_rates"] == {
        "float64": pytest.approx(2e9 / 0.1),
        "float32": pytest.approx(4e9 / 0.1),
    }
    assert found["curves"]["load"] == [[2**26, 2e10], [2**20, 2e10], [2**15, 2e10]]
    assert found["curves"]["copy"] == [[2**15, 2e10], [2**20, 2e10], [2**26, pytest.approx(3e10)]]
    assert set(found["curves"]) == {"load", "copy"}, "messages are no memory traffic"


def test_each_point_has_its_own_time(curved: CaseResult) -> None:
    slower = Samples(seconds=(((0.4, 0.2),), ((0.5, 0.3), (0.25, 0.1))), warm_up=())
    samples = {**curved.samples, "load_32KiB": slower}
    found = measured(replace(curved, samples=samples))
    assert found["curves"]["load"][-1] == [2**15, pytest.approx(2e9 / 0.25)]


def test_it_survives_json(curved: CaseResult) -> None:
    found = measured(curved)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("llc_B", "threads", "reads_only", "best"),
    [
        (2**24, 1, True, 1e9),
        (2**24, 1, False, 1.5e9),
        (2**24, 2, False, 1.5e9),
        (2**19, 2, True, 2e9),
        (2**19, 1, True, 1e9),
        (2**25, 1, False, None),
        (0, 1, True, 4e9),
    ],
)
def test_in_memory(llc_B: int, threads: int, reads_only: Any, best: float | None) -> None:
    assert ROOF.in_memory(threads, llc_B, reads_only=reads_only) == best


@pytest.mark.parametrize(
    ("working_set_B", "threads", "best"),
    [
        (2**10, 1, 4e9),
        (2**16, 1, 4e9),
        (2**16 + 1, 1, 2e9),
        (2**18, 4, 4e9),
        (2**21, 1, 2e9),
        (2**22, 1, 1e9),
        (2**28, 1, None),
    ],
)
def test_cached(working_set_B: float, threads: int, best: float | None) -> None:
    assert ROOF.cached(working_set_B, threads, reads_only=True) == best


def test_a_type_that_was_not_measured() -> None:
    assert ROOF.flop_rate("float64") == 1.0
    assert ROOF.flop_rate("float32") is None
