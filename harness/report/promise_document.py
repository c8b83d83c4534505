"""The part of a document that holds what was promised of the whole machine and delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from harness.judge.promises import Delivered, Word
from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.report import units
from harness.report.document import Doc

_EXIT: Final = {
    Word.KEPT: GOOD,
    Word.BROKEN: PERFORMANCE_FAILED,
    Word.NOT_MEASURED: NOT_MEASURED,
    Word.UNDECIDED: INCONCLUSIVE,
}


class PromiseDoc(Doc):
    """A promise of the whole machine, in base units; null where nothing was measured.

    called : what the field calls the metric; share : delivered of promised, above 1 where better;
    low, high : interval of the median; nodes : on which it was measured, of ``of`` that there are;
    run, case : of the record; line : all of it in words.
    """

    metric: str
    called: str
    verdict: Literal["kept", "broken", "undecided", "not measured"]
    reason: str
    better: Literal["higher", "lower"]
    unit: str
    promised: float | None
    value: float | None
    low: float | None
    high: float | None
    share: float | None
    nodes: int
    of: int
    run: str
    case: str
    source: str
    line: str


def of(delivered: Sequence[Delivered]) -> list[PromiseDoc]:
    """In the order of the contract."""
    return [_of(one) for one in delivered]


def exit_code(delivered: Sequence[Delivered]) -> int:
    """That of the worst: a broken promise, then one not measured, then one undecided."""
    codes = {_EXIT[one.word] for one in delivered}
    order = (PERFORMANCE_FAILED, NOT_MEASURED, INCONCLUSIVE)
    return next((one for one in order if one in codes), GOOD)


def _of(one: Delivered) -> PromiseDoc:
    return PromiseDoc(
        metric=one.metric,
        called=one.called,
        verdict=one.word.value,
        reason=one.reason,
        better=one.better,
        unit=one.unit,
        promised=one.promised,
        value=one.value,
        low=one.low,
        high=one.high,
        share=one.share,
        nodes=one.nodes,
        of=one.of,
        run=one.run,
        case=one.case,
        source=one.source,
        line=line(one),
    )


def line(one: Delivered) -> str:
    """``delivered 96.4 % of the promised Rmax (hpl 1.21 Pflop/s of 1.26 promised, run ...)``."""
    if one.share is None or one.value is None or one.promised is None:
        return f"promised {one.called} ({one.text}) not measured: {one.reason}"
    kernel = one.metric.partition(".")[0]
    value = units.si(one.value, one.unit)
    promised = units.si(one.promised, one.unit)
    number, _, prefix = promised.partition(" ")
    same = value.partition(" ")[2] == prefix
    source = f", {one.source}" if one.source else ""
    why = f"; {one.reason}" if one.reason else ""
    return (
        f"delivered {_percent(one.share)} of the promised {one.called} ({kernel} {value} of "
        f"{number if same else promised} promised{source}, run {one.run}{why})"
    )


def _percent(share: float) -> str:
    """One digit after the point; what was missed is never rounded up to 100.0 %."""
    shown = round(100.0 * share, 1)
    return f"{min(shown, 99.9) if share < 1.0 else shown:.1f} %"
