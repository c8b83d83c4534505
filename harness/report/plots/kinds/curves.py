"""Metrics over a size: latency and bandwidth of messages, collectives, levels of memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from harness.record.details import RunDetails
from harness.report import compose, units
from harness.report.document import CurveDoc, Doc
from harness.report.plots import listing, palette
from harness.report.plots.listing import NoNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.labels import Label
    from harness.report.plots.listing import Table

TITLE: Final = "Curves over a size"
HELP: Final = "latency and bandwidth over the size of messages, or of working sets, with intervals"
NEEDS: Final = "run"
MOST: Final = 6
"""Panels in one picture."""
_PANEL_PX: Final = 340.0
_TICKS: Final = 8
_MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X")
_STYLES: Final = ("-", "--", "-.", ":")


class NamedDoc(Doc):
    """A curve of a case."""

    name: str
    curve: CurveDoc


class PanelDoc(Doc):
    """The curves of a case over one axis and in one unit."""

    case: str
    kernel: str
    about: str
    axis: str
    unit: str
    value_unit: str
    better: Literal["higher", "lower"]
    curves: list[NamedDoc]


class CurvesDoc(Doc):
    """What `qyran plot curves` shows."""

    schema_id: Literal["qyran.plot-curves/1"] = Field("qyran.plot-curves/1", alias="schema")
    run: str
    panels: list[PanelDoc]
    left_out: str = ""

    def model_post_init(self, _: object) -> None:
        """Say what the picture leaves out."""
        panels = listing.limit(f"first {MOST}", MOST, len(self.panels), "panels")
        self.left_out = "; ".join(one for one in (panels, _beside(shown(self))) if one)


DOCUMENT: Final = CurvesDoc


def numbers(run: RunDetails) -> CurvesDoc:
    """The curves of a run; NoNumbers if it has none."""
    panels = [
        panel
        for case in run.cases
        for panel in of_curves(
            case.record["case"],
            case.record["kernel"],
            f"{case.record['ranks']} x {case.record['threads']}",
            compose.recorded_case(case.record).curves,
        )
    ]
    if not panels:
        raise NoNumbers(f"run {run.header['id']} has no curves", "`qyran run network`")
    return CurvesDoc(run=run.header["id"], panels=panels)


def of_curves(case: str, kernel: str, about: str, curves: dict[str, CurveDoc]) -> list[PanelDoc]:
    """The panels of a case."""
    keys = dict.fromkeys((c.axis, c.unit, c.value_unit, c.better) for c in curves.values())
    return [
        PanelDoc(
            case=case, kernel=kernel, about=about, axis=axis, unit=unit, value_unit=value_unit,
            better=better,
            curves=[
                NamedDoc(name=name.removesuffix(f"_{one.metric}"), curve=one)
                for name, one in curves.items()
                if (one.axis, one.unit, one.value_unit) == (axis, unit, value_unit)
            ],
        )
        for axis, unit, value_unit, better in keys
    ]  # fmt: skip


def shown(doc: CurvesDoc) -> Sequence[PanelDoc]:
    """The panels that are drawn."""
    return doc.panels[:MOST]


def size(doc: CurvesDoc) -> tuple[float, float]:
    """A panel below the other."""
    return 900.0, 30.0 + _PANEL_PX * len(shown(doc))


def describe(doc: CurvesDoc) -> str:
    """The ends of each curve."""
    return f"Run {doc.run}. " + " ".join(
        _sentence(panel, one) for panel in shown(doc) for one in panel.curves
    )


def _sentence(panel: PanelDoc, one: NamedDoc) -> str:
    curve = one.curve
    ends = " and ".join(
        f"{units.si(curve.value[i], curve.value_unit)} at {place(curve.at[i], panel.unit)}"
        for i in (0, -1)
    )
    return f"{panel.kernel} {one.name}: {ends}."


def place(value: float, unit: str) -> str:
    """A place on the axis, in words."""
    return units.exact_binary(value) if unit == "B" else f"{value:g} {unit}".removesuffix(" 1")


def table(doc: CurvesDoc) -> Table:
    """A row for each point."""
    head = ("case", "curve", "axis", "at", "unit of the axis", "value", "low", "high", "unit")
    rows = [
        (panel.case, one.name, panel.axis, at, panel.unit, value, low, high, panel.value_unit)
        for panel in shown(doc)
        for one in panel.curves
        for at, value, low, high in zip(
            one.curve.at, one.curve.value, one.curve.low, one.curve.high, strict=True
        )
    ]
    return head, rows


def draw(doc: CurvesDoc, figure: Figure) -> None:
    """A panel for each case and unit."""
    from harness.report.plots import labels

    listed = shown(doc)
    panels = figure.subplots(len(listed), 1, squeeze=False)[:, 0]
    row, wanted = 0, []
    for axes, panel in zip(panels, listed, strict=True):
        wanted.append(_draw(panel, axes, row))
        row += sum(len(one.curve.at) for one in panel.curves)
    labels.settle(figure)
    for axes, panel, names in zip(panels, listed, wanted, strict=True):
        lines = [_points(one) for one in panel.curves]
        labels.place(axes, names, [], lines)


def _points(one: NamedDoc) -> list[tuple[float, float]]:
    """What a log axis can show: places and values above 0."""
    pairs = zip(one.curve.at, one.curve.value, strict=True)
    return [(at, value) for at, value in pairs if at > 0 and value > 0]


def _beside(panels: Sequence[PanelDoc]) -> str:
    """How many points the logarithmic axes have no place for."""
    curves = [one for panel in panels for one in panel.curves]
    lost = sum(len(one.curve.at) - len(_points(one)) for one in curves)
    points = units.counted(lost, "point")
    return f"{points} at 0 cannot stand on a logarithmic axis" if lost else ""


def _draw(panel: PanelDoc, axes: Axes, row: int) -> list[Label]:
    from harness.report.plots import canvas, scales

    words = f"{panel.kernel} {panel.curves[0].curve.metric}, {panel.about} ranks x threads"
    axes.set_title(canvas.plain(words), loc="left", fontweight="bold")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel(
        canvas.plain(f"{panel.axis} ({panel.unit})" if panel.unit != "B" else panel.axis)
    )
    wanted = []
    for i, one in enumerate(panel.curves):
        wanted += _curve(one, axes, i, row)
        row += len(one.curve.at)
    places = [at for one in panel.curves for at, _ in _points(one)]
    axes.set_xlim(min(places) / 1.4, max(places) * 1.4)
    if panel.unit == "B":
        scales.powers_of_two(axes, "x", places, _TICKS)
    scales.decades(axes.yaxis, panel.value_unit)
    return wanted


def _curve(one: NamedDoc, axes: Axes, i: int, row: int) -> list[Label]:
    """A line with its interval; its name at its widest distance from its neighbours: the end."""
    from harness.report.plots import canvas
    from harness.report.plots.labels import Label

    curve, colour = one.curve, palette.SERIES[i % len(palette.SERIES)]
    kept = [k for k, (at, v) in enumerate(zip(curve.at, curve.value, strict=True)) if at > 0 < v]
    if not kept:
        return []
    x, y, low, high = (
        [values[k] for k in kept] for values in (curve.at, curve.value, curve.low, curve.high)
    )
    style = _STYLES[i // len(palette.SERIES) % len(_STYLES)]
    axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    axes.plot(x, y, color=colour, ls=style, lw=1.4)
    canvas.dots(
        axes, x, y, [row + k for k in kept], color=colour, marker=_MARKERS[i % len(_MARKERS)],
        markersize=4,
    )  # fmt: skip
    return [Label(one.name.replace("_", " "), (x[-1], y[-1]), colour, "bold")]
