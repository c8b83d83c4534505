"""`qyran rank`: where results would have stood in the lists, and which systems they are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.commands import output
from harness.config.units import quantity
from harness.errors import ConfigError, unknown
from harness.record import store
from harness.reference import features
from harness.reference.ranking import Asked, more
from harness.reference.similar import Machine
from harness.reference.standing import sentence, standing, versus
from harness.reference.systems import find
from harness.report import ranking, units
from harness.report import standing as rendering
from harness.report.document import RunDoc
from harness.report.rank_document import RankDoc

_METRIC: Final = "flop_rate"
_ALWAYS: Final = ("Sunway TaihuLight", "Alem.Cloud")
_SEARCHED: Final = 200


@dataclass(frozen=True)
class Summary:
    """The comparison that ends a run with an HPL result."""

    document: RankDoc
    summary: tuple[RenderableType, ...]


@dataclass(frozen=True)
class Wanted:
    """What is compared, as it was typed; None or empty: not given."""

    rmax: str | None = None
    against: Sequence[str] = ()
    rpeak: str | None = None
    cores: int | None = None
    power: str | None = None
    hpcg: str | None = None
    hpl_mxp: str | None = None
    network: str | None = None
    accelerated: bool | None = None


def rank(wanted: Wanted, results: Path, *, as_json: bool) -> None:
    """Compare a flop rate with every list, with named systems and with systems like it."""
    rate, source, cores = _rate(wanted.rmax, results)
    try:
        place = standing(rate)
    except ValueError as error:
        raise ConfigError("--rmax", str(error)) from error
    systems = [versus(rate, find(name)) for name in wanted.against or _ALWAYS]
    found = more(_asked(wanted, rate, cores, results), datetime.now(UTC).date())
    document = {**rendering.document(place, systems), "more": ranking.document(found, place)}
    rendered = Group(
        Text(f"rate: {source}", style="dim"),
        rendering.table(place, systems),
        ranking.rendered(found),
    )
    output.show(RankDoc.model_validate(document), rendered, as_json=as_json)


def _asked(wanted: Wanted, rate: float, cores: float | None, results: Path) -> Asked:
    """Everything beside Rmax: given, or of the newest results."""
    measured = wanted.rmax is None
    rpeak = _given("--rpeak", wanted.rpeak, "flop/s")
    if rpeak is not None and rpeak < rate:
        raise ConfigError("--rpeak", f"{rpeak:g} flop/s is below Rmax, {rate:g} flop/s")
    machine = Machine(
        rmax=rate,
        rpeak=rpeak,
        cores=wanted.cores or cores,
        accelerated=False if measured and wanted.accelerated is None else wanted.accelerated,
        network=_network(wanted.network),
    )
    hpcg = _given("--hpcg", wanted.hpcg, "flop/s")
    mixed = _given("--hpl-mxp", wanted.hpl_mxp, "flop/s")
    newest = _newest(results, "hpl_mxp") if measured and mixed is None else None
    return Asked(
        machine,
        _given("--power", wanted.power, "W"),
        (hpcg, "given") if hpcg is not None else None,
        (mixed, "given") if mixed is not None else newest and newest[:2],
    )


def _given(flag: str, text: str | None, unit: str) -> float | None:
    """A quantity above 0; ConfigError names the flag."""
    if text is None:
        return None
    try:
        found = quantity(text, unit)
    except ValueError as error:
        raise ConfigError(flag, str(error)) from error
    if found <= 0.0:
        raise ConfigError(flag, f"found {text!r}", known=f"a value above 0 {unit}")
    return found


def _network(text: str | None) -> str | None:
    """The family of a network that is named as the lists name it, such as 'InfiniBand HDR'."""
    if text is None:
        return None
    place = features.network(text)
    if not place:
        raise unknown("--network", "network", text, features.NETWORKS[1:])
    return features.NETWORKS[place]


def _rate(rmax: str | None, results: Path) -> tuple[float, str, float | None]:
    """The flop rate to compare, where it comes from, and the cores that it was measured on."""
    if rmax is not None:
        try:
            return quantity(rmax, "flop/s"), "given", None
        except ValueError as error:
            raise ConfigError("--rmax", str(error)) from error
    newest = _newest(results, "hpl")
    if newest is not None:
        return newest
    raise ConfigError(
        str(results),
        "holds no HPL result that passed its check",
        fix="`qyran run hpl`, or give a rate: `qyran rank --rmax '93 TF'`",
    )


def _newest(results: Path, kernel: str) -> tuple[float, str, float] | None:
    """The newest flop rate of a kernel, where it comes from, and its ranks times threads."""
    for record in store.newest_first(results, _SEARCHED, [kernel]):
        if _METRIC in record["metrics"]:
            rate = float(record["metrics"][_METRIC]["value"])
            return rate, f"{kernel} in run {record['run']}", record["ranks"] * record["threads"]
    return None


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
