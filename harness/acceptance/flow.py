"""An acceptance from its first stage to its verdicts: begun, or gone on with."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from harness.acceptance import again, measured, suites
from harness.acceptance.judging import Judge, Verdicts
from harness.acceptance.measured import Measured
from harness.acceptance.runner import Ran, Runner, Task
from harness.acceptance.state import GOES_ON, Asked, How, Known, Log, NodeEnd, StageRecord
from harness.config.cluster import Partition
from harness.judge import promises
from harness.judge.fleet import consistency, evidence, findings
from harness.judge.fleet.consistency import Consistency
from harness.judge.fleet.findings import Finding
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.promises import Delivered
from harness.prepare import Request
from harness.record.write_once import write_once
from harness.report import evidence_document, units

STAGES: Final = ("consistency", *suites.ORDER)
_FACTS: Final = "environments.json"
_LEAST: Final = 2
_OF_ALL: Final = ("pairs", "all")
_FINISHED: Final = (0, 1, 4, 5)
"""Exit codes of a run that has an outcome for each case; any other is tried again on resume."""
_HOW: Final[dict[Verdict, How]] = {
    Verdict.ACCEPT: "passed",
    Verdict.RETEST: "re-test",
    Verdict.REJECT: "rejected",
    Verdict.NOT_TESTED: "not tested",
}


@dataclass
class Found:
    """What is known at the end. control : the node that suspects were measured beside, or ""."""

    verdicts: Verdicts
    stages: list[StageRecord]
    consistency: Consistency | None
    findings: tuple[Finding, ...]
    unconfirmed: frozenset[str]
    control: str
    promises: list[Delivered]


@dataclass
class _Collected:
    """What the stages have found so far."""

    parts: dict[str, Measured] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    consistency: Consistency | None = None
    unconfirmed: frozenset[str] = frozenset()
    control: str = ""
    free_B: int | None = None


class Flow:
    """One acceptance."""

    def __init__(
        self,
        asked: Asked,
        log: Log,
        runner: Runner,
        judge: Judge,
        request: Request,
        partition: Partition,
        tell: Callable[[str], None],
    ) -> None:
        """Request : of cluster, partition and results; tell : takes lines about what goes on."""
        self._partition = partition
        self._asked = asked
        self._log = log
        self._runner = runner
        self._judge = judge
        self._request = request
        self._tell = tell
        self._known = Known(asked)
        self._all = _Collected()
        self._stages: list[StageRecord] = []

    def go_on_from(self, known: Known) -> None:
        """Take over what an earlier process has finished."""
        self._known = known

    def run(self) -> Found:
        """All stages, each on the nodes that go on from the one before."""
        nodes = self._asked.nodes
        for stage in self._asked.stages:
            nodes = self._stage(stage, nodes)
        self._all.findings += self._unjudged()
        verdicts = self._judged(self._all.parts.values())
        return Found(
            verdicts,
            self._stages,
            self._all.consistency,
            tuple(self._all.findings),
            self._all.unconfirmed,
            self._all.control,
            self._promises(),
        )

    def _unjudged(self) -> list[Finding]:
        """What was not measured never passes: a single node has no pairs and no peers."""
        compared = self._all.consistency.compared if self._all.consistency else 0
        if self._all.parts or compared:
            return []
        (*_, last) = self._asked.stages
        given = {one.node for one in self._all.findings}
        why = "not judged: nothing was measured, and there is no other node to compare it with"
        return [
            Finding(node, last, "stages", Verdict.RETEST, why)
            for node in self._asked.nodes
            if node not in given
        ]

    def _stage(self, stage: str, nodes: tuple[str, ...]) -> tuple[str, ...]:
        """One stage; returns the nodes that go on."""
        record = self._known.stages.get(stage) or StageRecord(stage, nodes, time.time())
        self._stages.append(record)
        if not nodes:
            return ()
        if stage not in self._known.stages:
            self._log.stage(stage, nodes)
        ends = self._ends(stage, nodes, over=record.ended is not None)
        for end in ends:
            if end.node not in record.ends:
                self._log.node(stage, end)
                record.ends[end.node] = end
        if record.ended is None:
            self._log.end(stage)
            record.ended = time.time()
            said = not_measured(stage, len(nodes)) or _counted(ends)
            self._tell(f"{stage}: {said}, {units.seconds(record.ended - record.started)}")
        return tuple(one.node for one in ends if one.ended in GOES_ON)

    def _ends(self, stage: str, nodes: tuple[str, ...], *, over: bool) -> list[NodeEnd]:
        if stage == "consistency":
            return self._consistency(nodes)
        if stage in _OF_ALL:
            return self._together(stage, nodes)
        return self._each(stage, nodes, over=over)

    # consistency

    def _consistency(self, nodes: tuple[str, ...]) -> list[NodeEnd]:
        told = self._environments(nodes)
        known = {node: one for node, one in told.items() if not isinstance(one, str)}
        found = consistency.compared(known)
        silent = [
            Finding(node, "consistency", "answer", Verdict.NOT_TESTED, why)
            for node, why in told.items()
            if isinstance(why, str)
        ]
        free = [one["hardware"].get("memory_available_B") for one in known.values()]
        self._all.free_B = min((one for one in free if one), default=None)
        self._all.consistency = found
        mine = [*found.findings, *silent]
        self._all.findings += mine
        return [_end(node, mine, {}) for node in nodes]

    def _environments(self, nodes: tuple[str, ...]) -> Mapping[str, dict[str, Any] | str]:
        """What the nodes are; asked once, also by an acceptance that is resumed."""
        file = self._log.folder / _FACTS
        if file.exists():
            kept: dict[str, dict[str, Any] | str] = json.loads(file.read_text(encoding="utf-8"))
            return kept
        self._tell(f"consistency: asking {units.counted(len(nodes), 'node')} what they are")
        told = self._runner.census(nodes)
        write_once(file, json.dumps(told).encode())
        return told

    # a suite on each node

    def _each(self, stage: str, nodes: tuple[str, ...], *, over: bool) -> list[NodeEnd]:
        task, cases = self._task(stage, 1)
        estimate = units.seconds(sum(one.estimated_s * one.launches for one in cases))
        if not over:
            self._tell(
                f"{stage}: {units.counted(len(nodes), 'node')}, {units.counted(len(cases), 'case')}"
                f" each, at least {estimate}; {min(len(nodes), self._asked.at_once)} at once"
            )
        part, missing = self._measured(stage, task, nodes)
        self._all.parts[stage] = part
        mine = [*part.findings, *missing]
        mine += self._again(stage, part, cases, nodes)
        self._all.findings += mine
        return self._judged_ends(stage, part, mine, nodes)

    def _measured(
        self, stage: str, task: Task, nodes: Sequence[str]
    ) -> tuple[Measured, list[Finding]]:
        """The runs of a task on each node; a finding for each node without one."""
        results = self._log.folder.parent
        folders = {
            node: results / self._known.runs[stage, node]
            for node in nodes
            if (stage, node) in self._known.runs
        }
        left = [one for one in nodes if one not in folders]
        missing: list[Finding] = []

        def ended(node: str, ran: Ran) -> None:
            if ran.folder is not None:
                folders[node] = ran.folder
            else:
                missing.append(Finding(node, stage, "run", Verdict.NOT_TESTED, ran.reason))
            if ran.folder is not None and ran.code in _FINISHED:
                self._log.run(stage, node, ran.folder.name)
            count = f"{len(folders) + len(missing)} of {len(nodes)}"
            said = "measured" if ran.folder else f"not measured: {ran.reason}"
            self._tell(f"{stage}: {node} {said} ({count})")

        if left:
            self._runner.each(task, left, ended)
        in_order = {node: folders[node] for node in nodes if node in folders}
        return measured.of_runs(stage, in_order), missing

    def _task(self, stage: str, nodes: int, called: str = "") -> tuple[Task, Sequence[Any]]:
        """The suite of a stage, planned once and kept; and its cases. called : its runs."""
        name = suites.name(stage, quick=self._asked.quick)
        file = self._log.folder / f"{called or stage}.yaml"
        asked = replace(self._request, free_B=self._all.free_B)
        prepared = suites.planned(
            replace(asked, name=str(file) if file.exists() else name),
            nodes,
            suites.LONGEST_S if stage == "node" else math.inf,
        )
        suites.write(file, prepared.title, prepared.cases)
        return self._task_of(called or stage, file), prepared.cases

    def _task_of(self, name: str, file: Path) -> Task:
        tag = self._asked.tag
        return Task(name, file, (tag, f"{tag}-{name}"))

    # measured again, beside a control node

    def _again(
        self, stage: str, part: Measured, cases: Sequence[Any], nodes: tuple[str, ...]
    ) -> list[Finding]:
        found = self._judge(part.read, part.environment, final=False).found
        wanted = [one for one in again.suspects(found) if one in nodes]
        if not wanted:
            return []
        control = evidence.control(found) or _unsuspected(found.table.nodes, wanted)
        self._all.control = control
        kernels = again.kernels(found)
        file = self._log.folder / f"{stage}-again.yaml"
        suites.write(file, "measured again", suites.of_kernels(cases, kernels))
        beside = f" beside {control}" if control else ""
        self._tell(
            f"again: {consistency.listed(wanted)}{beside} ({', '.join(sorted(kernels))}), before "
            "anything is rejected"
        )
        task = self._task_of(f"{stage}-again", file)
        both = [*wanted, *([control] if control else [])]
        second, missing = self._measured(f"{stage}-again", task, both)
        why = {one.node: one.line for one in missing}
        confirmed = again.compared(found, again.values(second.read.table), control, why)
        self._all.unconfirmed |= confirmed.unconfirmed
        return list(confirmed.findings)

    def _judged_ends(
        self, stage: str, part: Measured, mine: Sequence[Finding], nodes: tuple[str, ...]
    ) -> list[NodeEnd]:
        found = self._judge(part.read, part.environment, final=False).found
        found = findings.beside(found, mine, self._all.unconfirmed)
        runs = {node: run for run, node in part.named.items()}
        whole = self._known.runs.get((stage, ""), part.whole[0].origin.run if part.whole else "")
        place = {node: at for at, node in enumerate(found.table.nodes)}
        ends = [_end(node, mine, runs, whole) for node in nodes]
        if part.whole and not found.table.metrics:
            return ends  # of all nodes at once: no number is that of a node
        return [
            _judged_end(found, place[one.node], one)
            if one.node in place
            else replace(one, ended="not tested")
            for one in ends
        ]

    # over all nodes at once

    def _together(self, stage: str, nodes: tuple[str, ...]) -> list[NodeEnd]:
        """Pairs of nodes; or blocks of cluster.yaml, and then all nodes."""
        why = not_measured(stage, len(nodes))
        if why:
            return [NodeEnd(node, "passed", why) for node in nodes]
        blocks = self._blocks(nodes) if stage == "all" else {}
        mine: list[Finding] = []
        for name, members in {**blocks, "": nodes}.items():
            task = "-".join(one for one in (stage, name) if one)
            part = self._over(task, stage, members)
            self._all.parts[task] = part
            mine += part.findings
        if stage == "pairs":
            mine += self._pairs_again(nodes)
        self._all.findings += mine
        return self._judged_ends(stage, self._all.parts[stage], mine, nodes)

    def _blocks(self, nodes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The blocks of cluster.yaml that are neither a single node nor all of them."""
        groups = self._partition.groups(nodes)
        return {k: one for k, one in groups.items() if _LEAST <= len(one) < len(nodes)}

    def _over(self, name: str, stage: str, nodes: tuple[str, ...]) -> Measured:
        """One run over these nodes, with what speaks against all of them."""
        task, _ = self._task(stage, len(nodes), name)
        done = self._known.runs.get((name, ""))
        ran = Ran(self._log.folder.parent / done, 0) if done else None
        if ran is None:
            self._tell(f"{name}: one run over {units.counted(len(nodes), 'node')}")
            ran = self._runner.together(task, nodes)
            if ran.folder is not None and ran.code in _FINISHED:
                self._log.run(name, "", ran.folder.name)
        if ran.folder is not None:
            return measured.of_all(stage, ran.folder, nodes)
        silent = [Finding(one, stage, "run", Verdict.NOT_TESTED, ran.reason) for one in nodes]
        return Measured(findings=tuple(silent))

    def _pairs_again(self, nodes: tuple[str, ...]) -> list[Finding]:
        """All pairs once more, if a node is suspected: its partners are the control."""
        part = self._all.parts["pairs"]
        found = self._judge(part.read, part.environment, final=False).found
        suspects = again.suspects(found)
        if not suspects:
            return []
        self._tell(f"again: all pairs, since {consistency.listed(suspects)} may be slow")
        second = self._over("pairs-again", "pairs", nodes)
        judged = self._judge(second.read, second.environment, final=False).found
        values = again.values(judged.table, judged.cells)
        confirmed = again.compared(found, values, "", {})
        self._all.unconfirmed |= confirmed.unconfirmed
        return list(confirmed.findings)

    def _promises(self) -> list[Delivered]:
        """What was promised of the whole machine, and what all stages delivered."""
        if self._judge.promised is None or "all" not in self._asked.stages:
            return []
        parts = self._all.parts.values()
        cases = [one for part in parts for one in (*part.cases, *part.whole)]
        nodes = len(self._asked.nodes)
        return promises.check(self._judge.promised, cases, nodes, self._judge.where)

    def _judged(self, parts: Iterable[Measured]) -> Verdicts:
        whole = measured.joined(list(parts))
        verdicts = self._judge(whole.read, whole.environment)
        found = findings.beside(verdicts.found, self._all.findings, self._all.unconfirmed)
        return replace(verdicts, found=measured.with_slow_ranks(found, whole))


def not_measured(stage: str, nodes: int) -> str:
    """Why a stage measures nothing of so many nodes; "" if it does."""
    few = stage in _OF_ALL and nodes < _LEAST
    return f"not measured: it takes {_LEAST} nodes, and {nodes} came to it" if few else ""


def _unsuspected(nodes: Sequence[str], suspects: Sequence[str]) -> str:
    """A node that nothing speaks against, where none could be accepted."""
    return next((one for one in nodes if one not in suspects), "")


def _end(node: str, found: Sequence[Finding], runs: Mapping[str, str], whole: str = "") -> NodeEnd:
    mine = [one for one in found if one.node == node]
    verdict = findings.worst(one.verdict for one in mine)
    reason = next((one.line for one in mine if one.verdict is verdict), "")
    return NodeEnd(node, _HOW[verdict], reason, runs.get(node, whole))


def _judged_end(found: Judged, at: int, end: NodeEnd) -> NodeEnd:
    """With the verdict over all metrics, and what speaks for it."""
    verdict = found.verdicts[at]
    told = () if end.reason or verdict is Verdict.ACCEPT else evidence.of_node(found, at)
    reason = next((evidence_document.of(one, {}).line for one in told), end.reason)
    return replace(end, ended=_HOW[verdict], reason=reason)


def _counted(ends: Sequence[NodeEnd]) -> str:
    words = {"passed": "passed", "re-test": "to be tested again"}
    counts = {how: sum(one.ended == how for one in ends) for how in _HOW.values()}
    return ", ".join(f"{n} {words.get(how, how)}" for how, n in counts.items() if n)
