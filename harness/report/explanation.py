"""What a person reads of an explanation: the outcome, what it was held against, what to type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import comparison, units
from harness.report.explain_document import (
    ExplainDoc,
    ExplainedDoc,
    ExplainedMetricDoc,
    NearDoc,
    UsedDoc,
)
from harness.report.pair_document import ExplainPairDoc, WhyDoc

_CHANGES: Final = 6
_STYLE: Final = {
    "pass": "green",
    "slow": "bold red",
    "inconclusive": "yellow",
    "no-reference": "yellow",
    "skipped": "dim",
}
_SAID: Final = {
    "within": "within the limit",
    "missed": "the whole interval misses the limit",
    "partly missed": "a part of the interval misses the limit",
    "beyond": "the whole interval is better than the reference allows",
    "no reference": "no reference fits",
}


def text(document: ExplainDoc) -> RenderableType:
    """A block for each case, the machine above."""
    commit = f", commit {document.commit[:10]}" if document.commit else ""
    cpu = f", {document.cpu}" if document.cpu else ""
    head = [
        Text.assemble(("run  ", "bold"), f"{document.run} ({document.suite})"),
        Text.assemble(("on   ", "bold"), f"{document.cluster}{cpu}{commit}"),
        Text(f"     hardware {document.hardware_key or 'unknown'}, software "
             f"{document.software_key or 'unknown'}", style="dim"),
    ]  # fmt: skip
    return Group(*head, *(line for one in document.cases for line in _case(one)))


def _case(one: ExplainedDoc) -> Iterator[Text]:
    parameters = "".join(f" {k}={v}" for k, v in one.parameters.items())
    nodes = f" on {one.nodes} nodes" if one.nodes > 1 else ""
    yield Text("")
    yield Text.assemble(
        (one.kernel, "bold"),
        f"{parameters}, {one.ranks} x {one.threads}{nodes}: ",
        (one.outcome, _STYLE.get(one.outcome, "bold red")),
    )
    if one.reason:
        yield Text(f"  because  {one.reason}")
    for metric in one.metrics:
        yield from _metric(metric)
    yield Text(f"  method   {one.method}", style="dim")
    for note in one.notes:
        yield Text(f"  note     {note}", style="yellow")
    for command in one.next:
        yield Text(f"  next     {command}", style="cyan")
    if one.proposal:
        yield Text("  or give it a reference: a file of references/ that begins with `references:`")
        yield from (Text(f"    {line}", style="cyan") for line in one.proposal.split("\n"))


def _metric(one: ExplainedMetricDoc) -> Iterator[Text]:
    interval = units.si_range(one.low, one.high, one.unit) if one.n > 1 else "one sample"
    better = "more is better" if one.better == "higher" else "less is better"
    yield Text(f"  {one.metric} {units.si(one.value, one.unit)} in {interval} ({better})")
    if one.reference is not None:
        yield Text(f"    held against {_limits(one.reference, one.unit)}: {_SAID[one.standing]}")
        yield from (Text(f"      {words}", style="dim") for words in _origin(one.reference))
    else:
        yield Text(f"    {_SAID[one.standing]}", style="yellow")
    yield from (Text(f"    not {_near(near, one.unit)}", style="dim") for near in one.near)


def _limits(used: UsedDoc, unit: str) -> str:
    least = [] if used.lowest is None else [f"at least {units.si(used.lowest, unit)}"]
    most = [] if used.highest is None else [f"at most {units.si(used.highest, unit)}"]
    return f"{units.si(used.value, unit)}, {' and '.join(least + most)}"


def _origin(used: UsedDoc) -> Iterator[str]:
    of = [used.source, used.date, f"{used.n} measurements" if used.n else ""]
    yield f"source: {', '.join(filter(None, of)) or 'not said'}"
    if used.place:
        yield f"from {used.place}" + (f", for {used.why}" if used.why else "")


def _near(near: NearDoc, unit: str) -> str:
    why = ", ".join(near.failed) or "it fits today, and was not used: less specific, or newer"
    return f"{near.place} ({units.si(near.value, unit)}): {why}"


def pair(document: ExplainPairDoc) -> RenderableType:
    """The verdict on a metric for each case of two selections."""
    lines = [Text.assemble(("A  ", "bold"), document.a), Text.assemble(("B  ", "bold"), document.b)]
    for one in document.cases:
        lines += _why(one, document.tested)
    changes = document.environment
    if changes is None:
        lines.append(Text("environment: cannot be read on one side", style="dim"))
    else:
        lines.append(Text(f"environment: {units.counted(len(changes), 'difference')}", "dim"))
        for change in changes[:_CHANGES]:
            means = f" ({change.meaning})" if change.meaning else ""
            lines.append(Text(f"  {change.name}: {change.a} -> {change.b}{means}", "dim"))
    lines += [Text(f"next     {command}", style="cyan") for command in document.next]
    return Group(*lines)


def _why(one: WhyDoc, tested: int) -> Iterator[Text]:
    row = one.row
    first, second, ratio, interval = comparison.cells(row)
    parameters = "".join(f" {k}={v}" for k, v in row.parameters.items())
    yield Text("")
    yield Text.assemble(
        (f"{row.kernel}{parameters}, {row.ranks} x {row.threads}: ", "bold"),
        comparison.verdict(row),
    )
    better = "more is better" if row.better == "higher" else "less is better"
    yield Text(f"  {row.metric} {first} in A, {second} in B ({better})")
    yield Text(
        f"  B / A {ratio}, {100 * row.level:.0f} % interval {interval}, by Welch's t of launches"
    )
    if row.p is not None and row.q is not None:
        yield Text(
            f"  p {row.p:.2g}; {row.q:.2g} adjusted for {tested} tested metrics, 0.05 needed"
        )
    yield Text(f"  threshold {100 * row.threshold:.2g} %: {row.threshold_source}")
    for name, side, centre in (("A", one.a, row.a), ("B", one.b, row.b)):
        if centre is not None:
            runs = "; ".join(" ".join(map(_launch, run)) for run in centre.launches)
            yield Text(f"  {name} launches ({row.unit}): {runs}", style="dim")
        if side is not None:
            words = units.si_range(side.low, side.high, row.unit)
            yield Text(f"  {name} bootstrap of {side.samples} samples: median in {words}", "dim")
    if one.rank_test is not None:
        effect = "" if row.effect is None else f", Cliff's delta {row.effect:+.2f}"
        yield Text(f"  rank test of launches: p {one.rank_test:.2g}{effect}", style="dim")
    for words in filter(None, (row.reason, row.note)):
        yield Text(f"  {words}", style="yellow")


def _launch(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
