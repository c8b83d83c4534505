"""From the runs of a stage to what is judged: numbers of each node, and what was no number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from harness import shown
from harness.errors import CorruptStore
from harness.judge.fleet import links, runs, slow_ranks
from harness.judge.fleet import table as tables
from harness.judge.fleet.file import Read
from harness.judge.fleet.findings import Finding
from harness.judge.fleet.links import Links
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.placement import is_of
from harness.record import by_rank, recorded, store
from harness.record.recorded import Recorded
from harness.report.document import CaseDoc
from kernels import listing

_MEASURED: Final = ("pass", "slow", "inconclusive", "no-reference")
_WRONG: Final = "wrong"


@dataclass(frozen=True)
class Measured:
    """cases : of one node each; named : run -> node; findings : wrong answers, what has no result.

    links : pairs of nodes; whole : cases over several nodes.
    """

    cases: tuple[Recorded, ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    links: Links | None = None
    whole: tuple[Recorded, ...] = ()

    @property
    def read(self) -> Read:
        """The numbers of the nodes, and of pairs of them."""
        table = runs.of_cases(self.cases, self.named)
        if self.links is None:
            return Read(table, None)
        table = tables.wanting(table, (), self.links.nodes)
        return Read(table, self.links.among(table.nodes))

    @property
    def environment(self) -> str:
        """The hardware key that most nodes have, "" where none is known."""
        keys = runs.keys(self.cases)
        return keys[0][0] if keys else ""


def of_runs(stage: str, folders: Mapping[str, Path]) -> Measured:
    """The runs of a stage that measured one node each: node -> folder of its run."""
    cases: list[Recorded] = []
    findings: list[Finding] = []
    for node, folder in folders.items():
        try:
            cases += _cases(folder)
            findings += _of_node(stage, node, shown.run(folder).cases)
        except CorruptStore as error:
            findings.append(Finding(node, stage, "record", Verdict.NOT_TESTED, str(error)))
    named = {folder.name: node for node, folder in folders.items()}
    return Measured(tuple(cases), named, tuple(_of_all(findings, len(folders))))


def joined(parts: Sequence[Measured]) -> Measured:
    """Several stages as one."""
    return Measured(
        tuple(one for part in parts for one in part.cases),
        {run: node for part in parts for run, node in part.named.items()},
        tuple(one for part in parts for one in part.findings),
        next((part.links for part in parts if part.links), None),
        tuple(one for part in parts for one in part.whole),
    )


def of_all(stage: str, folder: Path, nodes: Sequence[str]) -> Measured:
    """A run over several nodes: pairs, if it measured any, and what speaks against all of them."""
    cases = _cases(folder)
    findings = [
        Finding(node, stage, one.what, Verdict.RETEST, one.line, one.look)
        for one in _of_node(stage, "", shown.run(folder).cases)
        for node in nodes
    ]
    found = None
    for case in cases:
        if case.kernel == links.KERNEL and case.metrics:
            told = links.of_record(case)
            found = replace(told, nodes=tuple(_asked(one, nodes) for one in told.nodes))
    return Measured((), {}, tuple(findings), found, tuple(cases))


def _asked(host: str, nodes: Sequence[str]) -> str:
    """The name that a host was asked for by."""
    return next((one for one in nodes if is_of(host, "", (one,))), host)


def _cases(folder: Path) -> list[Recorded]:
    header = partial(store.header, folder)
    last = {case: folder / found[max(found)] for case, found in store.attempts(folder).items()}
    return [recorded.read(path, header) for path in last.values()]


def _of_node(stage: str, node: str, cases: Sequence[CaseDoc]) -> Iterator[Finding]:
    for one in cases:
        if one.outcome == _WRONG or one.wrong:
            line = f"{one.kernel}: wrong answer: {one.reason}"
            look = "memory (ECC counters, dmesg), clock and voltage settings, then the processor"
            yield Finding(node, stage, one.kernel, Verdict.REJECT, line, look)
        elif one.outcome not in _MEASURED:
            line = f"{one.kernel}: {one.outcome}, {one.reason or 'nothing was said'}"
            yield Finding(node, stage, one.kernel, Verdict.NOT_TESTED, line)


def _of_all(findings: Sequence[Finding], nodes: int) -> Iterator[Finding]:
    """Where most nodes give a wrong answer, it is not that of a node."""
    for one in findings:
        same = {each.node for each in findings if _is_same(each, one)}
        if one.verdict is Verdict.REJECT and len(same) > 1 and 2 * len(same) > nodes:
            words = f"; so it is on {len(same)} of {nodes} nodes: software rather than a node"
            yield replace(one, verdict=Verdict.RETEST, line=one.line + words)
        else:
            yield one


def _is_same(one: Finding, other: Finding) -> bool:
    return (one.what, one.verdict) == (other.what, other.verdict)


def with_slow_ranks(found: Judged, measured: Measured) -> Judged:
    """The verdicts with which rank or NUMA node is slow, where a metric is bad."""
    place = {name: at for at, name in enumerate(found.table.nodes)}
    column = {one.name: at for at, one in enumerate(found.table.metrics)}
    remarks: dict[tuple[int, int], str] = {}
    for (name, phase), paths in _phases(measured).items():
        if name not in column or not found.suspected[:, column[name]].any():
            continue
        told = slow_ranks.remarks({node: by_rank.of(path) for node, path in paths.items()}, phase)
        for node, words in told.items():
            remarks[place[node], column[name]] = words
    return replace(found, remarks=remarks)


def _phases(measured: Measured) -> dict[tuple[str, str], dict[str, Path]]:
    """(metric, its phase) -> the file of each node; phases in which all ranks work."""
    called = runs.labels(measured.cases)
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for case in measured.cases:
        if case.ranks < 2 or case.kernel not in listing.names():
            continue
        kernel = listing.load(case.kernel)(**case.parameters)
        several = len(kernel.phases()) > 1
        for phase in kernel.phases():
            for metric in () if phase.alone or phase.point else phase.metrics:
                name = f"{phase.name}_{metric.name}" if several else metric.name
                key = f"{called[case.series]}.{name}", phase.name
                found.setdefault(key, {})[measured.named[case.origin.run]] = case.path
    return found
