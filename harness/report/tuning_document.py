"""The document of `qyran tune`: every trial, every choice, and the suite that came of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc

Values = dict[str, int | float | str | bool]


class TrialDoc(Doc):
    """One case of a stage. ``value`` and its interval are null where it gave no result.

    ratio : how many times as good as the best, from cases of the same run, stage by stage.
    """

    run: str
    case: str
    parameters: Values
    outcome: str
    reason: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    ratio: float | None


class StageDoc(Doc):
    """Trials that differ in these parameters alone, and which values were kept."""

    name: str
    parameters: list[str]
    chosen: Values
    reason: str
    trials: list[TrialDoc]


class TuneDoc(Doc):
    """What `qyran tune` prints; ``best`` and ``file`` are null if nothing was chosen or written.

    started : seconds since 1970; sizes : the parameters that had a modest size in the trials;
    best : the parameters of the suite, "auto" where a run fits them; case : its last trial.
    """

    schema_id: Literal["qyran.tune/1"] = Field("qyran.tune/1", alias="schema")
    kernel: str
    started: float
    cluster: str
    machine: str
    nodes: int
    ranks: int
    threads: int
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    sizes: Values
    outcome: str
    exit_code: int
    best: Values | None
    case: str | None
    stages: list[StageDoc]
    file: str | None
    run_next: str
