"""The document of `qyran accept`: a verdict for each node, and everything that led to it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Literal

from pydantic import Field

from harness.judge.fleet import evidence
from harness.judge.fleet.evidence import Evidence
from harness.judge.fleet.pairs import Link
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.fleet.views import Fleet, View
from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.report import accept_cells, units
from harness.report.accept_cells import CellsDoc, PairMatrixDoc
from harness.report.document import Doc

Word = Literal["accept", "reject", "re-test", "not tested"]


class EvidenceDoc(Doc):
    """What one view says of one metric of a node; null where it has no such number.

    view : absolute, baseline, peers, or "" where none could judge; deficit : fraction of what is
    expected, above 0 where the node is worse; sd : robust sd; p : Holm-adjusted over all nodes and
    metrics; n : repetitions; others : peers, or nodes of the baseline; line : all of it in words;
    look_first : a guess from the name of the metric.
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


class NodeVerdictDoc(Doc):
    """A node. control : an ordinary node to measure beside it; repeat : what to do to be sure."""

    node: str
    verdict: Word
    reason: str
    evidence: list[EvidenceDoc]
    control: str
    repeat: str


class LinkDoc(Doc):
    """A slow link between two nodes that are well otherwise; numbers as of `EvidenceDoc`."""

    metric: str
    nodes: tuple[str, str]
    verdict: Word
    value: float
    unit: str
    expected: float
    deficit: float
    sd: float
    p: float
    line: str


class GroupsDoc(Doc):
    """Two groups of a bimodal fleet; behind : fraction between their means."""

    worse: int
    better: int
    behind: float


class FleetMetricDoc(Doc):
    """What the nodes are like in one metric; null where there are too few of them.

    median : of the main group; spread : its robust sd, a fraction of it; n : nodes with a value;
    main : of the main group; faster : nodes that are outliers on the better side; sees : the
    smallest deficit that peers would reject, a fraction; views : those that judged it; silent : why
    the others did not; links : why the links of pairs were not judged, "" where they were.
    """

    metric: str
    unit: str
    better: Literal["higher", "lower"]
    median: float | None
    spread: float | None
    n: int
    main: int
    faster: int
    sees: float | None
    bimodal: GroupsDoc | None
    views: list[str]
    silent: dict[str, str]
    links: str


class ThresholdsDoc(Doc):
    """The thresholds as they were used (docs/accept.md says what each is); fractions."""

    effect: float
    pair_effect: float
    floor: float
    retest: float
    reject: float
    tolerance: float
    doubt: float
    certain: float
    gross: float
    least: int
    clip: float
    minority: float


class AcceptDoc(Doc):
    """What `qyran accept` prints. nodes : in the order of their names, each once.

    cells, pairs : the numbers that were judged; pairs of more than 128 nodes are left out.
    """

    schema_id: Literal["qyran.accept/1"] = Field("qyran.accept/1", alias="schema")
    source: str
    contract: str | None
    baseline: str | None
    exit_code: int
    counts: dict[Word, int]
    nodes: list[NodeVerdictDoc]
    links: list[LinkDoc]
    fleet: list[FleetMetricDoc]
    thresholds: ThresholdsDoc
    method: list[str]
    cells: CellsDoc | None = None
    pairs: list[PairMatrixDoc] = Field(default_factory=list)


METHOD = [
    "pairs: a node by the median over its pairs; a link without what a slow end explains",
    "value of a node: median over its repetitions, each that of its slowest rank",
    "absolute: worse than the anchor by more than two standard errors",
    "peers: leave-one-out median and sd of the main group (shortest half, grown and clipped), "
    "Student's t of the relative difference",
    "baseline: the same t beside the stored median and robust scale",
    "re-test: at least the smallest effect, and significant by Benjamini-Hochberg over nodes x "
    "metrics",
    "reject: significant by Holm over nodes x metrics too, among peers shown to be uniform; or "
    "beyond what any healthy fleet explains",
]


def of(
    found: Judged, source: str, contract: str | None, baseline: str | None, sources: dict[str, str]
) -> AcceptDoc:
    """The document. sources : metric -> where its absolute anchor is from."""
    counts = {one.value: found.verdicts.count(one) for one in Verdict}
    control = evidence.control(found)
    return AcceptDoc(
        source=source,
        contract=contract,
        baseline=baseline,
        exit_code=exit_code(found),
        counts=counts,
        nodes=[_node(found, i, control, source, sources) for i in range(len(found.verdicts))],
        links=[_link(found, one) for one in found.links],
        fleet=[_metric(found, i) for i in range(len(found.fleets))],
        thresholds=ThresholdsDoc(**asdict(found.limits)),
        method=METHOD,
        cells=accept_cells.cells(found),
    )


def exit_code(found: Judged) -> int:
    """1 a node rejected, 3 one not tested, 4 one undecided, 0 all accepted; none at all is 3."""
    verdicts = set(found.verdicts)
    if Verdict.REJECT in verdicts:
        return PERFORMANCE_FAILED
    if Verdict.NOT_TESTED in verdicts or not verdicts:
        return NOT_MEASURED
    return INCONCLUSIVE if Verdict.RETEST in verdicts else GOOD


def _node(
    found: Judged, at: int, control: str, source: str, sources: dict[str, str]
) -> NodeVerdictDoc:
    made = [_evidence(one, sources) for one in evidence.of_node(found, at)]
    name, verdict = found.table.nodes[at], found.verdicts[at]
    suspected = verdict in (Verdict.REJECT, Verdict.RETEST)
    return NodeVerdictDoc(
        node=name,
        verdict=verdict.value,
        reason=_reason(verdict, made),
        evidence=made,
        control=control if suspected else "",
        repeat="" if verdict is Verdict.ACCEPT else _repeat(name, suspected * control, source),
    )


def _reason(verdict: Verdict, evidence: list[EvidenceDoc]) -> str:
    """The line that a verdict is known by, and how many further metrics say the same."""
    if verdict is Verdict.ACCEPT:
        return ""
    same = [one for one in evidence if one.verdict == verdict.value]
    further = {one.metric for one in same} - {same[0].metric} if same else set()
    more = f"; and {units.counted(len(further), 'more metric')}" if further else ""
    return (same[0].line if same else "no metric was asked for") + more


def _repeat(node: str, control: str, source: str) -> str:
    beside = f" and {control} beside it as a control" if control else ""
    return f"measure {node} again{beside}; then: qyran accept {source}"


def _evidence(one: Evidence, sources: dict[str, str]) -> EvidenceDoc:
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


def _link(found: Judged, one: Link) -> LinkDoc:
    metric = found.table.metrics[one.metric]
    names = found.table.nodes[one.a], found.table.nodes[one.b]
    side = "below" if metric.better == "higher" else "above"
    return LinkDoc(
        metric=metric.name,
        nodes=names,
        verdict=evidence.WORD[one.grade].value,
        value=one.value,
        unit=metric.unit,
        expected=one.expected,
        deficit=one.deficit,
        sd=one.sd,
        p=one.p,
        line=f"{metric.name} {names[0]} - {names[1]} {units.si(one.value, metric.unit)}: "
        f"{100.0 * one.deficit:.1f} % {side} other links, {units.si(one.expected, metric.unit)} "
        f"({one.sd:.1f} robust sd)",
    )


def _metric(found: Judged, column: int) -> FleetMetricDoc:
    metric, fleet = found.table.metrics[column], found.fleets[column]
    return FleetMetricDoc(
        metric=metric.name,
        unit=metric.unit,
        better=metric.better,
        median=fleet and fleet.median,
        spread=fleet and _finite(fleet.spread),
        n=fleet.nodes if fleet else 0,
        main=fleet.main if fleet else 0,
        faster=fleet.faster if fleet else 0,
        sees=fleet and _finite(fleet.sees),
        bimodal=_groups(fleet),
        views=[one.name for one in found.views if not one.silent[column]],
        silent=_silent(found.views, column),
        links=found.unjudged[column],
    )


def _silent(views: tuple[View, ...], column: int) -> dict[str, str]:
    return {one.name: one.silent[column] for one in views if one.silent[column]}


def _groups(fleet: Fleet | None) -> GroupsDoc | None:
    if fleet is None or fleet.groups is None:
        return None
    return GroupsDoc(**asdict(fleet.groups))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
