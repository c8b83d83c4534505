"""How a result is spread: every repetition as a dot, with median and interval, a strip a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

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

TITLE: Final = "Distribution of the repetitions"
HELP: Final = "every repetition of a run's cases, with median and interval, relative to the median"
NEEDS: Final = "run"
MOST: Final = 40
_ROW_PX: Final = 34.0


class StripDoc(Doc):
    """A metric of a case in ``unit``: median, interval, and samples [launch][repetition]."""

    case: str
    kernel: str
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    value: float
    low: float
    high: float
    level: float
    samples: list[list[float]]


class StripsDoc(Doc):
    """What `qyran plot strips` shows: the primary metric of each case, or the one asked for."""

    schema_id: Literal["qyran.plot-strips/1"] = Field("qyran.plot-strips/1", alias="schema")
    run: str
    strips: list[StripDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        self.left_out = listing.limit(f"first {MOST}", MOST, len(self.strips), "cases")


DOCUMENT: Final = StripsDoc


def numbers(run: RunDetails) -> StripsDoc:
    """The strips of a run; NoNumbers if none of its cases has a result."""
    strips = [doc for one in run.cases for doc in _strip(one)]
    if not strips:
        raise NoNumbers(f"no case of run {run.header['id']} has a result", "`qyran run quick`")
    return StripsDoc(run=run.header["id"], strips=strips)


def _strip(case: CaseDetails) -> Iterator[StripDoc]:
    metric = case.primary
    if metric is not None and metric["value"]:  # of a median of 0 nothing is a part
        yield StripDoc(
            case=case.record["case"],
            kernel=case.record["kernel"],
            metric=case.record["primary"],
            **{k: metric[k] for k in ("unit", "better", "value", "low", "high", "level")},
            samples=_samples(case, metric),
        )


def _samples(case: CaseDetails, metric: Mapping[str, Any]) -> list[list[float]]:
    """[launch][repetition] in the unit of the metric.

    It is work over time, or time over a count: the recorded median gives the factor. Another tool
    told the values themselves.
    """
    if case.told:
        return [list(launch) for launch in case.told[case.record["primary"]]]
    seconds = np.fmax.reduce(case.seconds[metric["phase"]], axis=-1)
    shaped = 1.0 / seconds if metric["better"] == "higher" else seconds
    scaled = shaped * (metric["value"] / float(np.nanmedian(shaped)))
    return [launch[~np.isnan(launch)].tolist() for launch in scaled]


def shown(doc: StripsDoc) -> Sequence[StripDoc]:
    """The strips that are drawn."""
    return doc.strips[:MOST]


def size(doc: StripsDoc) -> tuple[float, float]:
    """A row for each strip."""
    return 900.0, 120.0 + _ROW_PX * len(shown(doc))


def describe(doc: StripsDoc) -> str:
    """Median and range of each."""
    return f"Run {doc.run}. " + " ".join(_sentence(one) for one in shown(doc))


def _sentence(one: StripDoc) -> str:
    flat = [value for launch in one.samples for value in launch]
    return (
        f"{one.kernel} {one.metric}: median {units.si(one.value, one.unit)}, "
        f"{units.si_range(min(flat), max(flat), one.unit)} in {len(flat)} repetitions."
    )


def table(doc: StripsDoc) -> Table:
    """A row for each repetition."""
    head = ("case", "metric", "launch", "repetition", "value", "unit", "of the median")
    rows = [
        (one.case, one.metric, i, k, value, one.unit, value / one.value)
        for one in shown(doc)
        for i, launch in enumerate(one.samples)
        for k, value in enumerate(launch)
    ]
    return head, rows


def draw(doc: StripsDoc, figure: Figure) -> None:
    """A strip for each case, on one axis of percent of its median."""
    from harness.report.plots import canvas, scales

    axes = figure.add_subplot()
    listed = shown(doc)
    axes.set_ylim(len(listed) - 0.4, -0.6)
    axes.set_xlabel("of the median of the case; colours and heights are launches")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    names = [canvas.plain(f"{one.kernel} {one.metric}") for one in listed]
    axes.set_yticks(range(len(listed)), names)
    scales.percents(axes.xaxis)
    axes.axvline(1.0, color=palette.AXIS, lw=1.0, zorder=1)
    row = 0
    for place, one in enumerate(listed):
        row = _draw(one, axes, place, row)
    for place, one in enumerate(listed):
        axes.annotate(
            units.si(one.value, one.unit), (1.0, place), (8, 0), va="center_baseline",
            xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        )  # fmt: skip


def _draw(one: StripDoc, axes: Axes, place: int, row: int) -> int:
    """One strip; the next row of the table."""
    from matplotlib.patches import Rectangle

    from harness.report.plots import canvas

    low, high = one.low / one.value, one.high / one.value
    axes.add_patch(Rectangle(
        (low, place - 0.32), high - low, 0.64, fc=palette.GRID, ec=palette.AXIS, lw=0.8, zorder=1.5
    ))  # fmt: skip
    axes.plot([1.0, 1.0], [place - 0.32, place + 0.32], color=palette.INK, lw=1.8, zorder=2)
    n = len(one.samples)
    for i, launch in enumerate(one.samples):
        height = place + (0.44 * (i + 0.5) / n - 0.22 if n > 1 else 0.0)
        canvas.dots(
            axes, [value / one.value for value in launch], [height] * len(launch),
            list(range(row, row + len(launch))), markersize=5.5, markeredgewidth=0.6,
            color=palette.SERIES[i % len(palette.SERIES)], markeredgecolor=palette.PAPER,
        )  # fmt: skip
        row += len(launch)
    return row
