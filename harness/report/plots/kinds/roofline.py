"""The roofline of a node as it was measured, and every kernel of a run under it.

Williams, Waterman, Patterson (2009): a kernel of so many flop for each byte of traffic can be no
faster than the peak, nor than the bandwidth of the level of memory that holds its data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from harness.judge.roofline import IN_MEMORY, SOURCE
from harness.record import details, library
from harness.record.details import CaseDetails, RunDetails
from harness.record.library import Selection
from harness.report import units
from harness.report.document import Doc
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Table

TITLE: Final = "Roofline"
HELP: Final = "what memory and cores of a node allow, and every kernel's fraction of its bound"
NEEDS: Final = "machine"
# Below so many caches of a level there is more than that level in a sweep.
_INSIDE: Final = 1.25
_CORE: Final = "_core"
_GEOMETRY: Final = ("nodes", "ranks", "threads")
LABELLED: Final = 12
"""Dots up to which all are named."""
_ROW_PX: Final = 21.0


class LevelDoc(Doc):
    """The best traffic with a level of memory, B/s: all threads together.

    value : of the fastest repetition, which bounds others; low, high : interval of the median;
    curve : the operation that reached it; at : its working set of a thread, B.
    """

    level: str
    value: float
    low: float
    high: float
    curve: str
    at: float


class PeakDoc(Doc):
    """The FMA peak of a type of numbers, flop/s, in the same sense."""

    type: str
    value: float
    low: float
    high: float


class KernelDoc(Doc):
    """A phase of a kernel.

    flop_rate in flop/s, intensity in flop/B : null where it has no flop, or counts no traffic;
    value, low, high : of ``metric`` in ``unit``; fraction : of its bound, with the interval; null
    without a bound, for the reason in ``bound_source``.
    """

    kernel: str
    case: str
    phase: str
    metric: str
    primary: bool
    flop_rate: float | None
    intensity: float | None
    value: float
    low: float
    high: float
    unit: str
    bound: float | None
    bound_source: str
    fraction: float | None
    fraction_low: float | None
    fraction_high: float | None


class RooflineDoc(Doc):
    """What `qyran plot roofline` shows. ladder : the run that measured levels and peaks."""

    schema_id: Literal["qyran.plot-roofline/1"] = Field("qyran.plot-roofline/1", alias="schema")
    run: str
    ladder: str
    machine: str
    nodes: int
    ranks: int
    threads: int
    levels: list[LevelDoc]
    peaks: list[PeakDoc]
    kernels: list[KernelDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        dots = [one for one in self.kernels if one.flop_rate]
        named = sum(one.primary for one in dots)
        if named < len(dots) and len(dots) > LABELLED:
            self.left_out = f"{named} of {len(dots)} dots are named, those of main phases"


DOCUMENT: Final = RooflineDoc


def numbers(run: RunDetails, ladder: CaseDetails | None = None) -> RooflineDoc:
    """The roofline of a run. ladder : of another run on this machine, for a run without one.

    Raises NoNumbers if nothing says what the machine allows.
    """
    own = next((one for one in run.cases if _is_ladder(one)), None)
    found = own or ladder
    if found is None:
        raise NoNumbers(
            f"neither run {run.header['id']} nor an earlier one on this machine has a ladder, "
            "which measures the roofline",
            "`qyran run roofline`",
        )
    record = found.record
    geometry = {name: record[name] for name in _GEOMETRY}
    hardware = (run.header.get("environment") or {}).get("hardware") or {}
    cases = [one for one in run.cases if {k: one.record[k] for k in geometry} == geometry]
    return RooflineDoc(
        run=run.header["id"],
        ladder=record.get("run", run.header["id"]),
        machine=hardware.get("cpu_model") or "",
        **geometry,
        levels=list(_levels(found, hardware)),
        peaks=list(_peaks(found)),
        kernels=[doc for one in cases if one is not own for doc in _kernels(one)],
    )


def earlier(run: RunDetails, results: Path) -> CaseDetails | None:
    """The newest ladder on the hardware of a run, for a run without one; None if there is none.

    Of the geometry of one of its cases.
    """
    keys = ((run.header.get("environment") or {}).get("fingerprint") or {}).get("hardware") or {}
    geometries = {tuple(one.record[name] for name in _GEOMETRY) for one in run.cases}
    if not keys.get("key") or any(_is_ladder(one) for one in run.cases):
        return None
    found = library.find(results, Selection(kernel=SOURCE, hardware_key=keys["key"]))
    fitting = [
        one
        for one in found.cases
        if one.metrics and (one.nodes, one.ranks, one.threads) in geometries
    ]
    return details.of_case(fitting[-1].path) if fitting else None


def _is_ladder(one: CaseDetails) -> bool:
    return one.record["kernel"] == SOURCE and bool(one.record["metrics"])


@dataclass(frozen=True)
class _Reach:
    """Working sets of a thread, B, that a level of memory serves."""

    level: str
    above: float
    most: float


def _levels(ladder: CaseDetails, hardware: Mapping[str, Any]) -> Iterator[LevelDoc]:
    """The best of all curves on each level."""
    points = list(_points(ladder))
    for reach in _reaches(ladder, hardware):
        inside = [one for one in points if reach.above <= one.at <= reach.most]
        if inside:
            best = max(inside, key=lambda one: one.value)
            yield best.model_copy(update={"level": reach.level})


def _reaches(ladder: CaseDetails, hardware: Mapping[str, Any]) -> Iterator[_Reach]:
    """Caches by the share of a thread; memory from four last-level caches on, as in the bounds."""
    above = 0.0
    for cache in hardware.get("caches") or ():
        if cache["kind"] != "instruction":
            share = cache["size_B"] / max(1, cache["threads"])
            yield _Reach(f"L{cache['level']}", above, share)
            above = _INSIDE * share
    share = float(ladder.record["parameters"]["cache"])
    yield _Reach("memory", IN_MEMORY * share, float("inf"))


def _points(ladder: CaseDetails) -> Iterator[LevelDoc]:
    """All points of all curves as traffic: write-allocate reads counted."""
    for name, curve in ladder.record["curves"].items():
        for i, (metric, at) in enumerate(zip(curve["metrics"], curve["at"], strict=True)):
            phase = ladder.record["metrics"][metric]["phase"]
            work = ladder.work[phase]
            more = work.traffic / work.bytes_moved
            yield LevelDoc(
                level="",
                value=work.traffic / _fastest(ladder, phase),
                low=curve["low"][i] * more,
                high=curve["high"][i] * more,
                curve=name.removesuffix(f"_{curve['metric']}"),
                at=at,
            )


def _fastest(case: CaseDetails, phase: str) -> float:
    return float(np.nanmin(_slowest(case, phase)))


def _slowest(case: CaseDetails, phase: str) -> Any:
    """Seconds of each repetition [launch, repetition]: those of its slowest rank."""
    return np.fmax.reduce(case.seconds[phase], axis=-1)


def _peaks(ladder: CaseDetails) -> Iterator[PeakDoc]:
    for phase, work in ladder.work.items():
        if phase.startswith("fma_") and not phase.endswith(_CORE):
            metric = ladder.record["metrics"][f"{phase}_flop_rate"]
            yield PeakDoc(
                type=phase.removeprefix("fma_"),
                value=work.flop / _fastest(ladder, phase),
                low=metric["low"],
                high=metric["high"],
            )


def _kernels(case: CaseDetails) -> Iterator[KernelDoc]:
    """Each phase by the first of its metrics, if it computes or has a bound."""
    record, seen = case.record, set[str]()
    on_curves = {name for curve in record.get("curves", {}).values() for name in curve["metrics"]}
    for name, metric in record["metrics"].items():
        work = case.work[metric["phase"]]
        if metric["phase"] in seen or name in on_curves:
            continue
        if metric["bound"] is None and not (work.flop and work.bytes_moved):
            continue
        seen.add(metric["phase"])
        yield _kernel(case, name, metric)


def _kernel(case: CaseDetails, name: str, metric: Mapping[str, Any]) -> KernelDoc:
    work, bound = case.work[metric["phase"]], metric["bound"]
    cached = metric["bound_source"].startswith("cache")
    traffic = work.bytes_moved if cached else work.traffic
    flop_rate = float(np.nanmedian(work.flop / _slowest(case, metric["phase"])))
    primary = case.primary or {}
    ends = _fractions(metric)
    return KernelDoc(
        kernel=case.record["kernel"],
        case=case.record["case"],
        phase=metric["phase"],
        metric=name,
        primary=primary.get("phase") == metric["phase"],
        flop_rate=flop_rate if work.flop else None,
        intensity=work.flop / traffic if work.flop and traffic else None,
        **{key: metric[key] for key in ("value", "low", "high", "unit", "bound_source")},
        bound=bound,
        fraction=ends[0],
        fraction_low=ends[1],
        fraction_high=ends[2],
    )


def _fractions(metric: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The fraction of the bound with its interval."""
    bound = metric["bound"]
    if bound is None:
        return (None, None, None)
    ends = [metric[key] / bound for key in ("value", "low", "high")]
    return tuple(ends) if metric["better"] == "higher" else (1 / ends[0], 1 / ends[2], 1 / ends[1])


def size(doc: RooflineDoc) -> tuple[float, float]:
    """A row for each kernel."""
    return 900.0, max(480.0, 110.0 + _ROW_PX * len(bars(doc)))


def bars(doc: RooflineDoc) -> list[int]:
    """Rows of the table that are shown as bars: those with a bound."""
    return [i for i, one in enumerate(rows(doc)) if one.fraction is not None]


def rows(doc: RooflineDoc) -> Sequence[KernelDoc]:
    """The kernels, in the order of the table."""
    return doc.kernels


def describe(doc: RooflineDoc) -> str:
    """Levels, peaks, and how near the kernels come to them."""
    levels = ", ".join(f"{one.level} {units.si(one.value, 'B/s')}" for one in doc.levels)
    peaks = ", ".join(f"{one.type} {units.si(one.value, 'flop/s')}" for one in doc.peaks)
    words = f"Traffic of {levels}; peak of {peaks} ({doc.ranks} x {doc.threads} ranks x threads)."
    known = [one for one in doc.kernels if one.fraction is not None]
    if not known:
        return f"{words} No kernel of run {doc.run} has a bound."
    best = max(known, key=lambda one: one.fraction or 0.0)
    least = min(known, key=lambda one: one.fraction or 0.0)
    return (
        f"{words} Of its bound, {label(best, doc)} reaches most, {units.percent(best.fraction)}, "
        f"and {label(least, doc)} least, {units.percent(least.fraction)}."
    )


def label(one: KernelDoc, doc: RooflineDoc) -> str:
    """``stream triad``, ``hpl``; with the case where a run has several of a kernel."""
    phases = {other.phase for other in doc.kernels if other.case == one.case}
    cases = list(dict.fromkeys(other.case for other in doc.kernels if other.kernel == one.kernel))
    words = one.kernel if len(cases) == 1 else f"{one.kernel} {cases.index(one.case) + 1}"
    return words if len(phases) == 1 else f"{words} {one.phase.replace('_', ' ')}"


def table(doc: RooflineDoc) -> Table:
    """A row for each kernel, then levels and peaks."""
    head = (
        "", "case", "intensity (flop/B)", "flop/s", "fraction of bound", "low", "high", "value",
        "unit", "bound", "bound by",
    )  # fmt: skip
    kernels = [
        (label(one, doc), one.case, one.intensity, one.flop_rate, one.fraction, one.fraction_low,
         one.fraction_high, one.value, one.unit, one.bound, one.bound_source)
        for one in rows(doc)
    ]  # fmt: skip
    levels = [
        (one.level, None, None, None, None, one.low, one.high, one.value, "B/s", None, one.curve)
        for one in doc.levels
    ]
    peaks = [
        (f"peak {one.type}", None, None, one.value, None, one.low, one.high, one.value, "flop/s",
         None, "")
        for one in doc.peaks
    ]  # fmt: skip
    return head, [*kernels, *levels, *peaks]


def draw(doc: RooflineDoc, figure: Figure) -> None:
    """The roof with dots on the left, fractions as bars on the right."""
    from harness.report.plots import roof

    roof.draw(doc, figure)
