"""A recorded run as the document it was, read with nothing of what measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.plan.case import from_dict
from harness.record import store
from harness.record.result import Run
from harness.report import compose, document


def run(folder: Path) -> document.RunDoc:
    """Finished cases from their files, the rest skipped; CorruptStore if one is damaged."""
    header = store.header(folder)
    found = {one["case"]: compose.recorded_case(one) for one in store.case_records(folder)}
    begun = Run(
        id=header["id"],
        path=str(folder),
        cluster=header["cluster"],
        suite=header["suite"],
        title=header["title"],
        command=tuple(header["command"]),
        started=header["started"],
        compare=tuple(map(tuple, header.get("compare", ()))),
    )
    return compose.of_run(begun, [_from_record(one, found) for one in header["cases"]])


def _from_record(planned: dict[str, Any], found: dict[str, document.CaseDoc]) -> document.CaseDoc:
    if planned["id"] in found:
        return found[planned["id"]]
    return compose.skipped(from_dict(planned), "no record: the run ended before it")
