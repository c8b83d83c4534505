"""Where HPL spends its time: panel, broadcast, swap, update and solve, over the columns.

Records without a timeline have a bar a repetition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from harness.record.details import CaseDetails, RunDetails
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import factorisation
from harness.report.plots.factorisation import LOOK, TimelineDoc
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Cell, Table

TITLE: Final = "Phases of HPL over time"
HELP: Final = "panel, broadcast, swap, update and flop/s of HPL or HPL-MxP over its columns"
NEEDS: Final = "run"
_KERNELS: Final = ("hpl", "hpl_mxp")
_ROW_PX: Final = 26.0
_ELSE: Final = "else"


class RepetitionDoc(Doc):
    """A repetition, s: its time, that of its slowest rank; and its parts, means over the ranks.

    What no part has told is ``else``.
    """

    launch: int
    repetition: int
    seconds: float
    parts: dict[str, float]


class SolveDoc(Doc):
    """A case of HPL. timeline : of its median repetition; null in records without one."""

    case: str
    kernel: str
    n: int
    ranks: int
    repetitions: list[RepetitionDoc]
    timeline: TimelineDoc | None = None


class HplPhasesDoc(Doc):
    """What `qyran plot hpl-phases` shows."""

    schema_id: Literal["qyran.plot-hpl-phases/1"] = Field("qyran.plot-hpl-phases/1", alias="schema")
    run: str
    cases: list[SolveDoc]


DOCUMENT: Final = HplPhasesDoc


def numbers(run: RunDetails) -> HplPhasesDoc:
    """The HPL cases of a run; NoNumbers if it has none that told its parts."""
    cases = [doc for one in run.cases for doc in _solve(one)]
    if not cases:
        raise NoNumbers(f"run {run.header['id']} has no result of HPL", "`qyran run hpl`")
    return HplPhasesDoc(run=run.header["id"], cases=cases)


def _solve(case: CaseDetails) -> Iterator[SolveDoc]:
    metric = case.primary
    if case.record["kernel"] not in _KERNELS or metric is None or not case.parts or case.reduced:
        return
    times = case.seconds[metric["phase"]]
    slowest = np.fmax.reduce(times, axis=-1)
    repetitions = [
        _repetition(case, (i, k), float(slowest[i, k]))
        for i, k in np.ndindex(*slowest.shape)
        if np.isfinite(slowest[i, k])
    ]
    n = int(case.record["parameters"]["n"])
    flop, told = case.work[metric["phase"]].flop, case.timeline
    yield SolveDoc(
        case=case.record["case"],
        kernel=case.record["kernel"],
        n=n,
        ranks=int(case.record["ranks"]),
        repetitions=repetitions,
        timeline=factorisation.numbers(n, flop, told) if told is not None else None,
    )


def _repetition(case: CaseDetails, at: tuple[int, int], seconds: float) -> RepetitionDoc:
    found = {name: float(np.nanmean(values[at])) for name, values in case.parts.items()}
    parts = {name: found[name] for name in LOOK if name in found}
    parts |= {name: one for name, one in found.items() if name not in parts}
    parts[_ELSE] = max(0.0, seconds - sum(parts.values()))
    return RepetitionDoc(launch=at[0], repetition=at[1], seconds=seconds, parts=parts)


def size(doc: HplPhasesDoc) -> tuple[float, float]:
    """Two panels over the columns, or a row for each repetition."""
    return 900.0, 40.0 + sum(sum(_heights(one)) for one in doc.cases)


def _heights(one: SolveDoc) -> tuple[float, ...]:
    """Of its panels, px."""
    if one.timeline is not None:
        return factorisation.PANELS_PX
    return (_ROW_PX * (len(one.repetitions) + 4),)


def describe(doc: HplPhasesDoc) -> str:
    """The share of each part, and how it develops."""
    return f"Run {doc.run}. " + " ".join(_sentence(one) for one in doc.cases)


def _sentence(one: SolveDoc) -> str:
    whole = sum(at.seconds for at in one.repetitions)
    parts = dict.fromkeys(name for at in one.repetitions for name in at.parts)
    shares = {name: sum(at.parts.get(name, 0.0) for at in one.repetitions) for name in parts}
    said = ", ".join(f"{name} {units.percent(share / whole)}" for name, share in shares.items())
    told = f"{one.kernel}, n = {one.n}, {len(one.repetitions)} repetitions: {said}."
    return told if one.timeline is None else f"{told} {factorisation.describe(one.timeline)}"


def table(doc: HplPhasesDoc) -> Table:
    """A row for each part of each interval of columns, and one for all of its parts, with the rate.

    Without a timeline, a row for each part of each repetition.
    """
    head = (
        "case", "launch", "repetition", "columns from", "columns to", "part", "mean of ranks (s)",
        "slowest rank (s)", "of (s)", "rate (flop/s)",
    )  # fmt: skip
    return head, [row for one in doc.cases for row in _rows(one)]


def _rows(one: SolveDoc) -> list[tuple[Cell, ...]]:
    if one.timeline is not None:
        return factorisation.rows(one.case, one.timeline)
    return [
        (one.case, at.launch, at.repetition, None, None, name, seconds, None, at.seconds, None)
        for at in one.repetitions
        for name, seconds in at.parts.items()
    ]


def draw(doc: HplPhasesDoc, figure: Figure) -> None:
    """The panels of each case."""
    heights = [px for one in doc.cases for px in _heights(one)]
    panels = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    row = 0
    for one in doc.cases:
        if one.timeline is not None:
            title = f"{one.kernel}, n = {one.n}, {_which(one, one.timeline)}"
            row = factorisation.draw(one.timeline, title, next(panels), next(panels), row)
        else:
            row = _bars(one, next(panels), row)


def _which(one: SolveDoc, timeline: TimelineDoc) -> str:
    at = f"launch {timeline.launch + 1}, no. {timeline.repetition + 1}"
    return f"{units.counted(one.ranks, 'rank')}: {units.seconds(timeline.seconds)} in {at}"


def _bars(one: SolveDoc, axes: Axes, row: int) -> int:
    from harness.report.plots import canvas, scales

    parts = dict.fromkeys(name for at in one.repetitions for name in at.parts)
    factorisation.headed(axes, f"{one.kernel}, n = {one.n}", parts)
    axes.set_ylim(len(one.repetitions) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.02 * max(at.seconds for at in one.repetitions))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    names = [f"launch {at.launch + 1}, no. {at.repetition + 1}" for at in one.repetitions]
    axes.set_yticks(range(len(names)), names)
    scales.linear(axes.xaxis, "s")
    axes.set_xlabel("mean over the ranks; the end is that of the slowest rank")
    for place, at in enumerate(one.repetitions):
        begin = 0.0
        for name, seconds in at.parts.items():
            (bar,) = axes.barh([place], [seconds], 0.72, begin, color=factorisation.colour(name))
            canvas.mark(bar, row)
            row, begin = row + 1, begin + seconds
    return row
