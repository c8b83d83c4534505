"""``references/*.yaml``: what metrics are expected to be, on which machine and for which case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from harness.config import files
from harness.config.conditions import Given
from harness.config.units import QUANTITIES, quantity
from harness.config.validate import Count, Model, validated
from harness.config.yaml_file import Document, Path_, read
from harness.errors import unknown
from kernels import listing
from kernels.contract import parameters

SCHEMA: Final = "qyran.references/1"
_PERCENT: Final = re.compile(r"\s*([\d.]+)\s*%\s*")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _fraction(value: object) -> object:
    """``0.05`` or ``5 %``."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found:
        return float(found[1]) / 100.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"found {value!r}; write a fraction such as 0.05, or 5 %")
    return float(value)


@dataclass(frozen=True)
class Amount:
    """A value in base units. unit : as it was written, "" where there was none."""

    value: float
    unit: str


def _amount(value: object) -> Amount:
    """With a unit or without: ``107e9`` is text to YAML, and is understood."""
    for unit in ("1", *sorted(QUANTITIES)):
        try:
            found = quantity(value, unit)
        except ValueError:
            continue
        if found <= 0.0:
            break
        return Amount(found, "" if unit == "1" else unit)
    raise ValueError(
        f"{value!r} is no quantity above 0: write 93e9, '93 Gflop/s', '37 GB/s' or '1.2 us'"
    )


def _day(value: object) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise ValueError(f"found {value!r}; write a date as 2026-11-28")


Fraction = Annotated[float, BeforeValidator(_fraction)]
Value = Annotated[Amount, BeforeValidator(_amount)]
Day = Annotated[str, BeforeValidator(_day)]


class System(Model):
    """The machine: all that is given must hold."""

    hardware_key: str | None = None
    cpu: str | None = Field(None, description="model of the CPU, with * for anything")
    cluster: str | None = None


class Geometry(Model):
    """Nodes, ranks and threads of the case."""

    nodes: Given | None = None
    ranks: Given | None = None
    threads: Given | None = None


class Entry(Model):
    """What one metric is expected to be where everything that is given holds."""

    kernel: str
    metric: str
    value: Value
    tolerance: Fraction = Field(0.05, ge=0, lt=1, description="on the worse side")
    below: Fraction | None = Field(None, ge=0, lt=1, description="fraction below the value")
    above: Fraction | None = Field(None, ge=0, description="fraction above the value")
    system: System = System()
    parameters: dict[str, Given] = Field(default_factory=dict)
    geometry: Geometry = Geometry()
    source: str = Field(min_length=1)
    date: Day | None = None
    n: Count | None = Field(None, ge=1, description="measurements behind the value")


class File(Model):
    """The whole of a file of references."""

    schema_id: str = Field(SCHEMA, alias="schema")
    references: list[Entry] = Field(min_length=1)


@dataclass(frozen=True)
class Placed:
    """An entry and where it stands: ``references/lab.yaml:12``.

    where : of its metric; valued : of its value.
    """

    entry: Entry
    place: str
    where: str
    valued: str


def load() -> list[Placed]:
    """All entries of all files; ConfigError names file, line and key of what is wrong."""
    return [one for path in files.references() for one in _of_file(path)]


def _of_file(path: Path) -> list[Placed]:
    document = read(path)
    file = validated(File, document, SCHEMA)
    return [_placed(entry, document, ("references", i)) for i, entry in enumerate(file.references)]


def _placed(entry: Entry, document: Document, path: Path_) -> Placed:
    if entry.kernel not in listing.names():
        where = document.where((*path, "kernel"))
        raise unknown(where, "kernel", entry.kernel, listing.names(), "`qyran list` shows them")
    known = [one.name for one in parameters(listing.load(entry.kernel))]
    for name in entry.parameters:
        if name not in known:
            raise unknown(document.where((*path, "parameters", name)), "parameter", name, known)
    place = document.where(path).rpartition(": ")[0]
    return Placed(entry, place, document.where((*path, "metric")), document.where((*path, "value")))
