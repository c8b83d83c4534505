"""A ratio to energy is given only where the readings cover what was timed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
import pytest

from harness.judge import energy
from harness.record import hdf5
from harness.record.result import CaseResult, Energy
from harness.report import compose, remarks

TIMES = [[[1.0, 1.2], [1.1, 1.0]], [[1.2, 1.3], [1.0, 1.1]]]
WINDOW_S = ((1.21, 1.11), (1.31, 1.12))
READS = {"source": "rapl", "domains": ["package-0"], "resolution_s": 0.001, "unknown": ""}
NODES = ({"host": "n1", **READS}, {"host": "n2", **READS})


@pytest.fixture
def result(made: Any) -> CaseResult:
    """Two launches of two repetitions on two nodes of 100 J each."""
    case = made.case("dgemm", {"n": 100})
    return replace(made.result(case, TIMES), energy=used(case))


def used(case: Any, joules: Any = None, window_s: Any = WINDOW_S) -> Energy:
    each = joules or (((100.0, 110.0),) * 2,) * 2
    names = [phase.name for phase in case.instance().phases()]
    return Energy((NODES,) * 2, dict.fromkeys(names, each), dict.fromkeys(names, window_s))


def phase_of(result: CaseResult) -> str:
    return result.metrics[result.primary].phase


def test_work_over_energy_of_all_nodes(result: CaseResult) -> None:
    phase = phase_of(result)
    found = energy.used(result)[phase]
    assert found.joules == pytest.approx(210.0)
    assert found.watts == pytest.approx(np.median([210 / 1.21, 210 / 1.11, 210 / 1.31, 210 / 1.12]))
    assert (found.covered, found.reason) == (1.0, "")
    assert found.per_watt == {result.primary: pytest.approx(result.work[phase].flop / 210.0)}


def test_one_node_that_was_not_read_costs_its_repetition(result: CaseResult) -> None:
    nan = ((100.0, math.nan), (100.0, 110.0))
    broken = replace(result, energy=used(result.case, (nan, ((100.0, 110.0),) * 2)))
    found = energy.used(broken)[phase_of(result)]
    assert found.joules == pytest.approx(210.0)
    assert found.covered == pytest.approx((1.1 + 1.3 + 1.1) / (1.2 + 1.1 + 1.3 + 1.1))
    assert found.per_watt == {}
    assert "readings cover 74 % of the timed seconds, 95 wanted" in found.reason


def test_nothing_read_is_null_and_not_zero(result: CaseResult) -> None:
    none = replace(result, energy=used(result.case, (((math.nan, math.nan),) * 2,) * 2))
    found = energy.used(none)[phase_of(result)]
    assert (found.joules, found.watts, found.per_watt) == (None, None, {})
    assert found.reason == "not all nodes could be read"


def test_readings_far_apart_from_what_was_timed(result: CaseResult) -> None:
    wide = replace(result, energy=used(result.case, window_s=((2.0, 2.0), (2.0, 2.0))))
    found = energy.used(wide)[phase_of(result)]
    assert found.per_watt == {}
    assert "only 59 % of the time between the readings was timed" in found.reason


def test_a_repetition_of_a_few_steps_of_the_counter(result: CaseResult) -> None:
    coarse = tuple({**one, "resolution_s": 0.1} for one in NODES)
    slow = replace(result, energy=replace(result.energy, nodes=(coarse, coarse)))
    assert "shorter than 100 steps" in energy.used(slow)[phase_of(result)].reason


def test_it_is_recorded_and_shown(result: CaseResult, made: Any, tmp_path: Any) -> None:
    shown = compose.of_case(result)
    assert shown.energy is not None
    (nodes,) = shown.energy.nodes
    assert nodes.hosts == ["n1", "n2"]
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5.encoded(made.run(tmp_path), result, shown.model_dump()))
    with h5py.File(path) as file:
        group = file[f"entry/energy/{phase_of(result)}"]
        assert group["joules"].shape == (2, 2, 2)
        assert group["joules"].attrs["units"] == b"J"
        assert group["window"][()].tolist() == [list(one) for one in WINDOW_S]
    run = compose.of_run(made.run(tmp_path), [shown])
    said = "\n".join(str(one) for one in remarks.of_run(run))
    assert "energy: 210 J a repetition, 181 W" in said
    assert "flop/s/W" in said


def test_a_machine_without_counters_says_why(result: CaseResult) -> None:
    none = {"host": "n1", "source": None, "domains": [], "resolution_s": None, "unknown": "rapl: -"}
    bare = replace(result, energy=Energy(((none,),)))
    shown = compose.of_case(bare)
    assert shown.energy is not None
    assert shown.energy.phases == {}
    assert shown.energy.nodes[0].unknown == "rapl: -"
