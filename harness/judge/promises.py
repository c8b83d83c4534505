"""What was promised of the whole machine, and what its recorded runs delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from harness.config.contract import Contract, Promise
from harness.errors import ConfigError
from harness.record.recorded import Recorded, Summary

# What the field calls these metrics.
_CALLED: Final = {"hpl.flop_rate": "Rmax", "xhpl.flop_rate": "Rmax"}


class Word(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Delivered:
    """A promise of the whole machine beside what was measured, in base units.

    called : what the field calls the metric; promised : None where nothing was measured that says
    its unit; share : delivered of promised, above 1 where better; run, case, nodes : of the record;
    of : nodes of the machine; reason : what speaks against it, or why it is not measured.
    """

    metric: str
    called: str
    better: Literal["higher", "lower"]
    word: Word
    reason: str
    source: str
    of: int
    text: str
    unit: str = ""
    promised: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    share: float | None = None
    run: str = ""
    case: str = ""
    nodes: int = 0


def check(contract: Contract, cases: Sequence[Recorded], nodes: int, where: str) -> list[Delivered]:
    """Each promise of the machine, in the order of the contract.

    A metric is called ``kernel.metric`` as in the record: ``hpl.flop_rate``. Among the verified
    cases on most nodes the best counts: a machine of several nodes is not judged by a run on one.
    nodes : of the machine. ConfigError (``where`` names the contract) for a promise in another unit
    or direction than its metric.
    """
    return [
        _delivered(contract, name, promise, cases, nodes, f"{where}: metrics.{name}")
        for name, promise in contract.of_machine.items()
    ]


def _delivered(
    contract: Contract,
    name: str,
    promise: Promise,
    cases: Sequence[Recorded],
    nodes: int,
    where: str,
) -> Delivered:
    about = {
        "metric": name,
        "called": _CALLED.get(name, name),
        "better": promise.better,
        "source": promise.source or contract.source,
        "of": nodes,
        "text": str(promise.minimum if promise.maximum is None else promise.maximum),
    }
    found = _best(name, promise, cases)
    if found is None:
        why = f"no verified run of {name.partition('.')[0]}"
        return Delivered(**about, word=Word.NOT_MEASURED, reason=why)  # type: ignore[arg-type]
    case, one = found
    promised = _promised(promise, one, where)
    higher = promise.better == "higher"
    share = one.value / promised if higher else promised / one.value
    word, reason = _word(one, promised, case.nodes, nodes, higher=higher)
    return Delivered(
        **about,  # type: ignore[arg-type]
        word=word,
        reason=reason,
        unit=one.unit,
        promised=promised,
        value=one.value,
        low=one.low,
        high=one.high,
        share=share,
        run=case.origin.run,
        case=case.case,
        nodes=case.nodes,
    )


def _best(
    name: str, promise: Promise, cases: Sequence[Recorded]
) -> tuple[Recorded, Summary] | None:
    kernel, _, metric = name.partition(".")
    found = [(one, one.metrics[metric]) for one in cases if _holds(one, kernel, metric)]
    sign = 1.0 if promise.better == "higher" else -1.0
    return max(found, key=lambda one: (one[0].nodes, sign * one[1].value), default=None)


def _holds(case: Recorded, kernel: str, metric: str) -> bool:
    """A case without a passed check has no metrics."""
    return case.kernel == kernel and metric in case.metrics and case.metrics[metric].value > 0.0


def _promised(promise: Promise, one: Summary, where: str) -> float:
    if promise.better != one.better:
        kind = "maximum" if promise.better == "lower" else "minimum"
        raise ConfigError(where, f"a {kind} is promised of a metric that is better {one.better}")
    try:
        promised = promise.limit(one.unit)
    except ValueError as error:
        raise ConfigError(where, str(error)) from error
    if promised <= 0.0:
        raise ConfigError(where, f"found {promised:g}", known="a quantity above 0")
    return promised


def _word(one: Summary, promised: float, nodes: int, of: int, *, higher: bool) -> tuple[Word, str]:
    """Kept if the median is good enough; broken if all of its interval is not.

    A run on fewer nodes can keep a promise, but break none: the other nodes had no say.
    """
    good = one.value >= promised if higher else one.value <= promised
    certain = one.high < promised if higher else one.low > promised
    fewer = nodes < of
    partly = f"measured on {nodes} of {of} nodes" if fewer else ""
    if good and (higher or not fewer):
        return Word.KEPT, partly
    if fewer:
        return Word.UNDECIDED, partly
    if certain:
        return Word.BROKEN, ""
    return Word.UNDECIDED, "the interval of the median holds the promise"
