"""Where HPL spends its time: panel, broadcast, swap, update and solve, repetition by repetition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from harness.record.details import CaseDetails, RunDetails
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import palette
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Table

TITLE: Final = "Phases of HPL over time"
HELP: Final = "panel, broadcast, swap, update and solve of every repetition of HPL or HPL-MxP"
NEEDS: Final = "run"
_KERNELS: Final = ("hpl", "hpl_mxp")
_ROW_PX: Final = 26.0
_ELSE: Final = "else"
_LOOK: Final = {
    "panel": palette.SERIES[0],
    "broadcast": palette.SERIES[1],
    "swap": palette.SERIES[3],
    "update": palette.SERIES[2],
    "solve": palette.SERIES[4],
    "convert": palette.SERIES[5],
    "residual": palette.US,
    _ELSE: palette.MISSING,
}


class RepetitionDoc(Doc):
    """A repetition, s: its time, that of its slowest rank; and its parts, means over the ranks.

    What no part has told is ``else``.
    """

    launch: int
    repetition: int
    seconds: float
    parts: dict[str, float]


class SolveDoc(Doc):
    """A case of HPL."""

    case: str
    kernel: str
    n: int
    repetitions: list[RepetitionDoc]


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
    yield SolveDoc(
        case=case.record["case"],
        kernel=case.record["kernel"],
        n=int(case.record["parameters"]["n"]),
        repetitions=repetitions,
    )


def _repetition(case: CaseDetails, at: tuple[int, int], seconds: float) -> RepetitionDoc:
    found = {name: float(np.nanmean(values[at])) for name, values in case.parts.items()}
    parts = {name: found[name] for name in _LOOK if name in found}
    parts |= {name: one for name, one in found.items() if name not in parts}
    parts[_ELSE] = max(0.0, seconds - sum(parts.values()))
    return RepetitionDoc(launch=at[0], repetition=at[1], seconds=seconds, parts=parts)


def size(doc: HplPhasesDoc) -> tuple[float, float]:
    """A row for each repetition."""
    rows = sum(len(one.repetitions) + 3 for one in doc.cases)
    return 900.0, 90.0 + _ROW_PX * rows


def describe(doc: HplPhasesDoc) -> str:
    """The share of each part."""
    return f"Run {doc.run}. " + " ".join(_sentence(one) for one in doc.cases)


def _sentence(one: SolveDoc) -> str:
    whole = sum(at.seconds for at in one.repetitions)
    parts = dict.fromkeys(name for at in one.repetitions for name in at.parts)
    shares = {name: sum(at.parts.get(name, 0.0) for at in one.repetitions) for name in parts}
    said = ", ".join(f"{name} {units.percent(share / whole)}" for name, share in shares.items())
    return f"{one.kernel}, n = {one.n}, {len(one.repetitions)} repetitions: {said}."


def table(doc: HplPhasesDoc) -> Table:
    """A row for each part of each repetition."""
    head = ("case", "launch", "repetition", "part", "seconds", "repetition took (s)")
    rows = [
        (one.case, at.launch, at.repetition, name, seconds, at.seconds)
        for one in doc.cases
        for at in one.repetitions
        for name, seconds in at.parts.items()
    ]
    return head, rows


def draw(doc: HplPhasesDoc, figure: Figure) -> None:
    """A panel for each case."""
    heights = [len(one.repetitions) + 3 for one in doc.cases]
    panels = figure.subplots(len(doc.cases), 1, squeeze=False, height_ratios=heights)[:, 0]
    row = 0
    for axes, one in zip(panels, doc.cases, strict=True):
        row = _draw(one, axes, row)


def _draw(one: SolveDoc, axes: Axes, row: int) -> int:
    from harness.report.plots import canvas, scales

    axes.set_title(canvas.plain(f"{one.kernel}, n = {one.n}"), loc="left", fontweight="bold")
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
            colour = _LOOK.get(name, palette.SERIES[5])
            (bar,) = axes.barh([place], [seconds], 0.72, begin, color=colour)
            canvas.mark(bar, row)
            row, begin = row + 1, begin + seconds
    _legend(one, axes)
    return row


def _legend(one: SolveDoc, axes: Axes) -> None:
    from matplotlib.patches import Patch

    from harness.report.plots import canvas

    parts = dict.fromkeys(name for at in one.repetitions for name in at.parts)
    handles = [
        Patch(fc=_LOOK.get(name, palette.SERIES[5]), label=canvas.plain(name)) for name in parts
    ]
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(handles),
        frameon=False, handlelength=1.2, fontsize=11, borderaxespad=0.2,
    )  # fmt: skip
