"""A document for every plot, made by hand: numbers, names that try to break out, gaps."""

from __future__ import annotations

from collections.abc import Callable

from harness.record.result import Timeline
from harness.report.document import CurveDoc, Doc
from harness.report.history_document import HistoryDoc, MarkDoc, PointDoc, SegmentDoc, SeriesDoc
from harness.report.plots import factorisation
from harness.report.plots.kinds import (
    curves,
    green500,
    history,
    hpcg,
    hpl_mxp,
    hpl_phases,
    imbalance,
    nodes,
    pairs,
    roofline,
    scaling,
    strips,
    top500,
)
from kernels._support import linpack

EVIL = "<script>alert('$x_y$')</script> & \x1b[31m\u202e"
SHOWN = "<script>alert('$x_y$')</script> & \ufffd[31m\ufffd"
DAY_S = 86400.0


def _kernel(phase: str, fraction: float | None, **more: float | None) -> roofline.KernelDoc:
    return roofline.KernelDoc(
        kernel=EVIL, case=f"case {phase}", phase=phase, metric="rate", primary=phase == "triad",
        flop_rate=more.get("flop_rate", 2e9), intensity=more.get("intensity", 1 / 16),
        value=1e9, low=0.9e9, high=1.1e9, unit="B/s", bound=2e9, bound_source="memory traffic",
        fraction=fraction, fraction_low=fraction and 0.9 * fraction,
        fraction_high=fraction and 1.1 * fraction,
    )  # fmt: skip


def roof() -> Doc:
    levels = [
        roofline.LevelDoc(level=name, value=v, low=0.9 * v, high=v, curve="load", at=8192.0)
        for name, v in (("L1", 8e11), ("L2", 2.5e11), ("memory", 4e10))
    ]
    return roofline.RooflineDoc(
        run="r1", ladder="r1", machine="Testor", nodes=1, ranks=2, threads=1, levels=levels,
        peaks=[roofline.PeakDoc(type="float64", value=1.6e11, low=1.5e11, high=1.6e11)],
        kernels=[
            _kernel("triad", 0.8),
            _kernel("copy", 0.7, flop_rate=None, intensity=None),
            _kernel("hpl", 0.5, flop_rate=8e10, intensity=None),
            _kernel("none", None),
        ],
    )  # fmt: skip


def series() -> Doc:
    members = [
        scaling.MemberDoc(
            case=f"c{n}", count=n, factor=float(n), value=1e9 * n, speedup=n * e, efficiency=e,
            low=e - 0.05, high=e + 0.02, launches=[e - 0.05, e, e + 0.02], reason="",
        )
        for n, e in ((1, 1.0), (2, 0.97), (8, 0.85), (64, 0.6))
    ]  # fmt: skip
    lost = scaling.MemberDoc(
        case="c128", count=128, factor=128.0, value=None, speedup=None, efficiency=None, low=None,
        high=None, launches=[], reason="killed",
    )  # fmt: skip
    one = scaling.SeriesDoc(
        kernel=EVIL, kind="strong", metric="rate", unit="point/s", better="higher",
        parameters="n 100", base="c1", grows="nodes", members=[*members, lost],
    )  # fmt: skip
    return scaling.PlotScalingDoc(run="r1", level=0.95, series=[one])


def course() -> Doc:
    values = [100.0, 101.0, 99.5, 150.0, 100.4, 94.0, 93.5, 94.2]
    roles = ["level"] * 3 + ["disturbed", "level"] + ["suspect"] * 3
    points = [
        PointDoc(
            time=1.79e9 + i * DAY_S, value=v * 1e9, low=v * 0.99e9, high=v * 1.01e9, level=0.95,
            n=5, launches=[v * 1e9], run=f"run{i}", case="c", outcome="pass", commit="a",
            dirty=False, software_key="s", hosts=["n0"], segment=0 if i < 5 else 1,
            role=roles[i],
        )
        for i, v in enumerate(values)
    ]  # fmt: skip
    rows = [_segment(points, 0, 5, None, "steady"), _segment(points, 5, 8, -0.06, "suspect")]
    mark = MarkDoc(kind="event", point=5, time=1.79e9, text=EVIL, new_level=False)
    one = SeriesDoc(
        kernel=EVIL, metric="rate", unit="B/s", better="higher", series="s1", hardware_key="h",
        machine="Testor", clusters=["lab"], parameters={}, nodes=1, ranks=2, threads=1,
        status="suspect", judged=True, least=5, newest=1.79e9, silent_days=3.0, noise=0.01,
        between_launches=0.01, runs=len(points), points=points, gaps=[], marks=[mark],
        segments=rows,
    )  # fmt: skip
    return HistoryDoc(
        results="results", kernel="", since=None, time=1.79e9, series=[one], skipped=[],
        confirmed_by="", exit_code=4, run_next=[],
    )  # fmt: skip


def _segment(
    points: list[PointDoc], a: int, b: int, change: float | None, status: str
) -> SegmentDoc:
    value = sorted(one.value for one in points[a:b])[(b - a) // 2]
    return SegmentDoc.model_validate({
        "first": points[a].time, "last": points[b - 1].time, "first_run": points[a].run,
        "runs": b - a, "value": value, "low": 0.995 * value, "high": 1.005 * value, "level": 0.95,
        "change": change, "worse": change is not None, "status": status,
        "suspicion": "x1" if change else "", "reason": "", "with": "", "evidence": [],
        "current": change is not None,
    })  # fmt: skip


def fleet() -> Doc:
    def cell(metric: str, sd: float | None) -> nodes.CellDoc:
        known = sd is not None
        return nodes.CellDoc(
            metric=metric, value=1e9 if known else None, unit="B/s", sd=sd,
            deficit=0.01 if known else None, view="peers" if known else "", missing=not known,
        )  # fmt: skip

    sds = {EVIL: (9.0, 0.1), "n1": (5.0, -3.0), "n2": (0.3, None), "n3": (-5.0, 3.0)}
    listed = [
        nodes.NodeDoc(node=name, verdict=verdict, cells=[cell("triad", a), cell(EVIL, b)])
        for (name, (a, b)), verdict in zip(
            sds.items(), ("reject", "re-test", "not tested", "accept"), strict=True
        )
    ]
    return nodes.NodesDoc(source="--from fleet.csv", metrics=["triad", EVIL], nodes=listed)


def matrix(n: int = 5) -> Doc:
    ends = [(a, b) for a in range(n) for b in range(a + 1, n)]
    listed = [
        pairs.PairDoc(a=a, b=b, value=None if (a, b) == (0, 1) else 1e10 + 1e8 * (a + b))
        for a, b in ends
    ]
    slow = pairs.SlowDoc(a=2, b=3, verdict="reject", value=5e9, expected=1e10, deficit=0.5)
    one = pairs.MatrixDoc(
        metric=EVIL, unit="B/s", better="higher", median=1e10, pairs=listed, slow=[slow]
    )
    return pairs.PairsDoc(source="", nodes=[EVIL, *(f"n{i}" for i in range(1, n))], matrices=[one])


def strip() -> Doc:
    one = strips.StripDoc(
        case="c", kernel=EVIL, metric="rate", unit="B/s", better="higher", value=1e9, low=0.95e9,
        high=1.05e9, level=0.95, samples=[[0.9e9, 1e9, 1.2e9], [0.95e9, 1.05e9]],
    )  # fmt: skip
    return strips.StripsDoc(run="r1", strips=[one])


def ranks() -> Doc:
    listed = [
        imbalance.RankDoc(rank=i, host=EVIL, seconds=s, low=0.9 * s, high=1.2 * s)
        for i, s in enumerate((1.0, 1.1, 0.9, 1.4))
    ]
    one = imbalance.PhaseDoc(case="c", kernel=EVIL, phase="solve", imbalance=0.27, ranks=listed)
    return imbalance.ImbalanceDoc(run="r1", phases=[one])


def solve() -> Doc:
    parts = {"panel": 0.2, "update": 0.7, EVIL: 0.05, "else": 0.05}
    listed = [
        hpl_phases.RepetitionDoc(launch=0, repetition=i, seconds=1.0, parts=parts) for i in range(3)
    ]
    older = hpl_phases.SolveDoc(case="c", kernel="hpl", n=4000, ranks=2, repetitions=listed)
    newer = older.model_copy(update={"case": "d", "n": 1000, "timeline": factored(1000, 96)})
    return hpl_phases.HplPhasesDoc(run="r1", cases=[older, newer])


def factored(n: int, nb: int) -> factorisation.TimelineDoc:
    """Steps of nb columns that take longer beside what they do, the more of them are done."""
    done = [*range(nb, n, nb), n, n]
    count = len(done)
    mean = {
        "update": [1e-3 * (count - k) for k in range(1, count)] + [0.0],
        "panel": [2e-4] * (count - 2) + [0.0, 0.0],
        EVIL: [1e-4] * (count - 1) + [0.0],
        "solve": [0.0] * (count - 1) + [3e-3],
    }
    seconds = [sum(sum(of[: k + 1]) for of in mean.values()) for k in range(count)]
    slowest = {name: [1.5 * one for one in of] for name, of in mean.items()}
    told = Timeline(
        launch=0, repetition=1, done=tuple(done), seconds=tuple(seconds),
        mean={name: tuple(of) for name, of in mean.items()},
        maximum={name: tuple(of) for name, of in slowest.items()},
    )  # fmt: skip
    return factorisation.numbers(n, linpack.flop(n), told)


def sizes() -> Doc:
    curve = CurveDoc(
        axis="message", unit="B", metric="latency", value_unit="s", better="lower",
        metrics=["a", "b", "c"], at=[8.0, 1024.0, 1048576.0], value=[1e-6, 2e-6, 1e-4],
        low=[0.9e-6, 1.9e-6, 0.9e-4], high=[1.2e-6, 2.5e-6, 1.1e-4], calls={},
    )  # fmt: skip
    zero = curve.model_copy(update={"at": [0.0, 1024.0, 4096.0]})
    panels = curves.of_curves("c", EVIL, "2 x 1", {"pingpong_latency": curve, EVIL: zero})
    return curves.CurvesDoc(run="r1", panels=panels)


EXAMPLES: dict[str, Callable[[], Doc]] = {
    "curves": sizes,
    "green500": lambda: green500.numbers(20e9),
    "history": course,
    "hpcg": lambda: hpcg.numbers(1e15),
    "hpl-mxp": lambda: hpl_mxp.numbers(None),
    "hpl-phases": solve,
    "imbalance": ranks,
    "nodes": fleet,
    "pairs": matrix,
    "roofline": roof,
    "scaling": series,
    "strips": strip,
    "top500": lambda: top500.numbers(93e12, "given"),
}
"""Plot -> a document of it."""

__all__ = ["EVIL", "EXAMPLES", "SHOWN", "factored", "history", "matrix"]
