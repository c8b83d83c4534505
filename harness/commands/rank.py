"""`qyran rank`: where an HPL result would have stood in the TOP500."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.commands import output
from harness.config.units import quantity
from harness.errors import ConfigError
from harness.record import store
from harness.reference.standing import sentence, standing, versus
from harness.reference.systems import find
from harness.report import standing as rendering
from harness.report import units
from harness.report.document import RankDoc, RunDoc

_METRIC: Final = "flop_rate"
_ALWAYS: Final = ("Sunway TaihuLight", "Alem.Cloud")
_SEARCHED: Final = 200


@dataclass(frozen=True)
class Summary:
    """The comparison that ends a run with an HPL result."""

    document: RankDoc
    summary: tuple[RenderableType, ...]


def rank(rmax: str | None, against: Sequence[str], results: Path, *, as_json: bool) -> None:
    """Compare a flop rate with every list and with named systems."""
    rate, source = _rate(rmax, results)
    try:
        place = standing(rate)
    except ValueError as error:
        raise ConfigError("--rmax", str(error)) from error
    systems = [versus(rate, find(name)) for name in against or _ALWAYS]
    shown = RankDoc.model_validate(rendering.document(place, systems))
    rendered = Group(Text(f"rate: {source}", style="dim"), rendering.table(place, systems))
    output.show(shown, rendered, as_json=as_json)


def _rate(rmax: str | None, results: Path) -> tuple[float, str]:
    """The flop rate to compare, and where it comes from."""
    if rmax is not None:
        try:
            return quantity(rmax, "flop/s"), "given"
        except ValueError as error:
            raise ConfigError("--rmax", str(error)) from error
    for record in store.newest_first(results, _SEARCHED, ["hpl"]):
        if _METRIC in record["metrics"]:
            return float(record["metrics"][_METRIC]["value"]), f"hpl in run {record['run']}"
    raise ConfigError(
        str(results),
        "holds no HPL result that passed its check",
        fix="`qyran run hpl`, or give a rate: `qyran rank --rmax '93 TF'`",
    )


def hpl_standing(run: RunDoc) -> Summary | None:
    """How the best HPL result of a run compares; None if it has none."""
    rates = [
        case.metrics[_METRIC].value
        for case in run.cases
        if case.kernel == "hpl" and _METRIC in case.metrics
    ]
    if not rates:
        return None
    place = standing(max(rates))
    systems = [versus(max(rates), find(name)) for name in _ALWAYS]
    words = [f"TOP500: {units.si(max(rates), 'flop/s')} HPL: {sentence(place)}"]
    words += [f"  {one.phrase}" for one in systems]
    words.append("  qyran rank --against NAME compares it with other systems")
    lines = tuple(Text(line) for line in ("", *words))
    return Summary(RankDoc.model_validate(rendering.document(place, systems)), lines)
