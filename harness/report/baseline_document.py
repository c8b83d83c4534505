"""The documents of `qyran baseline`: a baseline, how it was made, how two differ."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.config.baseline import Baseline
from harness.judge.fleet.baselines import Change
from harness.report.document import Doc

Better = Literal["higher", "lower"]


class LevelDoc(Doc):
    """A metric. scale : robust sd between nodes, a fraction; left_out : node -> why."""

    unit: str
    better: Better
    median: float
    scale: float
    n: int
    left_out: dict[str, str]


class BaselineDoc(Doc):
    """What a baseline file holds, as `qyran baseline show` prints it."""

    schema_id: Literal["qyran.baseline/1"] = Field("qyran.baseline/1", alias="schema")
    environment: str
    nodes: list[str]
    metrics: dict[str, LevelDoc]


class BaselineMakeDoc(Doc):
    """What `qyran baseline make` prints: the baseline, or the metrics that give none and why."""

    schema_id: Literal["qyran.baseline-make/1"] = Field("qyran.baseline-make/1", alias="schema")
    source: str
    file: str
    written: bool
    refused: dict[str, str]
    baseline: BaselineDoc | None


class ChangeDoc(Doc):
    """A metric of two baselines. ratio : of the medians, second / first; z : of the difference."""

    metric: str
    unit: str
    first: float | None
    second: float | None
    ratio: float | None
    z: float | None
    verdict: Literal["better", "worse", "same", "new", "gone", "not comparable"]


class BaselineDiffDoc(Doc):
    """What `qyran baseline diff` prints."""

    schema_id: Literal["qyran.baseline-diff/1"] = Field("qyran.baseline-diff/1", alias="schema")
    first: str
    second: str
    environments: tuple[str, str]
    nodes_added: list[str]
    nodes_removed: list[str]
    metrics: list[ChangeDoc]


def of(baseline: Baseline) -> BaselineDoc:
    """The document of a baseline."""
    levels = {name: LevelDoc(**one.model_dump()) for name, one in baseline.metrics.items()}
    return BaselineDoc(environment=baseline.environment, nodes=baseline.nodes, metrics=levels)


def of_change(one: Change) -> ChangeDoc:
    """The document of a metric of two baselines."""
    known = one.second or one.first
    return ChangeDoc(
        metric=one.metric,
        unit=known.unit if known else "",
        first=one.first and one.first.median,
        second=one.second and one.second.median,
        ratio=one.ratio,
        z=one.z,
        verdict=one.word,
    )
