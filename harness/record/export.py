"""Recorded cases as a tidy table: one metric of one case a row, with everything that names it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from harness.errors import ConfigError
from harness.record.recorded import Recorded

Row = dict[str, Any]
_LISTS: Final = ("parameters", "fitted", "hosts", "tags", "launches")


def rows(cases: Iterable[Recorded]) -> Iterator[Row]:
    """A row for each metric; a case without metrics has one too, with its outcome."""
    for case in cases:
        about = _about(case)
        if not case.metrics:
            yield {**about, **dict.fromkeys(_METRIC)}
        for name, one in case.metrics.items():
            kept = {key: value for key, value in vars(one).items() if key != "launches"}
            yield {**about, "metric": name, **kept, "launches": list(one.launches)}


_METRIC: Final = ("metric", "value", "low", "high", "level", "n", "unit", "better", "launches")


def _about(case: Recorded) -> Row:
    of = case.origin
    began = case.started or of.run_started
    return {
        "run": of.run,
        "cluster": of.cluster,
        "suite": of.suite,
        "case": case.case,
        "series": case.series,
        "kernel": case.kernel,
        "kernel_version": case.version,
        "nodes": case.nodes,
        "ranks": case.ranks,
        "threads": case.threads,
        "parameters": case.parameters,
        "fitted": list(case.fitted),
        "outcome": case.outcome,
        "reason": case.reason,
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "hardware_key": of.hardware_key,
        "software_key": of.software_key,
        "commit": of.commit,
        "dirty": of.dirty,
        "tags": list(of.tags),
        "confirms": of.confirms,
        "hosts": list(case.hosts),
        "file": str(case.path),
    }


def as_csv(table: Iterable[Row]) -> str:
    """Comma-separated, lists and mappings as JSON, full precision."""
    made = io.StringIO()
    writer = None
    for row in table:
        if writer is None:
            writer = csv.DictWriter(made, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(_flat(row))
    return made.getvalue()


def as_parquet(table: Iterable[Row]) -> bytes:
    """A Parquet file; ConfigError without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ConfigError(
            "--format parquet", "needs pyarrow, which is not installed",
            fix="pip install 'qyran[data]', or --format csv",
        ) from error  # fmt: skip
    made = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([_flat(row) for row in table]), made)
    return bytes(made.getvalue())


def _flat(row: Row) -> Row:
    return {
        key: json.dumps(value) if key in _LISTS and value is not None else value
        for key, value in row.items()
    }
