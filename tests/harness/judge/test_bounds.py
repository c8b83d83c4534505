"""What bounds a result: the roofline of what ladder, or dgemm and stream, measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.judge.bounds import IMPOSSIBLE, Bounds, bounded, limits, measured, recorded
from harness.judge.roofline import Roofline
from harness.plan.case import Geometry
from harness.record.result import CaseResult
from kernels.contract import Work

TWO = Geometry(1, 2, 1)
CURVES = {
    "load": [[2**15, 400e9], [2**20, 200e9], [2**24, 100e9], [2**26, 50e9]],
    "copy": [[2**15, 300e9], [2**20, 150e9], [2**24, 110e9], [2**26, 60e9]],
}
FLOP_RATES = {"float64": 120e9, "float32": 240e9}
ROOF = Roofline(FLOP_RATES, CURVES, "ladder in run r1")
RATES: dict[str, dict[str, Any]] = {
    "ladder": {"flop_rates": FLOP_RATES, "curves": CURVES},
    "dgemm": {"flop_rate": 6.0},
    "stream": {"traffic": 5.0},
}
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


def test_ranks_that_share_cores_bound_nothing(made: Any) -> None:
    dgemm = replace(made.result(made.case("dgemm", {"n": 500})), notes=("oversubscribed",))
    assert limits(dgemm) == {}
    assert measured([dgemm], TWO, 7) == Bounds(llc_B=7)


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


def among(*records: Mapping[str, Any]) -> Callable[[str], Iterable[Mapping[str, Any]]]:
    """The records of each kernel, as the results folder gives them."""
    return lambda kernel: (one for one in records if one["kernel"] == kernel)


def test_earlier_records_fill_what_is_missing() -> None:
    records = [
        record("stream", {"traffic": 3.0}, run="r3"),
        record("dgemm", {"flop_rate": 5.0}, run="r2"),
        record("dgemm", {"flop_rate": 6.0}, run="r1"),
    ]
    found = recorded(Bounds(traffic=9.0, traffic_source="now"), among(*records), TWO, "k1")
    assert (found.flop_rate, found.flop_source) == (5.0, "dgemm in run r2")
    assert (found.traffic, found.traffic_source) == (9.0, "now")


def test_no_more_is_read_than_needed() -> None:
    def endless(kernel: str) -> Any:
        yield record(kernel, RATES[kernel])
        raise AssertionError("read on")

    found = recorded(Bounds(), endless, TWO, "k1")
    assert (found.traffic, found.flop_rate) == (5.0, 6.0)
    assert found.roof == ROOF
    assert recorded(found, lambda kernel: endless("none"), TWO, "k1") == found


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
        {"notes": ["oversubscribed"]},
    ],
)
def test_records_of_other_machines_and_geometries_bound_nothing(other: dict[str, Any]) -> None:
    one = record("dgemm", {"flop_rate": 5.0}) | other
    assert recorded(Bounds(), lambda kernel: [one], TWO, "k1") == Bounds()
    del one["limits"]
    assert recorded(Bounds(), lambda kernel: [one], TWO, "k1") == Bounds()


def test_hpl_is_bounded_by_dgemm(hpl: CaseResult) -> None:
    value = bounded(hpl, BOTH).metrics["flop_rate"]
    assert value.bound == pytest.approx(100e9)
    assert value.bound_source == "flop rate of dgemm in this run"
    assert value.efficiency == pytest.approx(value.value / 100e9)


def test_flop_in_fp32_are_not_bounded_by_those_in_fp64(made: Any) -> None:
    mixed = made.result(made.case("hpl_mxp", {"n": 1000}))
    value = bounded(mixed, BOTH).metrics["flop_rate"]
    assert value.bound is None
    assert value.bound_source == (
        "none: the flop are of float32, those of dgemm of float64: run ladder first"
    )


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
    assert value.bound_source == "none: the working set fits the last-level cache: run ladder first"
    assert value.efficiency is None


def test_pure_reads_have_no_memory_bound(made: Any) -> None:
    reduce = made.result(made.case("reduce", {"rows": 10**6}))
    value = bounded(reduce, replace(BOTH, llc_B=0)).metrics["min_bandwidth"]
    assert value.bound is None
    assert value.bound_source == "none: pure reads can exceed STREAM's mix: run ladder first"


def test_nothing_was_measured(hpl: CaseResult, jacobi: CaseResult) -> None:
    for result in (hpl, jacobi):
        value = bounded(result, Bounds()).metrics[result.primary]
        assert value.bound is None
        assert value.bound_source == (
            "none: run ladder, or dgemm and stream, with the same ranks and threads first"
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


ALL = replace(BOTH, roof=ROOF)


def test_ladder_of_this_run_gives_the_roofline(curved: CaseResult) -> None:
    found = measured([curved], TWO, 7)
    assert found.roof is not None
    assert found.roof.source == "ladder in this run"
    assert found.roof.flop_rates == limits(curved)["flop_rates"]


def test_the_roofline_of_an_earlier_run() -> None:
    found = recorded(Bounds(), among(record("ladder", RATES["ladder"])), TWO, "k1")
    assert found.roof == ROOF


def test_hpl_is_bounded_by_the_peak_where_it_is_known(hpl: CaseResult) -> None:
    value = bounded(hpl, ALL).metrics["flop_rate"]
    assert value.bound == pytest.approx(120e9)
    assert value.bound_source == "flop rate of ladder in run r1"


def test_flop_in_fp32_are_bounded_by_the_peak_in_fp32(made: Any) -> None:
    mixed = made.result(made.case("hpl_mxp", {"n": 1000}))
    assert bounded(mixed, ALL).metrics["flop_rate"].bound == pytest.approx(240e9)
    single = made.result(made.case("dgemm", {"n": 500, "dtype": "float32"}))
    assert bounded(single, ALL).metrics["star_flop_rate"].bound == pytest.approx(240e9)


def test_a_type_without_a_peak_has_that_of_dgemm_or_none(made: Any, hpl: CaseResult) -> None:
    only_fp32 = replace(ROOF, flop_rates={"float32": 240e9})
    value = bounded(hpl, replace(BOTH, roof=only_fp32)).metrics["flop_rate"]
    assert value.bound_source == "flop rate of dgemm in this run"
    mixed = made.result(made.case("hpl_mxp", {"n": 1000}))
    only_fp64 = replace(ROOF, flop_rates={"float64": 120e9})
    assert bounded(mixed, replace(BOTH, roof=only_fp64)).metrics["flop_rate"].bound is None


def test_one_rank_alone_is_not_bounded_by_all(made: Any) -> None:
    dgemm = made.result(made.case("dgemm", {"n": 500}))
    found = bounded(dgemm, ALL).metrics
    assert found["star_flop_rate"].bound == pytest.approx(120e9)
    assert found["single_flop_rate"].bound is None
    assert found["single_flop_rate"].bound_source == "none: one rank works while the others wait"
    assert found["clock_frequency"].bound is None


def test_stream_is_bounded_by_the_best_traffic_in_memory(made: Any) -> None:
    """With 8 MiB of last-level cache, 2 x 2^24 B are in memory; the best there is load or copy."""
    stream = made.result(made.case("stream", {"n": 2**23}))
    found = bounded(stream, replace(ALL, llc_B=2**23)).metrics
    assert found["triad_bandwidth"].bound == pytest.approx(110e9 * 24 / 32)
    assert found["triad_bandwidth"].bound_source == "memory traffic of ladder in run r1"
    found = bounded(stream, replace(ALL, llc_B=2**24)).metrics
    assert found["copy_bandwidth"].bound == pytest.approx(60e9 * 16 / 24)


def test_pure_reads_are_bounded_by_pure_reads(made: Any) -> None:
    reduce = made.result(made.case("reduce", {"rows": 2**24}))
    value = bounded(reduce, replace(ALL, llc_B=2**24)).metrics["min_bandwidth"]
    assert value.bound == pytest.approx(50e9)


@pytest.mark.parametrize(
    ("rows", "bound"),
    [
        (2**9, 400e9),  # 4 KiB a call: every point is at least half as large
        (2**15, 200e9),  # 128 KiB of one array a thread
        (2**18, 200e9),  # 1 MiB: the point of 512 KiB or more that is best is that of 1 MiB
        (2**19, 200e9),
        (2**20, 100e9),  # 4 MiB
    ],
)
def test_cached_reads_are_bounded_by_working_sets_of_half_their_size_or_more(
    made: Any, rows: int, bound: float
) -> None:
    reduce = made.result(made.case("reduce", {"rows": rows}))
    value = bounded(reduce, replace(ALL, llc_B=2**30)).metrics["min_bandwidth"]
    assert value.bound == pytest.approx(bound)
    assert value.bound_source == "cache traffic of ladder in run r1"


def test_many_steps_on_few_bytes_stay_in_their_cache(jacobi: CaseResult) -> None:
    """128^3 points of 16 B a step move more than the 2 x 2 x 2^23 B that are allocated."""
    value = bounded(jacobi, replace(ALL, llc_B=2**30)).metrics["update_rate"]
    assert value.bound == pytest.approx(110e9 / 16)


def test_write_allocate_reads_do_not_count_in_the_caches(made: Any) -> None:
    """As ladder does not count them there: the same sweep has the same rate in both."""
    stream = made.result(made.case("stream", {"n": 2**15}))
    found = bounded(stream, replace(ALL, llc_B=2**30)).metrics
    assert found["copy_bandwidth"].bound == pytest.approx(200e9)
    assert found["copy_bandwidth"].bound_source == "cache traffic of ladder in run r1"


@pytest.mark.parametrize(
    ("caches", "source"),
    [(1.9, "cache traffic"), (3.9, "cache traffic"), (4.0, "memory traffic")],
)
def test_partly_cached_working_sets_are_bounded_as_cached(
    made: Any, caches: float, source: str
) -> None:
    stream = made.result(made.case("stream", {"n": 2**20}))
    llc_B = round(stream.case.instance().memory_B(2) * 2 / caches)
    value = bounded(stream, replace(ALL, llc_B=llc_B)).metrics["triad_bandwidth"]
    assert value.bound_source.startswith(source)


def test_a_ladder_that_ends_too_early_leaves_it_to_stream(jacobi: CaseResult) -> None:
    short = replace(ROOF, curves={"load": [[2**15, 400e9]]})
    value = bounded(jacobi, replace(ALL, roof=short)).metrics["update_rate"]
    assert value.bound_source == "memory traffic of stream in this run"


def test_what_stream_moved_beyond_ladder_counts(made: Any) -> None:
    jacobi = made.result(made.case("jacobi3d", {"n": 128}))
    found = []
    for traffic in (109e9, 111e9):
        bounds = replace(ALL, llc_B=2**20, traffic=traffic)
        found.append(bounded(jacobi, bounds).metrics["update_rate"])
    assert [one.bound_source for one in found] == [
        "memory traffic of ladder in run r1",
        "memory traffic of stream in this run",
    ]
    assert found[1].bound == pytest.approx(found[0].bound * 111 / 110)


def test_bytes_of_messages_are_no_memory_traffic(hpl: CaseResult) -> None:
    sent = replace(hpl, work={"solve": Work(messages=1.0, bytes_read=1e6, bytes_written=1e6)})
    value = bounded(sent, ALL).metrics["flop_rate"]
    assert value.bound is None
    assert value.bound_source == "none: no bound is known for this kind of work"


def test_ladder_has_no_bound(curved: CaseResult) -> None:
    assert bounded(curved, ALL) == curved
