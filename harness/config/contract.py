"""A contract: what each node must reach, whatever the other nodes do, and the whole machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from harness.config.units import QUANTITIES, quantity
from harness.config.validate import Model, validated
from harness.config.yaml_file import read

SCHEMA: Final = "qyran.contract/1"


def _amount(value: object) -> str | float:
    """A number, or text with a unit: read in the unit of its metric later."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"found {value!r}; write a number or a quantity such as 200 GB/s")
    return value if isinstance(value, str) else float(value)


Amount = Annotated[str | float, BeforeValidator(_amount)]


class Promise(Model):
    """What is promised of one metric: one of minimum, maximum and reference."""

    minimum: Amount | None = Field(None, description="with its unit, such as 330 GB/s")
    maximum: Amount | None = Field(None, description="with its unit, such as 1.5 us")
    reference: Literal["peak", "bandwidth", "triad", "hpl"] | None = Field(
        None, description="a figure of the node type"
    )
    fraction: float = Field(1.0, gt=0, description="how much of the reference must be reached")
    per: Literal["node", "core", "watt", "machine"] = Field(
        "node", description="of what the quantity is; the machine: all nodes together"
    )
    source: str = Field("", description="where this one is promised, if not where all are")

    @model_validator(mode="after")
    def _one(self) -> Promise:
        given = [one for one in (self.minimum, self.maximum, self.reference) if one is not None]
        if len(given) != 1:
            raise ValueError("give one of minimum, maximum and reference")
        if self.reference and self.per != "node":
            raise ValueError(f"`reference` is a figure of a node: it is not per {self.per}")
        if self.maximum is not None and self.per in ("core", "watt"):
            raise ValueError(f"a maximum does not grow with the node: it is not per {self.per}")
        return self

    @property
    def better(self) -> Literal["higher", "lower"]:
        """The direction that it promises."""
        return "lower" if self.maximum is not None else "higher"

    def limit(self, unit: str) -> float:
        """The minimum or maximum in a base unit; ValueError if it is no such quantity."""
        amount = self.minimum if self.maximum is None else self.maximum
        return quantity(amount, unit if unit in QUANTITIES else "1")


class Contract(Model):
    """The whole of a contract file."""

    schema_id: str = Field(SCHEMA, alias="schema", description="what kind of file this is")
    source: str = Field("", description="where the promises are written, such as 'offer, annex B'")
    node: str | None = Field(None, description="CPU model, as the table of node types knows it")
    metrics: dict[str, Promise] = Field(min_length=1, description="promises, by name of a metric")

    @property
    def of_nodes(self) -> dict[str, Promise]:
        """What each node must reach."""
        return {name: one for name, one in self.metrics.items() if one.per != "machine"}

    @property
    def of_machine(self) -> dict[str, Promise]:
        """What all nodes must reach together."""
        return {name: one for name, one in self.metrics.items() if one.per == "machine"}


def load(path: Path) -> Contract:
    """Read a contract; ConfigError names file, line and key."""
    return validated(Contract, read(path), SCHEMA)
