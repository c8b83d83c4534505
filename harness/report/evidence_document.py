"""What speaks for a verdict: a view of a metric, or what a stage found, as a line for a vendor."""

from __future__ import annotations

from typing import Literal

from harness.judge.fleet.evidence import Evidence
from harness.judge.fleet.findings import Finding
from harness.judge.fleet.verdict import Verdict
from harness.report import units
from harness.report.document import Doc

Word = Literal["accept", "reject", "re-test", "not tested"]


class EvidenceDoc(Doc):
    """What one view says of one metric of a node; null where it has no such number.

    view : absolute, baseline, peers, or "" where none could judge. What a stage found beside
    numbers stands here too: metric is then the fact or the kernel, view the stage (consistency,
    burnin, node), or `again` for the measurement beside a control node. deficit : fraction of what
    is expected, above 0 where the node is worse; sd : robust sd; p : Holm-adjusted over all nodes
    and metrics; n : repetitions; others : peers, or nodes of the baseline; line : all of it in
    words; look_first : a guess from the name of the metric.
    """

    metric: str
    view: str
    verdict: Word
    value: float | None
    unit: str
    better: Literal["higher", "lower"]
    expected: float | None
    source: str
    deficit: float | None
    sd: float | None
    p: float | None
    n: int
    others: int
    line: str
    look_first: str


def lowered(one: EvidenceDoc) -> EvidenceDoc:
    """A rejection that was not confirmed, as what it is worth."""
    return one.model_copy(update={"verdict": "re-test"}) if one.verdict == "reject" else one


def of_finding(one: Finding) -> EvidenceDoc:
    """What a stage found, without a number."""
    return EvidenceDoc(
        metric=one.what,
        view=one.stage,
        verdict=one.verdict.value,
        value=None,
        unit="",
        better="higher",
        expected=None,
        source="",
        deficit=None,
        sd=None,
        p=None,
        n=0,
        others=0,
        line=one.line,
        look_first=one.look,
    )


def of(one: Evidence, sources: dict[str, str]) -> EvidenceDoc:
    """One view of a metric. sources : metric -> where its absolute anchor is from."""
    return EvidenceDoc(
        metric=one.metric.name,
        view=one.view,
        verdict=one.verdict.value,
        value=one.value,
        unit=one.metric.unit,
        better=one.metric.better,
        expected=one.expected,
        source=sources.get(one.metric.name, "") if one.view == "absolute" else "",
        deficit=one.deficit,
        sd=one.sd,
        p=one.p,
        n=one.n,
        others=one.others,
        line=_line(one, sources),
        look_first=one.look,
    )


def _line(one: Evidence, sources: dict[str, str]) -> str:
    """``triad 188 GB/s: 6.1 % below the median of 63 peers, 200 GB/s (5.9 robust sd, n = 10)``."""
    if not one.view:
        return f"{one.metric.name}: {one.remark}"
    if one.verdict is Verdict.RETEST and one.remark.startswith("slow link"):
        return f"{_value(one)} over all pairs, but {one.remark}"
    remark = f"; {one.remark}" if one.remark else ""
    return f"{_value(one)}: {_against(one, sources)} ({_how(one)}){remark}"


def _value(one: Evidence) -> str:
    return f"{one.metric.name} {units.si(one.value, one.metric.unit)}"


def _against(one: Evidence, sources: dict[str, str]) -> str:
    what = {
        "peers": f"the median of {one.others} peers",
        "baseline": f"the baseline of {one.others} nodes",
        "absolute": sources.get(one.metric.name) or "the anchor",
    }[one.view]
    expected = f"{what}, {units.si(one.expected, one.metric.unit)}"
    if one.deficit is None:
        return f"above {expected}"
    higher = (one.deficit < 0.0) == (one.metric.better == "higher")
    return f"{100.0 * abs(one.deficit):.1f} % {'above' if higher else 'below'} {expected}"


def _how(one: Evidence) -> str:
    n = f"n = {one.n}"
    return n if one.sd is None else f"{abs(one.sd):.1f} robust sd, {n}"
