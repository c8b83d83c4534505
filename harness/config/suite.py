"""``jobs/*.yaml``: suites, each a list of cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from harness.config import files
from harness.config.validate import Count, Model, Seconds, validated
from harness.config.yaml_file import Document, read
from kernels.contract import AUTO

SCHEMA: Final = "qyran.suite/1"


def _counts(value: object) -> tuple[int, ...]:
    """One whole number or a list of them, as a tuple: each is run."""
    found = value if isinstance(value, list | tuple) else [value]
    if found and all(type(one) is int and one >= 1 for one in found):
        return tuple(found)
    hint = " (YAML reads this as text)" if isinstance(value, str) else ""
    raise ValueError(f"found {value!r}{hint}; write a whole number from 1 on, or a list of them")


def _counts_or_auto(value: object) -> tuple[int, ...] | None:
    return None if value is None or value == AUTO else _counts(value)


def _pair(value: object) -> tuple[str, str]:
    """Two metrics, each ``kernel.metric``."""
    match value:
        case [str(one), str(other)] if one.count(".") == other.count(".") == 1:
            return str(one), str(other)
    raise ValueError(f"found {value!r}; write two metrics, as in [hpl.flop_rate, xhpl.flop_rate]")


Pair = Annotated[tuple[str, str], BeforeValidator(_pair)]
Positive = Annotated[Count, Field(ge=1)]
Counts = Annotated[tuple[int, ...], BeforeValidator(_counts)]
CountsOrAuto = Annotated[tuple[int, ...] | None, BeforeValidator(_counts_or_auto)]


class Reference(Model):
    """What a metric is expected to be, in base units, and where that comes from."""

    value: float = Field(gt=0, allow_inf_nan=False)
    tolerance: float = Field(0.05, ge=0, lt=1, description="fraction of value")
    source: str = ""


class Case(Model):
    """One entry of ``cases:``; a sweep makes several cases of it."""

    kernel: str
    parameters: dict[str, Any] | Literal["auto"] = Field(default_factory=dict)
    sweep: dict[str, list[Any]] = Field(default_factory=dict)
    ranks: CountsOrAuto = Field(None, description="auto: every core of the nodes")
    ranks_per_node: Positive | None = Field(None, description="instead of `ranks`")
    threads: Counts = (1,)
    nodes: Counts = (1,)
    repetitions: Positive | None = None
    launches: Positive = 1
    scaling: Literal["strong", "weak"] | None = None
    budget: Seconds | None = Field(None, gt=0)
    references: dict[str, Reference] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ranks_once(self) -> Case:
        if self.ranks_per_node and self.ranks:
            raise ValueError("give ranks, or ranks_per_node, not both")
        return self


class Suite(Model):
    """The whole of a suite file."""

    schema_id: str = Field(SCHEMA, alias="schema")
    title: str = ""
    compare: list[Pair] = Field(default_factory=list)
    cases: list[Case] = Field(min_length=1)


def load(name: str) -> tuple[Suite, Document]:
    """Read a suite given by name or path; its document serves the error messages."""
    path: Path = files.suite_file(name)
    document = read(path)
    return validated(Suite, document, SCHEMA), document


def of_kernel(kernel: str) -> tuple[Suite, Document]:
    """The suite of one case that `qyran run KERNEL` means."""
    suite = Suite(cases=[Case(kernel=kernel)])
    return suite, Document(kernel, {}, {})
