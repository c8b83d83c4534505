"""The time of each rank: whether some of them make the others wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from harness.record.details import CaseDetails, RunDetails
from harness.report import units
from harness.report.document import Doc
from harness.report.plots import listing, palette
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Table

TITLE: Final = "Imbalance of the ranks"
HELP: Final = "the time of each rank, median and range over the repetitions, phase by phase"
NEEDS: Final = "run"
MOST: Final = 12
"""Panels in one picture, of the most imbalance."""
_PANEL_PX: Final = 190.0


class RankDoc(Doc):
    """A rank: median, least and most seconds of a repetition."""

    rank: int
    host: str
    seconds: float
    low: float
    high: float


class PhaseDoc(Doc):
    """A phase of a case. imbalance : of the slowest rank over the mean of all, a fraction."""

    case: str
    kernel: str
    phase: str
    imbalance: float
    ranks: list[RankDoc]


class ImbalanceDoc(Doc):
    """What `qyran plot imbalance` shows: the primary phases of cases on two ranks or more."""

    schema_id: Literal["qyran.plot-imbalance/1"] = Field("qyran.plot-imbalance/1", alias="schema")
    run: str
    phases: list[PhaseDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        which = f"{MOST} of most imbalance"
        self.left_out = listing.limit(which, MOST, len(self.phases), "phases")


DOCUMENT: Final = ImbalanceDoc


def numbers(run: RunDetails) -> ImbalanceDoc:
    """The ranks of a run; NoNumbers if no case has the times of two ranks."""
    phases = [doc for one in run.cases for doc in _phase(one)]
    if not phases:
        raise NoNumbers(
            f"no case of run {run.header['id']} has the times of two ranks or more",
            "`qyran run quick --ranks 2`",
        )
    phases.sort(key=lambda one: -one.imbalance)
    return ImbalanceDoc(run=run.header["id"], phases=phases)


def _phase(case: CaseDetails) -> Iterator[PhaseDoc]:
    metric = case.primary
    if metric is None or case.reduced or case.record["ranks"] < 2:
        return
    times = case.seconds[metric["phase"]]
    flat = times.reshape(-1, times.shape[-1])
    flat = flat[~np.isnan(flat).any(axis=1)]
    if not len(flat):
        return
    median = np.median(flat, axis=0)
    yield PhaseDoc(
        case=case.record["case"],
        kernel=case.record["kernel"],
        phase=metric["phase"],
        imbalance=float(median.max() / median.mean() - 1.0),
        ranks=[
            RankDoc(
                rank=i,
                host=case.hosts[i] if i < len(case.hosts) else "",
                seconds=float(median[i]),
                low=float(flat[:, i].min()),
                high=float(flat[:, i].max()),
            )
            for i in range(flat.shape[1])
        ],
    )


def shown(doc: ImbalanceDoc) -> Sequence[PhaseDoc]:
    """The phases that are drawn."""
    return doc.phases[:MOST]


def size(doc: ImbalanceDoc) -> tuple[float, float]:
    """Two panels side by side."""
    return 900.0, 50.0 + _PANEL_PX * -(-len(shown(doc)) // 2)


def describe(doc: ImbalanceDoc) -> str:
    """The slowest rank of each phase."""
    return f"Run {doc.run}. " + " ".join(_sentence(one) for one in shown(doc))


def _sentence(one: PhaseDoc) -> str:
    slow = max(one.ranks, key=lambda at: at.seconds)
    where = f" on {slow.host}" if slow.host else ""
    return (
        f"{one.kernel} {one.phase}: rank {slow.rank}{where} takes "
        f"{units.signed_percent(one.imbalance)} beside the mean of {len(one.ranks)} ranks."
    )


def table(doc: ImbalanceDoc) -> Table:
    """A row for each rank."""
    head = ("case", "phase", "rank", "host", "median (s)", "least (s)", "most (s)")
    rows = [
        (one.case, one.phase, at.rank, at.host, at.seconds, at.low, at.high)
        for one in shown(doc)
        for at in one.ranks
    ]
    return head, rows


def draw(doc: ImbalanceDoc, figure: Figure) -> None:
    """A panel for each phase."""
    from harness.report.plots import canvas

    listed = shown(doc)
    row = 0
    for axes, one in zip(canvas.side_by_side(figure, len(listed)), listed, strict=True):
        _draw(one, axes, row)
        row += len(one.ranks)


def _draw(one: PhaseDoc, axes: Axes, row: int) -> None:
    from matplotlib.ticker import MaxNLocator

    from harness.report.plots import canvas, scales

    words = f"{one.kernel} {one.phase}: slowest {units.signed_percent(one.imbalance)}"
    axes.set_title(canvas.plain(words), loc="left", fontweight="bold")
    axes.set_xlim(-0.6, len(one.ranks) - 0.4)
    axes.set_ylim(0.0, 1.1 * max(at.high for at in one.ranks))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.set_xlabel("rank")
    axes.grid(visible=False, axis="x")
    scales.linear(axes.yaxis, "s", 4)
    ranks = [at.rank for at in one.ranks]
    mean = sum(at.seconds for at in one.ranks) / len(one.ranks)
    axes.axhline(mean, color=palette.AXIS, ls="--", lw=1.2)
    axes.vlines(
        ranks, [at.low for at in one.ranks], [at.high for at in one.ranks], color=palette.SERIES[4],
        lw=3 if len(ranks) <= 64 else 1,
    )  # fmt: skip
    slow = max(ranks, key=lambda i: one.ranks[i].seconds)
    for rows, colour in (
        ([i for i in ranks if i != slow], palette.SERIES[0]),
        ([slow], palette.US),
    ):
        canvas.dots(
            axes, rows, [one.ranks[i].seconds for i in rows], [row + i for i in rows], color=colour,
            markersize=6 if len(ranks) <= 64 else 3,
        )  # fmt: skip
