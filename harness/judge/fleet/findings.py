"""What speaks against a node beside its metrics: it differs, it was wrong, it was silent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.judge.fleet.verdict import Judged, Verdict


@dataclass(frozen=True)
class Finding:
    """What a stage found of a node, in words.

    what : the fact, kernel or metric it is about; line : with numbers, for a vendor to check;
    look : what to look at first.
    """

    node: str
    stage: str
    what: str
    verdict: Verdict
    line: str
    look: str = ""


_SEVERITY: Final = (Verdict.REJECT, Verdict.NOT_TESTED, Verdict.RETEST, Verdict.ACCEPT)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; accept if there is none. A rejection stands whatever else is missing."""
    return min(verdicts, key=_SEVERITY.index, default=Verdict.ACCEPT)


def beside(found: Judged, findings: Sequence[Finding], unconfirmed: Collection[str] = ()) -> Judged:
    """The verdicts with what else was found; nodes without a metric are judged by it alone.

    unconfirmed : nodes whose metrics were not as bad when they were measured again.
    """
    given: dict[str, list[Verdict]] = {}
    for one in findings:
        given.setdefault(one.node, []).append(one.verdict)
    pairs = zip(found.table.nodes, found.verdicts, strict=True)
    return replace(
        found,
        verdicts=tuple(
            worst([*_of_metrics(found, verdict, name in unconfirmed), *given.get(name, ())])
            for name, verdict in pairs
        ),
    )


def _of_metrics(found: Judged, verdict: Verdict, unconfirmed: bool) -> list[Verdict]:
    if not found.table.metrics:
        return []
    return [Verdict.RETEST if unconfirmed and verdict is Verdict.REJECT else verdict]
