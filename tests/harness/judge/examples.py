"""Recorded cases and pairs as comparisons meet them, without files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

from harness.judge.pairs import Pair
from harness.judge.stats.spread import Spread
from harness.record.recorded import Origin, Recorded, Summary, series_of

Better = Literal["higher", "lower"]
STEADY = (1.000, 1.004, 0.997, 1.002, 0.999)
"""Launches that vary by some thousandths."""


def summary(
    launches: Sequence[float], better: Better = "higher", unit: str | None = None
) -> Summary:
    unit = unit or {"higher": "flop/s", "lower": "s"}[better]
    low, high, middle = min(launches), max(launches), median(launches)
    return Summary(middle, low, high, 0.95, len(launches), unit, better, tuple(launches))


def recorded(run: str, metrics: dict[str, Summary], **changes: Any) -> Recorded:
    """A case of dgemm; of its origin, ``hardware_key`` and the like are changed by name."""
    began = float(changes.pop("began", 1.8e9))
    origin = Origin(run, "laptop", "quick", began, 1, "h1", "s1", "abc", False, (), "")
    of_origin = {k: changes.pop(k) for k in list(changes) if k in Origin.__dataclass_fields__}
    made = Recorded(
        path=Path(f"/results/laptop/{run}/dgemm.h5"),
        origin=replace(origin, **of_origin),
        case="dgemm-1",
        kernel="dgemm",
        version=1,
        parameters={"n": 4000, "dtype": "float64"},
        fitted=(),
        nodes=1,
        ranks=2,
        threads=1,
        outcome="pass" if metrics else "killed",
        reason="" if metrics else "a rank was killed by SIGKILL",
        started=began,
        ended=began + 10.0,
        hosts=("node1",),
        primary=next(iter(metrics), ""),
        metrics=metrics,
        series="",
    )
    return named_anew(replace(made, **changes))


def named_anew(one: Recorded) -> Recorded:
    """The case in the series that its parameters and geometry make."""
    geometry = (one.nodes, one.ranks, one.threads)
    series = series_of(one.kernel, one.version, one.parameters, one.fitted, geometry)
    return replace(one, series=series)


def of(run: str, launches: Sequence[float], better: Better = "higher", **more: Any) -> Recorded:
    return recorded(run, {"rate": summary(launches, better)}, **more)


def pair(
    first: Sequence[float],
    second: Sequence[float],
    better: Better = "higher",
    *,
    spread: Spread | None = None,
) -> Pair:
    """One run a side."""
    cases = (of("a", first or STEADY), of("b", second or STEADY))
    one, other = (tuple(first),) if first else (), (tuple(second),) if second else ()
    missing = "" if first and second else "B has no such case"
    unit = {"higher": "flop/s", "lower": "s"}[better]
    return Pair("s", cases, "rate", unit, better, True, one, other, missing, "", "", spread)


def times(factor: float, launches: Sequence[float] = STEADY) -> tuple[float, ...]:
    return tuple(factor * one for one in launches)
