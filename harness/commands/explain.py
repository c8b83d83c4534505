"""`qyran explain`: why a recorded case has its outcome, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from harness import shown
from harness.commands import next_step, output
from harness.config import references as files
from harness.config.references import Placed
from harness.errors import CannotMeasure, unknown
from harness.judge import references, verdict
from harness.judge.compare import LEAST_LAUNCHES
from harness.judge.references import Site
from harness.plan.case import Case, Expected, from_dict
from harness.record import store
from harness.report import explanation
from harness.report.document import CaseDoc, MetricDoc, RunDoc
from harness.report.explain_document import (
    ExplainDoc,
    ExplainedDoc,
    ExplainedMetricDoc,
    NearDoc,
    Standing,
    UsedDoc,
)
from kernels import listing

_NEAR: Final = 3
_STANDING: Final[dict[str, Standing]] = {"all": "missed", "part": "partly missed", "": "within"}
_UNFINISHED: Final = ("infra", "skipped")
_BROKEN: Final = ("wrong", "error", "killed", "timeout")


def explain(run: str, kernel: str | None, results: Path, *, as_json: bool) -> None:
    """The cases of a run, or those of one kernel; exit 0, whatever their outcomes were."""
    explained = document(store.find(results, run), kernel, results)
    output.show(explained, explanation.text(explained), as_json=as_json)


def document(folder: Path, kernel: str | None, results: Path = store.DEFAULT) -> ExplainDoc:
    """The explanation of a run; ConfigError for a kernel that it has not."""
    run, header = shown.run(folder), store.header(folder)
    known = list(dict.fromkeys(one.kernel for one in run.cases))
    if kernel is not None and kernel not in known:
        raise unknown(run.run, "kernel", kernel, known)
    planned = {one["id"]: from_dict(dict(one)) for one in header["cases"]}
    if not run.cases:
        raise CannotMeasure(run.run, "holds no case")
    keys, site, commit = _origin(header)
    repeat = (
        next_step.repeated(header, results),
        next_step.repeated(header, results, LEAST_LAUNCHES),
    )
    entries = files.load()
    cases = [
        _Explained(run, one, planned[one.case], entries, site, repeat, results).document()
        for one in run.cases
        if kernel in (None, one.kernel)
    ]
    return ExplainDoc(
        run=run.run,
        path=run.path,
        cluster=run.cluster,
        suite=run.suite,
        outcome=run.outcome,
        hardware_key=site.hardware_key,
        software_key=keys,
        cpu=site.cpu,
        commit=commit,
        cases=cases,
    )


def _origin(header: Mapping[str, Any]) -> tuple[str, Site, str]:
    """The key of the software, the machine, and the commit that measured."""
    environment = header.get("environment") or {}
    keys = environment.get("fingerprint") or {}
    git = (environment.get("software") or {}).get("git") or {}
    cpu = (environment.get("hardware") or {}).get("cpu_model")
    site = Site(header["cluster"], str((keys.get("hardware") or {}).get("key", "")), cpu or "")
    return str((keys.get("software") or {}).get("key", "")), site, str(git.get("commit", ""))


@dataclass(frozen=True)
class _Explained:
    """A case of a run beside its plan and today's references.

    again : measures the run anew; as it was, and with enough launches to decide.
    """

    run: RunDoc
    case: CaseDoc
    planned: Case
    entries: list[Placed]
    site: Site
    again: tuple[str, str]
    results: Path

    def document(self) -> ExplainedDoc:
        """Its outcome with everything that led to it."""
        case = self.case
        return ExplainedDoc(
            case=case.case,
            kernel=case.kernel,
            parameters=case.parameters,
            nodes=case.nodes,
            ranks=case.ranks,
            threads=case.threads,
            outcome=case.outcome,
            reason=case.reason,
            notes=case.notes,
            method=self._method(),
            metrics=list(self._metrics()),
            next=list(self._next()),
            proposal=self._proposal(),
        )

    def _metrics(self) -> Iterator[ExplainedMetricDoc]:
        """The primary metric, and all that have a reference or nearly have one."""
        for name, one in self.case.metrics.items():
            used, near = self.planned.references.get(name), self._near(name)
            if used is None and not near and name != self.case.primary:
                continue
            yield ExplainedMetricDoc(
                metric=name,
                primary=name == self.case.primary,
                unit=one.unit,
                better=one.better,
                value=one.value,
                low=one.low,
                high=one.high,
                level=one.level,
                n=one.n,
                launches=one.launches,
                standing=_standing(one, used),
                reference=None if used is None else _used(used, one.better),
                near=near,
            )

    def _near(self, metric: str) -> list[NearDoc]:
        used = self.planned.references.get(metric)
        subject = references.subject(self.planned)
        others = references.near(self.entries, subject, self.site, metric)
        found = [
            NearDoc(
                place=one.placed.place,
                value=one.placed.entry.value.value,
                source=one.placed.entry.source,
                failed=list(one.failed),
            )
            for one in others
            if used is None or one.placed.place != used.place
        ]
        return found[:_NEAR]

    def _method(self) -> str:
        primary = self.case.metrics.get(self.case.primary)
        if primary is None:
            return "no number is reported without a passed verification"
        launches = len(primary.launches)
        times = "1 launch" if launches == 1 else f"{launches} launches"
        return (
            f"median of {primary.n} samples from {times}, with its distribution-free "
            f"{100 * primary.level:.1f} % interval; slow if the whole interval misses the limit, "
            "inconclusive if a part of it does"
        )

    def _next(self) -> Iterator[str]:
        run, there = self.run.run, next_step.at(self.results)
        if self.case.kernel not in listing.names():  # of another tool
            yield f"qyran history {self.case.kernel}{there}"
        elif self.case.outcome in _UNFINISHED:
            yield f"qyran resume {run}{there}"
        elif self.case.outcome in _BROKEN:
            yield f"less {Path(self.run.path) / 'log.txt'}"
            yield self.again[0]
        elif self.case.outcome in ("slow", "inconclusive"):
            yield self.again[1]
            yield f"qyran compare {run} last{there}"
            yield "qyran doctor"
        else:
            yield f"qyran history {self.case.kernel}{there}"

    def _proposal(self) -> str:
        """An entry for the primary metric, where it has a value and no reference."""
        primary = self.case.metrics.get(self.case.primary)
        if primary is None or self.case.primary in self.planned.references:
            return ""
        given = {k: v for k, v in self.case.parameters.items() if k not in self.case.fitted}
        size = next(iter(given.items()), None)
        day = datetime.fromtimestamp(self.case.started or self.run.started, UTC).date()
        lines = [
            f"- kernel: {self.case.kernel}",
            f"  metric: {self.case.primary}",
            f"  value: {primary.value:.6g}  # {primary.unit}",
            "  tolerance: 5 %",
            f"  system: {{hardware_key: '{self.site.hardware_key}'}}",
            *([f"  parameters: {{{size[0]}: {size[1]}}}"] if size else []),
            f"  geometry: {{nodes: {self.case.nodes}, ranks: {self.case.ranks}}}",
            f"  source: run {self.run.run}",
            f"  date: {day.isoformat()}",
            f"  n: {primary.n}",
        ]
        return "\n".join(lines)


def _standing(metric: MetricDoc, used: Expected | None) -> Standing:
    if used is None:
        return "no reference"
    if verdict.beyond(used, metric.better, metric.low, metric.high):
        return "beyond"
    return _STANDING[verdict.missed_by(used, metric.better, metric.low, metric.high)]


def _used(one: Expected, better: str) -> UsedDoc:
    return UsedDoc(
        value=one.value,
        lowest=one.lowest(better),
        highest=one.highest(better),
        source=one.source,
        date=one.date,
        n=one.n,
        place=one.place,
        why=one.why,
    )
