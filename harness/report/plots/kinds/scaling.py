"""How well a kernel uses more ranks: speed-up and efficiency of the scaling series of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from harness.record.details import RunDetails
from harness.report import compose, units
from harness.report import scaling as series
from harness.report.document import CaseDoc, Doc, ScalingDoc
from harness.report.plots import palette
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.labels import Label
    from harness.report.plots.listing import Table

TITLE: Final = "Scaling"
HELP: Final = "speed-up and efficiency of a run's scaling series, strong or weak, beside the ideal"
NEEDS: Final = "run"
_MARKERS: Final = ("o", "s", "D", "^", "v", "P")


class MemberDoc(Doc):
    """A member of a series: ``count`` of what grows, and ``efficiency`` with its interval.

    launches : the efficiency of each launch beside that of the base; null, with the reason, where
    one of both has no result.
    """

    case: str
    count: int
    factor: float
    value: float | None
    speedup: float | None
    efficiency: float | None
    low: float | None
    high: float | None
    launches: list[float]
    reason: str


class SeriesDoc(Doc):
    """A series beside its smallest case, ``base``. grows : what there is more of."""

    kernel: str
    kind: Literal["strong", "weak"]
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    parameters: str
    base: str
    grows: Literal["nodes", "ranks", "threads"]
    members: list[MemberDoc]


class PlotScalingDoc(Doc):
    """What `qyran plot scaling` shows. level : of the intervals, the lowest of them."""

    schema_id: Literal["qyran.plot-scaling/1"] = Field("qyran.plot-scaling/1", alias="schema")
    run: str
    level: float
    series: list[SeriesDoc]


DOCUMENT: Final = PlotScalingDoc


def numbers(run: RunDetails) -> PlotScalingDoc:
    """The series of a run; NoNumbers if it has none, or none with two results."""
    cases = [compose.recorded_case(one.record) for one in run.cases]
    found = of_cases(run.header["id"], cases)
    if not any(one.speedup is not None for line in found.series for one in line.members[1:]):
        raise NoNumbers(
            f"run {found.run} has no scaling series with two results",
            "`qyran run jacobi3d --scaling strong --ranks 1,2,4`",
        )
    return found


def of_cases(run: str, cases: Sequence[CaseDoc]) -> PlotScalingDoc:
    """The series of the cases of a run."""
    by_id = {one.case: one for one in cases}
    members = series.of_cases(cases)
    keys = list(dict.fromkeys((one.kind, one.base) for one in members if one.base in by_id))
    listed = [
        _series([one for one in members if (one.kind, one.base) == key], by_id) for key in keys
    ]
    levels = [one.level for one in members if one.n]
    return PlotScalingDoc(run=run, level=min(levels, default=0.0), series=listed)


def _series(members: Sequence[ScalingDoc], cases: dict[str, CaseDoc]) -> SeriesDoc:
    base = cases[members[0].base]
    grows = _grows(members)
    metric = base.metrics.get(base.primary)
    return SeriesDoc(
        kernel=base.kernel,
        kind=members[0].kind,
        metric=base.primary,
        unit=metric.unit if metric else "",
        better=metric.better if metric else "higher",
        parameters=", ".join(
            f"{k} {v}" for k, v in base.parameters.items() if k not in base.fitted
        ),
        base=base.case,
        grows=grows,
        members=[_member(one, cases, getattr(one, grows)) for one in members],
    )


def _grows(members: Sequence[ScalingDoc]) -> Literal["nodes", "ranks", "threads"]:
    if len({one.nodes for one in members}) > 1:
        return "nodes"
    return "ranks" if len({one.ranks for one in members}) > 1 else "threads"


def _member(one: ScalingDoc, cases: dict[str, CaseDoc], count: int) -> MemberDoc:
    return MemberDoc(
        case=one.case,
        count=count,
        factor=one.factor,
        **{k: getattr(one, k) for k in ("value", "speedup", "efficiency", "low", "high", "reason")},
        launches=_launches(one, cases),
    )


def _launches(one: ScalingDoc, cases: dict[str, CaseDoc]) -> list[float]:
    """Efficiencies of launches side by side: as `judge.scaling`, which takes their median."""
    mine, theirs = (cases[name].metrics.get(one.metric) for name in (one.case, one.base))
    if mine is None or theirs is None or one.speedup is None or one.efficiency is None:
        return []
    ideal = one.speedup / one.efficiency
    pairs = zip(mine.launches, theirs.launches, strict=False)
    higher = mine.better == "higher"
    return [(a / b if higher else b / a) / ideal for a, b in pairs]


def size(doc: PlotScalingDoc) -> tuple[float, float]:
    """Two panels side by side."""
    return 900.0, 430.0


def describe(doc: PlotScalingDoc) -> str:
    """Each series by its largest member."""
    return f"Run {doc.run}. " + " ".join(_sentence(one) for one in doc.series)


def _sentence(one: SeriesDoc) -> str:
    known = [member for member in one.members if member.efficiency is not None]
    if not known:
        return f"{_name(one)}: no result."
    last = known[-1]
    return (
        f"{_name(one)}: efficiency {units.percent(last.efficiency)} "
        f"({units.percent(last.low)} to {units.percent(last.high)}) with {_count(one, last)}, "
        f"beside {_count(one, one.members[0])}."
    )


def _count(one: SeriesDoc, member: MemberDoc) -> str:
    return units.counted(member.count, one.grows.removesuffix("s"))


def _name(one: SeriesDoc) -> str:
    return f"{one.kernel} {one.kind}"


def table(doc: PlotScalingDoc) -> Table:
    """A row for each member."""
    head = (
        "series", "base", "grows", "count", "metric", "value", "unit", "speed-up", "efficiency",
        "low", "high", "case", "reason",
    )  # fmt: skip
    rows = [
        (_name(one), one.base, one.grows, member.count, one.metric, member.value, one.unit,
         member.speedup, member.efficiency, member.low, member.high, member.case, member.reason)
        for one in doc.series
        for member in one.members
    ]  # fmt: skip
    return head, rows


def draw(doc: PlotScalingDoc, figure: Figure) -> None:
    """Speed-up on the left, efficiency on the right."""
    from harness.report.plots import labels

    left, right = figure.subplots(1, 2)
    _frame(doc, left)
    _frame(doc, right)
    _speedups(doc, left)
    wanted = _efficiencies(doc, right)
    lines = [
        [(one.count, one.efficiency) for one in line.members if one.efficiency is not None]
        for line in doc.series
    ]
    labels.place(right, wanted, [at for line in lines for at in line], lines)


def _frame(doc: PlotScalingDoc, axes: Axes) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    counts = sorted({member.count for one in doc.series for member in one.members})
    grows = list(dict.fromkeys(one.grows for one in doc.series))
    axes.set_xscale("log", base=2)
    axes.set_xlim(counts[0] / 1.25, counts[-1] * 1.25)
    axes.xaxis.set_major_locator(FixedLocator(_thinned(counts)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_xlabel(" or ".join(grows))


def _thinned(counts: Sequence[int]) -> list[int]:
    """Those with room for their number: at least a quarter apart."""
    kept: list[int] = []
    for one in counts:
        if not kept or one >= 1.25 * kept[-1]:
            kept.append(one)
    return kept


def _speedups(doc: PlotScalingDoc, axes: Axes) -> None:
    from matplotlib.ticker import NullLocator

    from harness.report.plots import canvas

    axes.set_yscale("log", base=2)
    axes.set_title(f"speed-up beside {_bases(doc)}", loc="left", fontweight="bold")
    row, factors = 0, [1.0]
    for i, one in enumerate(doc.series):
        known = [(m.count, m.speedup, row + k) for k, m in enumerate(one.members) if m.speedup]
        row += len(one.members)
        factors += [member.factor for member in one.members] + [y for _, y, _ in known]
        x, y = ([at[k] for at in known] for k in (0, 1))
        axes.plot(x, y, color=_colour(i))
        canvas.dots(
            axes, x, y, [at[2] for at in known], color=_colour(i), marker=_marker(i), markersize=7
        )
        _ideal(one, axes)
    axes.set_ylim(min(factors) / 1.25, max(factors) * 1.35)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _bases(doc: PlotScalingDoc) -> str:
    """The base of all series, or of each."""
    found = dict.fromkeys(_count(one, one.members[0]) for one in doc.series)
    return " or ".join(found)


def _ideal(one: SeriesDoc, axes: Axes) -> None:
    """As many times as fast; of a time at constant work for each rank: as fast."""
    rising = not (one.kind == "weak" and one.better == "lower")
    x = [one.members[0].count, one.members[-1].count]
    y = [1.0, one.members[-1].factor if rising else 1.0]
    axes.plot(x, y, color=palette.AXIS, ls="--", lw=1.2, zorder=1)
    axes.annotate(
        "ideal", (x[1], y[1]), (-4, 4), textcoords="offset points", ha="right", va="bottom",
        color=palette.MUTED, fontsize=11,
    )  # fmt: skip


def _efficiencies(doc: PlotScalingDoc, axes: Axes) -> list[Label]:
    """Intervals, medians and launches; the names of the series at their last members."""
    from harness.report.plots import canvas, scales
    from harness.report.plots.labels import Label

    axes.set_title("efficiency", loc="left", fontweight="bold")
    axes.axhline(1.0, color=palette.AXIS, ls="--", lw=1.2, zorder=1)
    row, wanted, most = 0, [], 1.0
    for i, one in enumerate(doc.series):
        known = [(row + k, m) for k, m in enumerate(one.members) if m.efficiency is not None]
        row += len(one.members)
        x = [m.count for _, m in known]
        y = [m.efficiency or 0.0 for _, m in known]
        for _, m in known:
            ends = [m.count] * 2, [m.low or 0.0, m.high or 0.0]
            axes.plot(*ends, color=_colour(i), lw=5, alpha=0.35)
            axes.plot(*ends, color=_colour(i), lw=1.0)
            axes.plot(
                [m.count] * len(m.launches), m.launches, ls="none", marker="_", markersize=9,
                color=_colour(i), markeredgewidth=1.0,
            )  # fmt: skip
            most = max([most, m.high or 0.0, *m.launches])
        axes.plot(x, y, color=_colour(i))
        rows = [k for k, _ in known]
        canvas.dots(axes, x, y, rows, color=_colour(i), marker=_marker(i), markersize=7)
        if known:
            wanted.append(Label(_name(one), (x[-1], y[-1]), _colour(i), "bold"))
    axes.set_ylim(0.0, 1.08 * most)
    scales.percents(axes.yaxis)
    return wanted


def _colour(i: int) -> str:
    return palette.SERIES[i % len(palette.SERIES)]


def _marker(i: int) -> str:
    return _MARKERS[i % len(_MARKERS)]
