"""The document that `qyran list` prints: what kernels declare."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc


class ParameterDoc(Doc):
    """A declared parameter."""

    name: str
    type: str
    default: int | float | str | bool
    unit: str
    minimum: float | None
    maximum: float | None
    choices: list[str]
    help: str


class CurveShapeDoc(Doc):
    """A curve that a kernel measures; the number of its points may depend on the machine."""

    axis: str
    unit: str
    value_unit: str
    metrics: list[str]


class KernelDoc(Doc):
    """A kernel's declaration."""

    name: str
    group: str
    title: str
    version: int
    verification: str
    primary: str
    metrics: dict[str, str]
    curves: dict[str, CurveShapeDoc]
    parameters: list[ParameterDoc]


class ListDoc(Doc):
    """What `qyran list` prints."""

    schema_id: Literal["qyran.list/1"] = Field("qyran.list/1", alias="schema")
    kernels: list[KernelDoc]
    suites: dict[str, str]
