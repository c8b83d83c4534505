"""What bounds a result: the roofline of what dgemm and stream measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.bounds import IMPOSSIBLE, Bounds, bounded, limits, measured, recorded
from harness.plan.case import Geometry
from harness.record.result import CaseResult
from kernels.contract import Work

TWO = Geometry(1, 2, 1)
BOTH = Bounds(100e9, "dgemm in this run", 40e9, "stream in this run", llc_B=2**20)


@pytest.fixture
def jacobi(made: Any) -> CaseResult:
    result: CaseResult = made.result(made.case("jacobi3d", {"n": 128, "stores": "plain"}))
    return result


@pytest.fixture
def hpl(made: Any) -> CaseResult:
    result: CaseResult = made.result(made.case("hpl", {"n": 1000}))
    return result


def test_dgemm_and_stream_give_the_bounds_of_a_run(made: Any, hpl: CaseResult) -> None:
    dgemm = made.result(made.case("dgemm", {"n": 500}))
    stream = made.result()
    found = measured([hpl, stream, dgemm], TWO, 7)
    assert found.flop_rate == dgemm.metrics["star_flop_rate"].high
    fastest = max(
        stream.metrics["copy_bandwidth"].high * 3 / 2,  # 16 B and 8 B of write-allocate
        stream.metrics["triad_bandwidth"].high * 4 / 3,
    )
    assert found.traffic == pytest.approx(fastest)
    assert (found.flop_source, found.traffic_source) == ("dgemm in this run", "stream in this run")
    assert found.llc_B == 7


def test_other_geometries_and_failed_cases_bound_nothing(made: Any) -> None:
    elsewhere = made.result(made.case("dgemm", {"n": 500}, Geometry(1, 1, 1)), [[[0.1]] * 6])
    failed = made.failed(made.case("dgemm", {"n": 500}))
    assert measured([elsewhere, failed], TWO, 7) == Bounds(llc_B=7)


def test_limits_for_later_runs(made: Any, hpl: CaseResult) -> None:
    dgemm = made.result(made.case("dgemm", {"n": 500}))
    assert limits(dgemm) == {"flop_rate": dgemm.metrics["star_flop_rate"].high}
    assert set(limits(made.result())) == {"traffic"}
    assert limits(hpl) == {}
    assert limits(made.failed(made.case("dgemm", {"n": 500}))) == {}


def test_the_product_of_one_rank_alone_bounds_nothing(made: Any) -> None:
    dgemm = made.result(made.case("dgemm", {"n": 500}))
    assert limits(dgemm)["flop_rate"] == 2 * dgemm.metrics["single_flop_rate"].high


@pytest.mark.parametrize("other", [{"dtype": "float32"}, {"variant": "numba"}])
def test_only_the_product_that_hpl_uses_bounds_it(made: Any, other: dict[str, str]) -> None:
    dgemm = made.result(made.case("dgemm", {"n": 500, **other}))
    assert limits(dgemm) == {}
    assert measured([dgemm], TWO, 7) == Bounds(llc_B=7)


def record(kernel: str, rates: dict[str, float], **fields: Any) -> dict[str, Any]:
    known = {"nodes": 1, "ranks": 2, "threads": 1, "hardware_key": "k1", "outcome": "pass"}
    return {"kernel": kernel, "limits": rates, "run": "r1"} | known | fields


def test_earlier_records_fill_what_is_missing() -> None:
    records = [
        record("stream", {"traffic": 3.0}, run="r3"),
        record("dgemm", {"flop_rate": 5.0}, run="r2"),
        record("dgemm", {"flop_rate": 6.0}, run="r1"),
    ]
    found = recorded(Bounds(traffic=9.0, traffic_source="now"), records, TWO, "k1")
    assert (found.flop_rate, found.flop_source) == (5.0, "dgemm in run r2")
    assert (found.traffic, found.traffic_source) == (9.0, "now")


def test_no_more_is_read_than_needed() -> None:
    def endless() -> Any:
        yield record("dgemm", {"flop_rate": 5.0})
        yield record("stream", {"traffic": 5.0})
        yield None
        raise AssertionError("read on")

    assert recorded(Bounds(), endless(), TWO, "k1").traffic == 5.0


@pytest.mark.parametrize(
    "other",
    [
        {"hardware_key": "k2"},
        {"hardware_key": None},
        {"nodes": 2},
        {"ranks": 1},
        {"threads": 2},
        {"outcome": "slow"},
        {"outcome": "wrong"},
        {"kernel": "hpl"},
        {"limits": {}},
    ],
)
def test_records_of_other_machines_and_geometries_bound_nothing(other: dict[str, Any]) -> None:
    one = record("dgemm", {"flop_rate": 5.0}) | other
    assert recorded(Bounds(), [one], TWO, "k1") == Bounds()
    del one["limits"]
    assert recorded(Bounds(), [one], TWO, "k1") == Bounds()


def test_hpl_is_bounded_by_dgemm(hpl: CaseResult) -> None:
    value = bounded(hpl, BOTH).metrics["flop_rate"]
    assert value.bound == pytest.approx(100e9)
    assert value.bound_source == "flop rate of dgemm in this run"
    assert value.efficiency == pytest.approx(value.value / 100e9)


def test_flop_in_fp32_are_not_bounded_by_those_in_fp64(made: Any) -> None:
    mixed = made.result(made.case("hpl_mxp", {"n": 1000}))
    value = bounded(mixed, BOTH).metrics["flop_rate"]
    assert value.bound is None
    assert value.bound_source == "none: the flop are of float32, those of dgemm of float64"


def test_a_stencil_is_bounded_by_the_traffic(jacobi: CaseResult) -> None:
    value = bounded(jacobi, BOTH).metrics["update_rate"]
    assert value.bound == pytest.approx(40e9 / 24)
    assert value.bound_source == "memory traffic of stream in this run"


def test_the_limit_that_binds_is_taken(jacobi: CaseResult) -> None:
    """7 flop and 24 B a point: below 7/24 flop/s a B/s the flop rate is what limits."""
    value = bounded(jacobi, replace(BOTH, flop_rate=0.9 * 40e9 * 7 / 24)).metrics["update_rate"]
    assert value.bound_source.startswith("flop rate")
    value = bounded(jacobi, replace(BOTH, flop_rate=1.1 * 40e9 * 7 / 24)).metrics["update_rate"]
    assert value.bound_source.startswith("memory traffic")


def test_a_cached_working_set_has_no_memory_bound(jacobi: CaseResult) -> None:
    """Nor one of the flop rate: it would look slow for a reason that is not its own."""
    value = bounded(jacobi, replace(BOTH, llc_B=2**30)).metrics["update_rate"]
    assert value.bound is None
    assert value.bound_source == "none: the working set fits the last-level cache"
    assert value.efficiency is None


def test_pure_reads_have_no_memory_bound(made: Any) -> None:
    reduce = made.result(made.case("reduce", {"n": 10**6}))
    value = bounded(reduce, replace(BOTH, llc_B=0)).metrics["min_bandwidth"]
    assert value.bound is None
    assert value.bound_source == "none: pure reads can exceed STREAM's mix"


def test_nothing_was_measured(hpl: CaseResult, jacobi: CaseResult) -> None:
    for result in (hpl, jacobi):
        value = bounded(result, Bounds()).metrics[result.primary]
        assert value.bound is None
        assert value.bound_source == (
            "none: run dgemm and stream with the same ranks and threads first"
        )


def test_work_without_flop_and_bytes(hpl: CaseResult) -> None:
    empty = replace(hpl, work={"solve": Work(messages=5.0)})
    value = bounded(empty, BOTH).metrics["flop_rate"]
    assert value.bound_source == "none: no bound is known for this kind of work"


def test_dgemm_and_stream_do_not_bound_themselves(made: Any) -> None:
    for result in (made.result(), made.result(made.case("dgemm", {"n": 500}))):
        assert bounded(result, BOTH) == result


def test_the_efficiency_of_a_cost_is_below_one_too(hpl: CaseResult) -> None:
    value = replace(hpl.metrics["flop_rate"], value=2.0, bound=1.0)
    cost = replace(value, metric=replace(value.metric, better="lower"))
    assert (value.efficiency, cost.efficiency) == (2.0, 0.5)
    assert IMPOSSIBLE > 1.0
