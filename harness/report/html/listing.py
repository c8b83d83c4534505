"""The sections there are: the folder listing of `sections` is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from harness.report.html import sections
from harness.report.html.content import Section
from harness.report.report_document import ReportDoc


class Maker(Protocol):
    """A module of a section. ORDER : its place among the others, from the top."""

    ORDER: int

    def section(self, report: ReportDoc) -> Section | None:
        """The section of a report; None where the report has nothing to say there."""


@cache
def makers() -> tuple[Maker, ...]:
    """All sections in the order in which they are read."""
    files = Path(next(iter(sections.__path__))).glob("[a-z]*.py")
    found = [cast(Maker, import_module(f"{sections.__name__}.{one.stem}")) for one in files]
    return tuple(sorted(found, key=lambda one: one.ORDER))
