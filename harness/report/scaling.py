"""The scaling series of a run, from its cases."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge.scaling import Scaled, scaled
from harness.report.document import CaseDoc, MemberDoc, ScalingDoc


def of_cases(cases: Sequence[CaseDoc]) -> list[ScalingDoc]:
    """One document a member, series by series, the smallest first."""
    by_id = {one.case: one for one in cases}
    members = [(member, case) for case in cases for member in case.scaling]
    series = dict.fromkeys((member.kind, member.base) for member, _ in members)
    return [
        _of_member(member, case, by_id.get(member.base))
        for key in series
        for member, case in sorted(members, key=lambda pair: pair[0].factor)
        if (member.kind, member.base) == key
    ]


def _of_member(member: MemberDoc, case: CaseDoc, base: CaseDoc | None) -> ScalingDoc:
    metric = case.metrics.get(case.primary)
    found, reason = _scaled(member, case, base)
    efficiency = found.efficiency if found else None
    return ScalingDoc(
        kernel=case.kernel,
        kind=member.kind,
        metric=case.primary,
        unit=metric.unit if metric else "",
        base=member.base,
        case=case.case,
        nodes=case.nodes,
        ranks=case.ranks,
        threads=case.threads,
        factor=member.factor,
        value=metric.value if metric else None,
        speedup=found.speedup if found else None,
        efficiency=efficiency.median if efficiency else None,
        low=efficiency.low if efficiency else None,
        high=efficiency.high if efficiency else None,
        level=efficiency.level if efficiency else 0.0,
        n=efficiency.n if efficiency else 0,
        reason=reason,
    )


def _scaled(member: MemberDoc, case: CaseDoc, base: CaseDoc | None) -> tuple[Scaled | None, str]:
    """What was found, or why nothing was."""
    mine = case.metrics.get(case.primary)
    theirs = base.metrics.get(base.primary) if base else None
    if mine is None:
        return None, f"{case.case} has no result: {case.outcome}"
    if theirs is None:
        return None, f"{member.base}, the smallest of its series, has no result"
    found = scaled(mine.launches, theirs.launches, mine.better, member.kind, member.factor)
    return found, "" if found else "no launch of both was recorded"
