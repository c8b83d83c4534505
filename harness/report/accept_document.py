"""The document of `qyran accept`: a verdict for each node, and everything that led to it."""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict
from typing import Literal

from pydantic import Field

from harness.judge.fleet import evidence
from harness.judge.fleet.pairs import Link, LinkKind
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.fleet.views import Fleet, View
from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.report import accept_cells, advice, evidence_document, units
from harness.report.accept_cells import CellsDoc, PairMatrixDoc
from harness.report.document import Doc
from harness.report.drained import DrainedDoc
from harness.report.evidence_document import EvidenceDoc, Word
from harness.report.promise_document import PromiseDoc
from harness.report.stage_document import NOTHING, FactDoc, More, StageDoc


class NodeVerdictDoc(Doc):
    """A node. control : an ordinary node to measure beside it; repeat : what to do to be sure."""

    node: str
    verdict: Word
    reason: str
    evidence: list[EvidenceDoc]
    control: str
    repeat: str


class LinkDoc(Doc):
    """A slow link between two nodes that are well otherwise; numbers as of `EvidenceDoc`.

    kind : `within blocks`, `across blocks` or `of nodes in no block`; it is judged among links of
    its kind. "" where all links are alike.
    """

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
    kind: str = ""


class GroupsDoc(Doc):
    """Two groups of a bimodal fleet; behind : fraction between their means."""

    worse: int
    better: int
    behind: float


class LinkKindDoc(Doc):
    """Links of one kind, which are judged apart; numbers as of `FleetMetricDoc`.

    kind : as of `LinkDoc`; silent : why they are not judged, "" where they are.
    """

    kind: str
    median: float | None
    spread: float | None
    n: int
    main: int
    sees: float | None
    bimodal: GroupsDoc | None
    silent: str


class FleetMetricDoc(Doc):
    """What the nodes are like in one metric; null where there are too few of them.

    median : of the main group; spread : its robust sd, a fraction of it; n : nodes with a value;
    main : of the main group; faster : nodes that are outliers on the better side; sees : the
    smallest deficit that peers would reject, a fraction; views : those that judged it; silent : why
    the others did not; links : why the links of pairs were not judged, "" where they were; kinds :
    links within and across blocks of cluster.yaml, [] where all are judged together. The value of a
    node is then that of the kind with the most links, to which the others are scaled.
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
    kinds: list[LinkKindDoc] = Field(default_factory=list)


class ThresholdsDoc(Doc):
    """The thresholds as they were used (docs/accept.md says what each is); fractions.

    null : of a document that was written without it.
    """

    effect: float | None
    pair_effect: float | None
    floor: float | None
    retest: float | None
    reject: float | None
    tolerance: float | None
    doubt: float | None
    certain: float | None
    gross: float | None
    least: int | None
    clip: float | None
    minority: float | None
    together: float | None
    implausible: float | None


class AcceptDoc(Doc):
    """What `qyran accept` prints. nodes : in the order of their names, each once.

    Of nodes that it measured itself: id : of the acceptance, stages : in the order in which they
    were asked for, facts : in which the nodes differ, of the number that was compared.
    cells, pairs : the numbers that were judged; paired : the nodes of which pairs were measured, of
    more than 128 of them ``pairs`` is empty.
    advice : what to type where a fleet is too small to be judged, "" elsewhere.
    not_recorded : what an earlier version had not written, where its document was read again.
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
    id: str = ""
    cluster: str = ""
    stages: list[StageDoc] = Field(default_factory=list)
    facts: list[FactDoc] = Field(default_factory=list)
    compared: int = 0
    promises: list[PromiseDoc] = Field(default_factory=list)
    drained: list[DrainedDoc] = Field(default_factory=list)
    cells: CellsDoc | None = None
    pairs: list[PairMatrixDoc] = Field(default_factory=list)
    paired: int = 0
    advice: str = ""
    not_recorded: list[str] = Field(default_factory=list)


METHOD = [
    "pairs: a node by the median over its pairs; a link without what a slow end explains, among "
    "links of its kind: within a block of cluster.yaml, or across blocks",
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
MEASURED = [
    "consistency: fact by fact beside the majority; what was bought rejects beside 80 % of at "
    "least 5 nodes that have more",
    "a rejection by a metric stands only if a second measurement beside a control node is as "
    "bad: behind by 3 % and by half of the first deficit, the control not",
]


def of(
    found: Judged,
    source: str,
    contract: str | None,
    baseline: str | None,
    sources: dict[str, str],
    more: More = NOTHING,
) -> AcceptDoc:
    """The document. sources : metric -> where its absolute anchor is from."""
    counts = {one.value: found.verdicts.count(one) for one in Verdict}
    control = more.control or evidence.control(found)
    given = (("--contract", contract), ("--baseline", baseline))
    typed = " ".join([source, *(f"{flag} {shlex.quote(one)}" for flag, one in given if one)])
    return AcceptDoc(
        source=source,
        contract=contract,
        baseline=baseline,
        exit_code=_worst(exit_code(found), more.promises_code),
        counts=counts,
        nodes=[_node(found, i, control, typed, sources, more) for i in range(len(found.verdicts))],
        links=[_link(found, one) for one in found.links],
        fleet=[_metric(found, i) for i in range(len(found.fleets))],
        thresholds=ThresholdsDoc(**asdict(found.limits)),
        method=METHOD + (MEASURED if more.id else []),
        id=more.id,
        cluster=more.cluster,
        stages=list(more.stages),
        facts=list(more.facts),
        compared=more.compared,
        promises=list(more.promises),
        cells=accept_cells.cells(found),
        advice=advice.too_few(found, source, contract, more.id),
    )


def _worst(*codes: int) -> int:
    """Of nodes and of promises: rejected or broken, not measured, undecided, good."""
    order = (PERFORMANCE_FAILED, NOT_MEASURED, INCONCLUSIVE, GOOD)
    return min(codes, key=order.index)


def exit_code(found: Judged) -> int:
    """1 a node rejected, 3 one not tested, 4 one undecided, 0 all accepted; none at all is 3."""
    verdicts = set(found.verdicts)
    if Verdict.REJECT in verdicts:
        return PERFORMANCE_FAILED
    if Verdict.NOT_TESTED in verdicts or not verdicts:
        return NOT_MEASURED
    return INCONCLUSIVE if Verdict.RETEST in verdicts else GOOD


def _node(
    found: Judged, at: int, control: str, typed: str, sources: dict[str, str], more: More
) -> NodeVerdictDoc:
    name, verdict = found.table.nodes[at], found.verdicts[at]
    made = _all_evidence(found, at, sources, more)
    suspected = verdict in (Verdict.REJECT, Verdict.RETEST) and control != name
    return NodeVerdictDoc(
        node=name,
        verdict=verdict.value,
        reason=_reason(verdict, made),
        evidence=made,
        control=control if suspected else "",
        repeat="" if verdict is Verdict.ACCEPT else _repeat(name, suspected * control, typed, more),
    )


_ORDER: dict[str, int] = {"reject": 0, "not tested": 1, "re-test": 2, "accept": 3}


def _all_evidence(found: Judged, at: int, sources: dict[str, str], more: More) -> list[EvidenceDoc]:
    """Metrics and findings of a node, the worst first; what was measured again comes last."""
    name = found.table.nodes[at]
    findings = [evidence_document.of_finding(one) for one in more.findings if one.node == name]
    numbers = [evidence_document.of(one, sources) for one in evidence.of_node(found, at)]
    if name in more.unconfirmed:
        numbers = [evidence_document.lowered(one) for one in numbers]
    if any(one.verdict == "reject" for one in findings):  # it was not measured any further
        numbers = [one for one in numbers if one.verdict != "not tested"]
    made = sorted([*findings, *numbers], key=lambda one: _ORDER[one.verdict])
    return sorted(made, key=lambda one: one.view == "again")


def _reason(verdict: Verdict, evidence: list[EvidenceDoc]) -> str:
    """The line that a verdict is known by, and how many further metrics say the same."""
    if verdict is Verdict.ACCEPT:
        return ""
    first = [one for one in evidence if one.view != "again"]
    same = [one for one in first if one.verdict == verdict.value] or first
    again = [
        one.line
        for one in evidence
        if same and one.view == "again" and one.metric == same[0].metric
    ]
    further = {one.metric for one in same} - {same[0].metric} if same else set()
    more = f"; and {units.counted(len(further), 'more metric')}" if further else ""
    line = same[0].line if same else "no metric was asked for"
    return "; ".join([line, *again]) + more


def _repeat(node: str, control: str, typed: str, more: More) -> str:
    """What to type to be sure of a node. typed : words of `qyran accept` that judge again."""
    if more.repeat is not None:
        return more.repeat(f"{node},{control}" if control else node)
    beside = f" and {control} beside it as a control" if control else ""
    return f"measure {node} again{beside}; then: qyran accept {typed}"


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
        f"{100.0 * one.deficit:.1f} % {side} other links{' ' * bool(one.kind)}{one.kind}, "
        f"{units.si(one.expected, metric.unit)} ({one.sd:.1f} robust sd)",
        kind=one.kind,
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
        kinds=[_kind(one) for one in found.kinds[column]],
    )


def _kind(one: LinkKind) -> LinkKindDoc:
    fleet = one.fleet
    return LinkKindDoc(
        kind=one.name,
        median=fleet and fleet.median,
        spread=fleet and _finite(fleet.spread),
        n=fleet.nodes if fleet else 0,
        main=fleet.main if fleet else 0,
        sees=fleet and _finite(fleet.sees),
        bimodal=_groups(fleet),
        silent=one.silent,
    )


def _silent(views: tuple[View, ...], column: int) -> dict[str, str]:
    return {one.name: one.silent[column] for one in views if one.silent[column]}


def _groups(fleet: Fleet | None) -> GroupsDoc | None:
    if fleet is None or fleet.groups is None:
        return None
    return GroupsDoc(**asdict(fleet.groups))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
