"""From judged pairs to the document of a comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from statistics import median

from harness.judge.compare import FALSE_DISCOVERIES, Judged, Verdict
from harness.judge.pairs import Runs
from harness.judge.stats.difference import LEVEL
from harness.machine.difference import Difference
from harness.record.library import Skipped
from harness.record.recorded import Recorded
from harness.report.compare_document import (
    CentreDoc,
    ChangeDoc,
    ComparedDoc,
    CompareDoc,
    ComparedSideDoc,
    LeftOutDoc,
)


def side(asked: str, cases: Sequence[Recorded]) -> ComparedSideDoc:
    """The document of a side; the oldest case first."""
    times = [one.started or one.origin.run_started for one in cases]
    origins = [one.origin for one in cases]
    return ComparedSideDoc(
        asked=asked,
        runs=_distinct(one.run for one in origins),
        clusters=_distinct(one.cluster for one in origins),
        commits=_distinct(one.commit for one in origins if one.commit),
        dirty=any(one.dirty for one in origins),
        hardware_keys=_distinct(one.hardware_key for one in origins),
        software_keys=_distinct(one.software_key for one in origins),
        cases=len(cases),
        first=min(times),
        last=max(times),
    )


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def changes(found: Iterable[Difference]) -> list[ChangeDoc]:
    """Differences of environments, the most relevant first."""
    return [
        ChangeDoc(
            group=one.group,
            name=one.name,
            a=_said(one.a, one.a_unknown),
            b=_said(one.b, one.b_unknown),
            meaning=one.meaning,
        )
        for one in found
    ]


def _said(value: object, unknown: str) -> str:
    if value is None:
        return unknown or "unknown"
    return value if isinstance(value, str) else json.dumps(value)


def document(
    sides: tuple[ComparedSideDoc, ComparedSideDoc],
    rows: Sequence[Judged],
    *,
    across: bool,
    threshold: float | None,
    exit_code: int,
    environment: list[ChangeDoc] | None,
    skipped: Sequence[Skipped],
    notes: list[str],
) -> CompareDoc:
    """The whole table."""
    verdicts = [one.verdict for one in rows]
    return CompareDoc(
        a=sides[0],
        b=sides[1],
        across=across,
        threshold=threshold,
        false_discoveries=FALSE_DISCOVERIES,
        tested=sum(one.q is not None for one in rows),
        counts={one.value: verdicts.count(one) for one in Verdict},
        exit_code=exit_code,
        environment=environment,
        left_out=[LeftOutDoc(file=str(one.path), reason=one.reason) for one in skipped],
        notes=notes,
        metrics=[row(one) for one in rows],
    )


def row(one: Judged) -> ComparedDoc:
    """The document of a metric."""
    pair, case = one.pair, one.pair.case
    return ComparedDoc(
        series=pair.series,
        kernel=case.kernel,
        parameters=case.parameters,
        nodes=case.nodes,
        ranks=case.ranks,
        threads=case.threads,
        metric=pair.metric,
        primary=pair.primary,
        unit=pair.unit,
        better=pair.better,
        a=_centre(pair.first),
        b=_centre(pair.second),
        ratio=one.ratio,
        low=one.low,
        high=one.high,
        level=LEVEL,
        p=one.p,
        q=one.q,
        effect=one.effect,
        threshold=one.threshold,
        threshold_source=one.threshold_source,
        verdict=one.verdict.value,
        reason=one.reason,
        note=pair.note,
        more_launches=one.more,
    )


def _centre(runs: Runs) -> CentreDoc | None:
    values = [one for run in runs for one in run]
    if not values:
        return None
    finite = all(map(math.isfinite, values))
    return CentreDoc(
        value=_geometric_mean(values) if finite and min(values) > 0.0 else None,
        median=median(values) if finite else None,
        launches=[[one if math.isfinite(one) else None for one in run] for run in runs],
    )


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))
