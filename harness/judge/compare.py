"""Whether B is faster or slower than A, metric by metric, with the errors of the whole table held.

The unit of replication is the launch: repetitions within one share its luck (T. Kalibera, R. Jones,
ISMM 2013). A side is the mean of the logarithms of the medians of its launches; its uncertainty is
the larger of what its launches say and what earlier runs of the series say. Two sides are compared
as in `stats.difference`, p values of the table adjusted as in `stats.multiple`.

    faster, slower   the adjusted p value is at most 5 %, and the ratio is beyond the threshold
    same             the whole interval lies within the threshold
    undecided        neither; or fewer than `LEAST_LAUNCHES` on a side without earlier runs. With
                     them a difference must be `_STEPS` times the largest step between two of at
                     least `_RUNS`: one launch may be disturbed, and no p value knows of that
    not comparable   other hardware, other work, or numbers that have no ratio
    missing          a side lacks it, or has no result of it
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from harness.judge import needed
from harness.judge.pairs import Pair, Runs
from harness.judge.stats import difference as differing
from harness.judge.stats.difference import Centres
from harness.judge.stats.effect import cliffs_delta
from harness.judge.stats.multiple import adjusted
from harness.judge.stats.spread import LEAST_RUNS

FALSE_DISCOVERIES: Final = 0.05
LEAST_LAUNCHES: Final = 5
LEAST_THRESHOLD: Final = 0.02
_SPREADS: Final = 3.0
_STEPS: Final = 3.0
_RUNS: Final = 20


class Verdict(StrEnum):
    """What is said about B."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not comparable"
    MISSING = "missing"


@dataclass(frozen=True)
class Judged:
    """A pair with what was found; numbers are None where there is nothing to compute them from.

    ratio : B / A of the geometric means of the launches, with its interval [low, high] at `LEVEL`;
    p, q : its p value, and adjusted for the table; effect : Cliff's delta of the launches, above 0
    where B is better; threshold : the fraction below which a difference is no difference, with
    where it comes from; more : further launches of each side that would probably decide.
    """

    pair: Pair
    verdict: Verdict
    reason: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    q: float | None = None
    effect: float | None = None
    threshold: float = LEAST_THRESHOLD
    threshold_source: str = ""
    more: int | None = None


@dataclass(frozen=True)
class _Side:
    """The centre of a side in logarithms, with its uncertainty.

    enough : whether that is known well enough to decide; few : of fewer than `LEAST_LAUNCHES`;
    by_history : it comes from earlier runs.
    """

    mean: float
    variance: float
    freedom: float
    enough: bool
    few: bool
    by_history: bool


def judged(pairs: Sequence[Pair], threshold: float | None = None) -> list[Judged]:
    """The verdict on each pair. threshold : a fraction, instead of that of each metric."""
    found: dict[int, Judged] = {}
    sides: dict[int, tuple[_Side, _Side]] = {}
    for i, pair in enumerate(pairs):
        why = _unusable(pair)
        if why is None:
            sides[i] = _side(pair.first, pair), _side(pair.second, pair)
        else:
            limit, source = _threshold(pair, threshold)
            found[i] = Judged(pair, *why, threshold=limit, threshold_source=source)
    rows = [(pairs[i], *both, *_threshold(pairs[i], threshold)) for i, both in sides.items()]
    found |= zip(sides, _compared(rows), strict=True)
    return [found[i] for i in range(len(pairs))]


def _unusable(pair: Pair) -> tuple[Verdict, str] | None:
    """The verdict that no statistics can change."""
    if pair.missing:
        return Verdict.MISSING, pair.missing
    if pair.barred:
        return Verdict.NOT_COMPARABLE, pair.barred
    for name, runs in (("A", pair.first), ("B", pair.second)):
        values = [one for run in runs for one in run]
        if not values or not all(map(math.isfinite, values)):
            return Verdict.MISSING, f"a launch of {name} gave no number"
        if min(values) <= 0.0:
            return Verdict.NOT_COMPARABLE, f"a launch of {name} gave {min(values):g}: no ratio"
    return None


def _threshold(pair: Pair, given: float | None) -> tuple[float, str]:
    if given is not None:
        return given, "as asked for"
    if pair.spread is None:
        return LEAST_THRESHOLD, "the least"
    noise = math.expm1(_SPREADS * pair.spread.deviation)
    if noise <= LEAST_THRESHOLD:
        return LEAST_THRESHOLD, f"the least; {pair.spread.runs} earlier runs vary less"
    return noise, f"3 times the spread of {pair.spread.runs} earlier runs"


def _side(runs: Runs, pair: Pair) -> _Side:
    """What varies is the run if there are enough of them, else the launch, else the history."""
    by_run = [np.log(np.asarray(one)) for one in runs]
    many = len(runs) >= LEAST_RUNS
    units = np.array([one.mean() for one in by_run]) if many else np.concatenate(by_run)
    n = units.size
    variance = float(units.var(ddof=1)) / n if n > 1 else math.nan
    mean, few, spread = float(units.mean()), n < LEAST_LAUNCHES, pair.spread
    if spread is not None:
        known = spread.deviation**2 / len(runs)
        if few or known > variance:
            # Both sides share what the history knows.
            return _Side(mean, known, spread.freedom / 2.0, True, few, by_history=True)
    return _Side(mean, variance, max(n - 1.0, 1.0), not few, few, by_history=False)


Row = tuple[Pair, _Side, _Side, float, str]


def _compared(rows: list[Row]) -> list[Judged]:
    """Each comparison, with the p values of all that can be decided adjusted together."""
    if not rows:
        return []
    found = differing.difference(_centres([one[1] for one in rows]), _centres([r[2] for r in rows]))
    tested = np.array([one[1].enough and one[2].enough for one in rows])
    q = np.full(len(rows), np.nan)
    q[tested] = adjusted(found.p[tested])
    hits = int((q <= FALSE_DISCOVERIES).sum())
    level = FALSE_DISCOVERIES * min(1.0, (hits + 1) / max(1, int(tested.sum())))
    columns = (found.estimate, found.low, found.high, found.p, found.error, q)
    numbers = np.stack(columns, axis=1).tolist()
    return [_decided(row, _Found(level, *one)) for row, one in zip(rows, numbers, strict=True)]


def _centres(sides: list[_Side]) -> Centres:
    return Centres(*(np.array([getattr(s, name) for s in sides]) for name in _CENTRE))


_CENTRE: Final = ("mean", "variance", "freedom")


@dataclass(frozen=True)
class _Found:
    """In logarithms. level : the p value that the next finding of the table would need."""

    level: float
    estimate: float
    low: float
    high: float
    p: float
    error: float
    q: float


def _decided(row: Row, found: _Found) -> Judged:
    pair, _, _, threshold, source = row
    limit = math.log1p(threshold)
    verdict, reason, more = _verdict(row, found, limit)
    bounds = [math.exp(one) if math.isfinite(one) else None for one in (found.low, found.high)]
    return Judged(
        pair,
        verdict,
        reason,
        ratio=math.exp(found.estimate),
        low=bounds[0],
        high=bounds[1],
        p=None if math.isnan(found.q) else found.p,
        q=None if math.isnan(found.q) else found.q,
        effect=_effect(pair),
        threshold=threshold,
        threshold_source=source,
        more=more,
    )


def _verdict(row: Row, found: _Found, limit: float) -> tuple[Verdict, str, int | None]:
    pair, first, second, threshold, _ = row
    if not (first.enough and second.enough):
        counts = _counts(pair)
        return Verdict.UNDECIDED, _too_few(*counts), max(1, LEAST_LAUNCHES - min(counts))
    if found.q <= FALSE_DISCOVERIES and abs(found.estimate) > limit:
        if (first.few or second.few) and not _beyond_history(pair, found.estimate):
            counts = _counts(pair)
            return Verdict.UNDECIDED, _CONFIRM, max(1, LEAST_LAUNCHES - min(counts))
        better = (found.estimate > 0.0) == (pair.better == "higher")
        return Verdict.FASTER if better else Verdict.SLOWER, "", None
    if -limit <= found.low and found.high <= limit:
        return Verdict.SAME, "", None
    if not math.isfinite(found.low):
        return Verdict.UNDECIDED, "each launch gave one and the same number: no spread", None
    unit = "run" if first.by_history or second.by_history else "launch"
    counts = (len(pair.first), len(pair.second)) if unit == "run" else _counts(pair)
    wanted = needed.units(found.estimate, found.error, counts, limit, found.level)
    more = None if wanted is None else max(1, wanted - min(counts))
    return (
        Verdict.UNDECIDED,
        needed.words(more, unit, threshold),
        more if unit == "launch" else None,
    )


_CONFIRM: Final = "beyond the threshold, but a launch may be disturbed: run with --launches 5"


def _beyond_history(pair: Pair, estimate: float) -> bool:
    """Whether a difference is larger than anything between the earlier runs, several times over."""
    spread = pair.spread
    return spread is not None and spread.runs >= _RUNS and abs(estimate) > _STEPS * spread.largest


def _counts(pair: Pair) -> tuple[int, int]:
    """The launches of both sides."""
    return sum(map(len, pair.first)), sum(map(len, pair.second))


def _too_few(first: int, second: int) -> str:
    if first == second == 1:
        return "one launch each: the spread between launches is unknown; run with --launches 5"
    return f"{first} and {second} launches: a side needs {LEAST_LAUNCHES}; run with --launches 5"


def _effect(pair: Pair) -> float | None:
    first, second = ([one for run in side for one in run] for side in (pair.first, pair.second))
    if min(len(first), len(second)) < 2:
        return None
    delta = cliffs_delta(first, second)
    return delta if pair.better == "higher" else -delta
