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

    value: float = Field(gt=0, allow_inf_nan=False, description="in the base unit of the metric")
    tolerance: float = Field(0.05, ge=0, lt=1, description="fraction of value")
    source: str = Field("", description="where the value is from")


class Case(Model):
    """One entry of ``cases:``; a sweep makes several cases of it."""

    kernel: str = Field(description="as `qyran list` names it")
    parameters: dict[str, Any] | Literal["auto"] = Field(
        default_factory=dict, description="of the kernel; auto, or left out: its defaults"
    )
    sweep: dict[str, list[Any]] = Field(
        default_factory=dict, description="values of parameters, a case for each combination"
    )
    ranks: CountsOrAuto = Field(None, description="auto: every core of the nodes")
    ranks_per_node: Positive | None = Field(None, description="instead of `ranks`")
    threads: Counts = Field((1,), description="of each rank; a list runs each")
    nodes: Counts = Field((1,), description="a list runs each")
    repetitions: Positive | None = Field(
        None, description="of each launch; without it until the median is known to 1 %"
    )
    launches: Positive = Field(1, description="times that mpirun is started anew")
    scaling: Literal["strong", "weak"] | None = Field(
        None, description="what a list of nodes, ranks or threads is: a series of this kind"
    )
    budget: Seconds | None = Field(None, gt=0, description="time after which the case is ended")
    references: dict[str, Reference] = Field(
        default_factory=dict, description="what metrics are expected to be, by their names"
    )

    @model_validator(mode="after")
    def _ranks_once(self) -> Case:
        if self.ranks_per_node and self.ranks:
            raise ValueError("give ranks, or ranks_per_node, not both")
        return self


class Suite(Model):
    """The whole of a suite file."""

    schema_id: str = Field(SCHEMA, alias="schema", description="what kind of file this is")
    title: str = Field("", description="what the suite is for, in a line")
    compare: list[Pair] = Field(
        default_factory=list,
        description="pairs of metrics whose ratio is told; their cases run in turns",
    )
    cases: list[Case] = Field(min_length=1, description="what is measured, in this order")


def load(name: str) -> tuple[Suite, Document]:
    """Read a suite given by name or path; its document serves the error messages."""
    path: Path = files.suite_file(name)
    document = read(path)
    return validated(Suite, document, SCHEMA), document


def of_kernel(kernel: str) -> tuple[Suite, Document]:
    """The suite of one case that `qyran run KERNEL` means."""
    suite = Suite(cases=[Case(kernel=kernel)])
    return suite, Document(kernel, {}, {})
