"""A baseline: what the nodes of a class reached, made once by `qyran baseline make`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BeforeValidator, Field

from harness.config.validate import Count, Model, validated
from harness.config.yaml_file import read

SCHEMA: Final = "qyran.baseline/1"


def _number(value: object) -> float:
    """1 is a number as good as 1.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"found {value!r}; write a number")
    return float(value)


Number = Annotated[float, BeforeValidator(_number)]


class Level(Model):
    """One metric in its base unit. scale : robust sd between nodes, a fraction; n : nodes used."""

    unit: str
    better: Literal["higher", "lower"]
    median: Number = Field(gt=0, allow_inf_nan=False)
    scale: Number = Field(ge=0, allow_inf_nan=False)
    n: Count = Field(ge=2)
    left_out: dict[str, str] = Field(
        default_factory=dict, description="nodes that were not used for it, and why"
    )


class Baseline(Model):
    """The whole of a baseline file. environment : key of the class of nodes, "" if not told."""

    schema_id: str = Field(SCHEMA, alias="schema")
    environment: str = ""
    nodes: list[str] = Field(description="those that were used for at least one metric")
    metrics: dict[str, Level] = Field(min_length=1)


def load(path: Path) -> Baseline:
    """Read a baseline; ConfigError names file, line and key."""
    return validated(Baseline, read(path), SCHEMA)


def text(baseline: Baseline) -> str:
    """The file; numbers in full precision, so that what is read is what was made."""
    head = "# Made by `qyran baseline make`; base units, scale as a fraction of the median.\n"
    return head + yaml.safe_dump(
        baseline.model_dump(by_alias=True), sort_keys=False, allow_unicode=True, width=100
    )
