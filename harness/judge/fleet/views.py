"""Three views of each node and metric: an absolute anchor, a stored baseline, and the peers.

Arrays are (nodes, metrics). A deficit is a fraction of what is expected, above 0 where a node is
worse: 0.06 for 94 % of a rate as for 106 % of a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.judge.fleet import minority, multiple, peers
from harness.judge.fleet.table import Bools, Cells, Floats, Ints, Metric
from harness.judge.fleet.thresholds import Thresholds

_TWO_SIGMA: Final = 2.0
_NOISIER: Final = 4.0


class Grade(IntEnum):
    """What a view says of a node and metric; the largest of several counts."""

    SILENT = 0
    ACCEPT = 1
    RETEST = 2
    REJECT = 3


@dataclass(frozen=True)
class Anchor:
    """What a metric must reach, in its base unit, whatever other nodes do."""

    limit: float
    source: str


@dataclass(frozen=True)
class Stored:
    """A stored baseline of a metric. median : base unit; scale : relative sd between n nodes."""

    median: float
    scale: float
    n: int
    source: str


@dataclass(frozen=True)
class View:
    """What one view says.

    grade : `Grade`; expected : base unit; deficit : fraction; sd : how many robust sd the node is
    worse; p : Holm-adjusted, NaN where the view knows none; others : nodes it is compared with.
    silent : for each metric why this view does not judge it, "" where it does.
    """

    name: str
    grade: NDArray[np.int8]
    expected: Floats
    deficit: Floats
    sd: Floats
    p: Floats
    others: Ints
    silent: tuple[str, ...]


@dataclass(frozen=True)
class Fleet:
    """What the peers of a metric are like; relative numbers are fractions.

    median : base unit, of the main group; spread : its robust sd; nodes : with a value; main : in
    the main group; faster : nodes beyond it on the better side; sees : the smallest deficit that
    peers would reject; groups : the two groups of a bimodal fleet; slow : positions of the nodes of
    a slow minority.
    """

    median: float
    spread: float
    nodes: int
    main: int
    faster: int
    sees: float
    groups: peers.Groups | None
    slow: tuple[int, ...] = ()


def absolute(
    cells: Cells, metrics: Sequence[Metric], anchors: Mapping[str, Anchor], limits: Thresholds
) -> View:
    """Worse than the limit by more than two standard errors: reject; by less: re-test."""
    there = [anchors.get(one.name) for one in metrics]
    limit = np.array([np.nan if one is None else one.limit for one in there])
    expected = np.broadcast_to(limit, cells.value.shape)
    deficit = _deficit(cells.value, expected, metrics)
    noise = np.maximum(cells.error, limits.floor / np.sqrt(np.maximum(cells.n, 1)))
    grade = np.where(deficit > 0.0, Grade.RETEST, Grade.ACCEPT)
    grade = np.where(deficit > _TWO_SIGMA * noise, Grade.REJECT, grade)
    why = "the contract does not name it" if anchors else "no contract is given"
    silent = tuple("" if one else why for one in there)
    none = np.full(deficit.shape, np.nan)
    return View(
        "absolute", _graded(grade, deficit), expected, deficit, deficit / noise, none,
        np.zeros(deficit.shape, np.int64), silent,
    )  # fmt: skip


def baseline(
    cells: Cells, metrics: Sequence[Metric], stored: Mapping[str, Stored], limits: Thresholds
) -> View:
    """Beside what was stored of earlier nodes of the class."""
    value = logarithms(cells.value, metrics)
    found: list[peers.Compared | None] = []
    for column, metric in enumerate(metrics):
        one = stored.get(metric.name)
        found.append(_beside(one, metric, value[:, column], cells.error[:, column], limits))
    why = "the baseline has no such metric" if stored else "no baseline is given"
    silent = tuple("" if one else why for one in found)
    return _of_compared("baseline", cells, metrics, found, silent, limits)


def _beside(
    one: Stored | None, metric: Metric, value: Floats, error: Floats, limits: Thresholds
) -> peers.Compared | None:
    if one is None:
        return None
    nodes = len(value)
    expected = np.full(nodes, metric.sign * np.log(one.median))
    spread, n = np.full(nodes, one.scale), np.full(nodes, one.n, np.int64)
    return peers.against(value, expected, spread, n, error, limits)


def among_peers(
    cells: Cells, metrics: Sequence[Metric], limits: Thresholds
) -> tuple[View, list[Fleet | None]]:
    """Each node beside the others; of each metric what its fleet is like, None without a value."""
    value = logarithms(cells.value, metrics)
    tests = int(np.sum(~np.isnan(value)))
    found: list[peers.Compared | None] = []
    silent: list[str] = []
    fleets: list[Fleet | None] = []
    for column, metric in enumerate(metrics):
        there = value[:, column][~np.isnan(value[:, column])]
        zeros = int(np.sum(cells.value[:, column] == 0.0))
        groups = peers.two_groups(there, limits) if len(there) >= limits.least else None
        silent.append(_why_silent(len(there), zeros, groups, limits))
        compared = (
            None if silent[-1] else peers.compare(value[:, column], cells.error[:, column], limits)
        )
        found.append(compared)
        fleets.append(_fleet(there, metric, groups, compared, tests, limits))
    view = _of_compared("peers", cells, metrics, found, tuple(silent), limits)
    grade, fleets = _with_slow_groups(view, value, fleets, limits)
    best = np.where(cells.value == 0.0, Grade.ACCEPT, grade)  # nothing is better than 0
    return replace(view, grade=best.astype(np.int8)), fleets


def _with_slow_groups(
    view: View, value: Floats, fleets: Sequence[Fleet | None], limits: Thresholds
) -> tuple[NDArray[np.int8], list[Fleet | None]]:
    """The nodes of a slow minority are suspected, though none of them may stand out by itself."""
    grade, found = view.grade.copy(), list(fleets)
    for column, fleet in enumerate(fleets):
        if fleet is None or view.silent[column]:
            continue
        slow = minority.slow_group(value[:, column], len(fleets), limits)
        grade[slow, column] = np.maximum(grade[slow, column], Grade.RETEST)
        found[column] = replace(fleet, slow=tuple(np.flatnonzero(slow).tolist()))
    return grade, found


def _why_silent(nodes: int, zeros: int, groups: peers.Groups | None, limits: Thresholds) -> str:
    if zeros > nodes:
        return "most nodes have 0: there is no relative difference to it"
    if nodes < limits.least:
        return f"{nodes} of the {limits.least} nodes that peers need have a value"
    if groups:
        return (
            f"bimodal: {groups.worse} of {nodes} nodes are {100 * groups.behind:.1f} % behind the "
            f"other {groups.better}"
        )
    return ""


def _fleet(
    there: Floats,
    metric: Metric,
    groups: peers.Groups | None,
    compared: peers.Compared | None,
    tests: int,
    limits: Thresholds,
) -> Fleet | None:
    if not there.size:
        return None
    main = peers.main_group(there, limits) if compared else np.ones(len(there), bool)
    median = float(np.median(there[main]))
    spread = float(np.std(there[main], ddof=1)) if main.sum() > 1 else float("nan")
    faster = int(np.sum(there[~main] > median))
    sees = peers.smallest_seen(spread, int(main.sum()), tests, limits) if compared else float("nan")
    return Fleet(
        float(np.exp(metric.sign * median)),
        spread,
        len(there),
        int(main.sum()),
        faster,
        sees,
        groups,
    )


def _of_compared(
    name: str,
    cells: Cells,
    metrics: Sequence[Metric],
    found: Sequence[peers.Compared | None],
    silent: tuple[str, ...],
    limits: Thresholds,
) -> View:
    """Grades by effect, Benjamini-Hochberg (re-test) and Holm (reject) over nodes x metrics."""
    t, p, expected, others, sure = (
        _stacked(found, what, cells) for what in ("t", "p", "expected", "others", "sure")
    )
    expected = np.exp(expected * np.array([one.sign for one in metrics]))
    deficit = _deficit(cells.value, expected, metrics)
    holm = multiple.holm(p)
    counts = deficit >= limits.effect
    suspect = counts & (multiple.benjamini_hochberg(p) <= limits.retest)
    unsettled = counts & _noisy(cells.error, limits)
    beyond = deficit_log(cells.value, expected, metrics) >= -np.log1p(-limits.gross)
    reject = suspect & (
        ((holm <= limits.reject) & (sure == 1.0)) | (holm <= limits.certain) | beyond
    )
    grade = np.where(suspect | unsettled, Grade.RETEST, Grade.ACCEPT)
    grade = np.where(reject, Grade.REJECT, grade)
    far = (t < -limits.clip) & _implausible(cells.value, expected, metrics, limits)
    grade = np.where(far, Grade.RETEST, grade)
    return View(
        name, _graded(grade, deficit), expected, deficit, t, holm,
        np.nan_to_num(others).astype(np.int64), silent,
    )  # fmt: skip


def _implausible(
    value: Floats, expected: Floats, metrics: Sequence[Metric], limits: Thresholds
) -> Bools:
    """So much better than others that it is rather a mistake than a good node.

    Not asked of a contract: what is promised at least, or at most, may be wide.
    """
    found: Bools = deficit_log(value, expected, metrics) <= -np.log(limits.implausible)
    return found


def _noisy(error: Floats, limits: Thresholds) -> Bools:
    """Known far less well than other nodes are, and not to the smallest effect: no t settles it."""
    typical = np.nanmedian(error, axis=0) if len(error) else np.zeros(error.shape[1])
    found: Bools = (error > _NOISIER * typical) & (error >= limits.effect / 2.0)
    return found


def _stacked(found: Sequence[peers.Compared | None], what: str, cells: Cells) -> Floats:
    """(nodes, metrics) of one member; NaN for a metric without."""
    made = np.full(cells.value.shape, np.nan)
    for column, one in enumerate(found):
        if one is not None:
            made[:, column] = getattr(one, what)
    return made


def logarithms(value: Floats, metrics: Sequence[Metric]) -> Floats:
    """Signed logarithms: differences are relative, more is better. NaN where a value has none."""
    sign = np.array([one.sign for one in metrics])
    usable = np.where(value > 0.0, value, np.nan)
    return sign * np.log(usable)


def deficit_log(value: Floats, expected: Floats, metrics: Sequence[Metric]) -> Floats:
    """How far behind in logarithms: alike for a rate and for a time."""
    with np.errstate(invalid="ignore"):
        return logarithms(expected, metrics) - logarithms(value, metrics)


def _deficit(value: Floats, expected: Floats, metrics: Sequence[Metric]) -> Floats:
    """Fraction behind; infinite for anything above an expected 0."""
    sign = np.array([one.sign for one in metrics])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = sign * (1.0 - value / expected)
    return np.where(value == expected, 0.0, found)


def _graded(grade: NDArray[np.int64], deficit: Floats) -> NDArray[np.int8]:
    """Silent where nothing could be compared."""
    return np.where(np.isnan(deficit), Grade.SILENT, grade).astype(np.int8)
