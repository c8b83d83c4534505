"""Real runs in a results folder, of numbers that are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.judge import verdict
from harness.plan.case import Case
from harness.record import recorded, store
from harness.record.result import CaseResult
from harness.report import compose

STEADY = (1.000, 1.004, 0.997, 1.002, 0.999)


def environment(hardware: str = "h1", **more: Any) -> dict[str, Any]:
    keys = {"hardware": {"key": hardware, "text": ""}, "software": {"key": "s1", "text": ""}}
    soft = {"git": {"commit": "abc1234" + "0" * 33, "dirty": False}, "versions": {"numba": "1"}}
    return {
        "fingerprint": keys, "software": soft, "hardware": {"cpu_model": "EPYC 9654"}, **more,
    }  # fmt: skip


def passed(made: Any, case: Case, seconds: Sequence[float]) -> CaseResult:
    """A launch of three repetitions on two ranks for each number, s."""
    launches = [[[0.1 * one] * 2 for _ in range(3)] for one in seconds]
    result: CaseResult = verdict.judged(made.raw(case, launches), oversubscribe=False)
    return result


def put(made: Any, results: Path, hour: int, cases: Sequence[CaseResult], **changes: Any) -> str:
    """A run of these cases that began at an hour of the day; its id."""
    name = f"20261128T{hour:02d}0000Z-quick-{hour:06x}"
    began = store.time_of(name)
    begun = replace(made.run(results), id=name, path=str(results / "laptop" / name))
    begun = replace(begun, started=began, environment=environment())
    begun = replace(begun, **changes)
    store.create(begun, tuple(one.case for one in cases))
    origin = recorded.as_members(recorded.origin(begun, len(cases)))
    for one in cases:
        dated = replace(one, started=began, ended=began + 1.0)
        store.add(begun, dated, {**compose.of_case(dated).model_dump(), **origin})
    return name
