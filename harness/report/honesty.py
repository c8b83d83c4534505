"""What a report says of itself: age, what is missing, noise, tests, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

from harness.report import units
from harness.report.accept_document import AcceptDoc
from harness.report.document import RunDoc
from harness.report.history_document import HistoryDoc, SeriesDoc
from harness.report.report_document import HonestyDoc, NoiseDoc, SilenceDoc, TestsDoc

DAY_S: Final = 86400.0
SILENT_DAYS: Final = 14.0
_MISSED: Final = 3.0
"""So many times the usual pause between two runs is a cadence missed."""
_PACKAGES: Final = ("qyran", "python", "numpy", "scipy", "numba", "mpi4py", "h5py")


def of(
    made: float,
    run: RunDoc | None,
    environment: Mapping[str, Any],
    history: HistoryDoc | None,
    accept: AcceptDoc | None,
    judged: float | None = None,
) -> HonestyDoc:
    """Everything that is known of how far the numbers can be trusted. judged : when nodes were."""
    seen = _seen(run, history)
    listed = history.series if history else []
    return HonestyDoc(
        made=made,
        judged=judged if accept else None,
        oldest=min(seen.values(), default=None),
        newest=max(seen.values(), default=None),
        newest_run=max(seen, key=lambda name: seen[name], default=""),
        runs=len(seen),
        silent=list(_silent(listed, made)),
        excluded=history.skipped if history else [],
        gaps=sum(len(one.gaps) for one in listed),
        noise=_noise(listed) if listed else None,
        tests=list(_tests(run, history, accept)),
        versions=_versions(environment),
    )


def _seen(run: RunDoc | None, history: HistoryDoc | None) -> dict[str, float]:
    """The runs of the report, and when each began or its last case did."""
    seen = {run.run: run.started} if run else {}
    for series in history.series if history else []:
        for point in series.points:
            seen[point.run] = max(point.time, seen.get(point.run, point.time))
    return seen


def _silent(listed: Sequence[SeriesDoc], now: float) -> Iterator[SilenceDoc]:
    """Machines that were silent for two weeks, or for three of their usual pauses."""
    machines: dict[str, list[SeriesDoc]] = {}
    for one in listed:
        machines.setdefault(one.hardware_key, []).append(one)
    for key, of_key in machines.items():
        newest = max(one.newest for one in of_key)
        silent = (now - newest) / DAY_S
        usual = _usual_days(of_key)
        reason = _why(silent, usual)
        if reason:
            yield SilenceDoc(
                machine=of_key[0].machine or "unknown processor",
                hardware_key=key,
                clusters=sorted({name for one in of_key for name in one.clusters}),
                newest=newest,
                silent_days=silent,
                usual_days=usual,
                reason=reason,
            )


def _usual_days(of_key: Sequence[SeriesDoc]) -> float | None:
    """The median pause between two runs of its best-watched series, from three of them on."""
    times = sorted(point.time for point in max(of_key, key=lambda one: len(one.points)).points)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    return median(pauses) / DAY_S if len(pauses) >= 3 else None


def _why(silent: float, usual: float | None) -> str:
    if usual is not None and silent >= 1.0 and silent > _MISSED * usual:
        return f"no run for {silent:.0f} days; there was one every {units.pause(usual * DAY_S)}"
    return f"no run for {silent:.0f} days" if silent >= SILENT_DAYS else ""


def _noise(listed: Sequence[SeriesDoc]) -> NoiseDoc:
    known = sorted(one.noise for one in listed if one.noise is not None)
    return NoiseDoc(
        series=len(listed),
        known=len(known),
        low=known[0] if known else None,
        median=median(known) if known else None,
        high=known[-1] if known else None,
    )


def _tests(
    run: RunDoc | None, history: HistoryDoc | None, accept: AcceptDoc | None
) -> Iterator[TestsDoc]:
    if run:
        yield TestsDoc(
            what="verdicts of cases against their references",
            tests=len(run.cases),
            method="slow if the whole 95 % interval of the median misses the limit; not adjusted",
        )
    if history:
        judged = [one for one in history.series if one.judged]
        yield TestsDoc(
            what="series of the history, each after every run",
            tests=len(judged),
            method="suspect beyond 4.35 standard errors; not adjusted for the number of series: "
            "of 100 quiet series of 60 runs about one is falsely suspected, and new launches "
            "settle it",
        )
    if accept:
        yield TestsDoc(
            what="nodes x metrics",
            tests=len(accept.nodes) * len(accept.fleet),
            method=f"re-test: Benjamini-Hochberg at {_level(accept.thresholds.retest)}; reject: "
            f"Holm at {_level(accept.thresholds.reject)}",
        )


def _level(fraction: float | None) -> str:
    return "a level that is not recorded" if fraction is None else f"{100 * fraction:g} %"


def _versions(environment: Mapping[str, Any]) -> dict[str, str]:
    """Of what measured, as far as it was recorded."""
    software = environment.get("software") or {}
    versions = software.get("versions") or {}
    mpi = software.get("mpi") or {}
    found = {name: versions.get(name) for name in _PACKAGES}
    found["MPI"] = " ".join(str(mpi.get(one) or "") for one in ("flavour", "version")).strip()
    found["BLAS"] = software.get("blas_build")
    found["Linux"] = (environment.get("hardware") or {}).get("kernel")
    return {name: str(value) for name, value in found.items() if value}
