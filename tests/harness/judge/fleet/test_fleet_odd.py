"""Whatever the numbers are: a verdict with a reason, in every form, and no warning."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from harness.judge.fleet import baselines
from harness.judge.fleet.verdict import Anchors, judged
from harness.judge.fleet.views import Anchor, Stored
from harness.report import accept_document, accept_files, acceptance, junit
from harness.report.document import text
from tests.bench.fleets import table

ODD = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-300, 1e300, 1e-12, 5e-324)


def values(rng: np.random.Generator) -> np.ndarray:
    """0 to 8 nodes, 0 to 3 metrics, 1 to 3 repetitions, with up to five odd numbers."""
    shape = rng.integers(0, 9), rng.integers(0, 4), rng.integers(1, 4)
    made = 1.0 + rng.choice([0.0, 0.01, 0.1, 1.0]) * rng.standard_normal(shape)
    for _ in range(rng.integers(0, 6) if made.size else 0):
        made[tuple(rng.integers(shape))] = rng.choice(ODD)
    return made


def finite(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("seed", range(10))
def test_every_fleet_gets_a_verdict_with_a_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(30):
        known = Anchors(
            {"m0": Anchor(float(rng.choice([0.0, 1.0, 1e300])), "contract")},
            {"m1": Stored(1.0, float(rng.choice([0.0, 0.01])), 5, "baseline")},
        )
        found = judged(
            table(values(rng), "lower" if rng.random() < 0.4 else "higher"),
            known if rng.random() < 0.5 else None,
        )
        document = accept_document.of(found, "--from x", None, None, {})
        json.loads(text(document), parse_constant=finite)
        Console(file=io.StringIO(), width=80).print(acceptance.shown(document))
        accept_files.as_csv(found, document)
        junit.text("fleet", accept_files.as_tests(found, document))
        baselines.make(found)
        for at, node in enumerate(document.nodes):
            if node.verdict == "accept":
                assert {one.verdict for one in node.evidence} == {"accept"}
                assert np.isfinite(found.cells.value[at]).all()
            else:
                assert node.reason
