"""What metrics and curves are called."""

from __future__ import annotations

import pytest

from harness.plan.metrics import curves, metrics, primary, together
from harness.record.result import CaseResult
from kernels import listing
from kernels.contract import AUTO, Kernel, parameters


def example(name: str) -> Kernel[object]:
    kernel = listing.load(name)
    given = {one.name: one.default for one in parameters(kernel) if one.default != AUTO}
    return kernel(**{**kernel.fit(given, memory_B=2**34, llc_B=2**20, ranks=2), **given})


def test_the_metric_of_the_only_phase_and_of_several() -> None:
    assert list(metrics(example("hpl"))) == ["flop_rate"]
    assert list(metrics(example("dgemm"))) == [
        "single_flop_rate",
        "star_flop_rate",
        "clock_frequency",
    ]
    assert primary(example("dgemm")) == "star_flop_rate"


def test_a_phase_of_several_metrics_gives_several_names(curved: CaseResult) -> None:
    found = metrics(curved.case.instance())
    assert found["ping_8B_latency"].metric.unit == "s"
    assert found["ping_8B_message_rate"].metric.unit == "message/s"
    assert found["ping_8B_latency"].phase.name == found["ping_8B_message_rate"].phase.name
    assert primary(curved.case.instance()) == "fma_float64_flop_rate"


def test_points_lie_on_a_curve_of_each_metric(curved: CaseResult) -> None:
    found = curves(curved.case.instance())
    assert list(found) == [
        "load_bandwidth",
        "copy_bandwidth",
        "ping_latency",
        "ping_message_rate",
    ]
    assert {name: one.at for name, one in found["ping_message_rate"].items()} == {
        "ping_0B_message_rate": 0,
        "ping_8B_message_rate": 8,
        "ping_4096B_message_rate": 4096,
    }


@pytest.mark.parametrize("name", listing.names())
def test_every_name_of_a_kernel_is_one_thing(name: str) -> None:
    kernel = example(name)
    count = sum(len(phase.metrics) for phase in kernel.phases())
    named = metrics(kernel)
    assert len(named) == count
    assert primary(kernel) in named
    phases = [phase.name for phase in kernel.phases()]
    assert sorted(name for names in together(kernel).values() for name in names) == sorted(phases)
    drawn = {phase.point.curve for phase in kernel.phases() if phase.point}
    assert not drawn & {phase.name for phase in kernel.phases() if not phase.point}
    for curve, points in curves(kernel).items():
        assert curve not in named
        assert set(points) <= set(named)
        assert len({point.at for point in points.values()}) == len(points), curve
        assert len({(point.axis, point.unit) for point in points.values()}) == 1, curve
