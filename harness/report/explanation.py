"""What a person reads of an explanation: the outcome, what it was held against, what to type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.explain_document import (
    ExplainDoc,
    ExplainedDoc,
    ExplainedMetricDoc,
    NearDoc,
    UsedDoc,
)

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
    parameters = " ".join(f"{k}={v}" for k, v in one.parameters.items())
    nodes = f" on {one.nodes} nodes" if one.nodes > 1 else ""
    yield Text("")
    yield Text.assemble(
        (one.kernel, "bold"),
        f" {parameters}, {one.ranks} x {one.threads}{nodes}: ",
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
