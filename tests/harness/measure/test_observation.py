"""What the events of a journal say about cases."""

from __future__ import annotations

from typing import Any

from harness.measure.observation import Launched
from kernels.contract import Check

RANK = {
    "rank": 0,
    "host": "node1",
    "pid": 7,
    "cpus": [0, 1],
    "numa": [0],
    "threads": 2,
    "blas": "openblas",
    "blas_threads": 2,
    "mpi": "Open MPI",
}


NOTHING_TOLD: dict[str, Any] = {"calls": {}, "parts": {}, "series": {}}


def one_case(name: str, start: float = 100.0) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"event": "case"},
        {"event": "compiled", "seconds": 1.5},
        {"event": "ready", "seconds": 0.5},
        {"event": "warm-up", "seconds": [[0.3, 0.4]]},
        {"event": "sample", "seconds": [[0.1, 0.2]], "stop": None, **NOTHING_TOLD},
        {
            "event": "sample",
            "seconds": [[0.2, 0.1]],
            "stop": "converged",
            **NOTHING_TOLD,
            "calls": {"ping": [1.0, 2.0, 3.0, 4.0]},
        },
        {"event": "verified", "what": "residual", "error": 0.1, "tolerance": 16.0, "seconds": 0.7},
        {"event": "end", "peak_memory_B": [5, 6]},
    ]
    return [one | {"case": name, "time": start + i} for i, one in enumerate(events)]


PLACEMENT = {"event": "placement", "time": 99.0, "ranks": [RANK, RANK | {"rank": 1}]}


def test_settings_of_mpi_belong_to_every_case() -> None:
    launched = Launched()
    settings = {"coll_tuned_priority": 30}
    launched.take([PLACEMENT | {"mpi_settings": settings}, *one_case("a"), *one_case("b")])
    assert [one.mpi_settings for one in launched.cases.values()] == [settings, settings]


def test_a_program_has_no_settings_of_mpi() -> None:
    launched = Launched()
    launched.take([PLACEMENT, *one_case("a")])
    assert launched.cases["a"].mpi_settings == {}


def test_a_whole_launch() -> None:
    launched = Launched()
    events = [
        PLACEMENT,
        *one_case("a"),
        *one_case("b", 200.0),
        {"event": "finished", "time": 300.0},
    ]
    launched.take(events)
    assert launched.finished
    assert launched.running is None
    assert list(launched.cases) == ["a", "b"]
    assert [one.rank for one in launched.places] == [0, 1]
    assert launched.places[0].cpus == (0, 1)
    a = launched.cases["a"]
    assert a.places == launched.places
    assert (a.began, a.ended) == (100.0, 107.0)
    assert (a.compile_s, a.setup_s, a.verify_s) == (1.5, 0.5, 0.7)
    assert a.warm_up == [[0.3, 0.4]]
    assert a.samples == [[[0.1, 0.2]], [[0.2, 0.1]]]
    assert a.calls == [{}, {"ping": [1.0, 2.0, 3.0, 4.0]}]
    assert a.stopped == "converged"
    assert a.check == Check("residual", 0.1, 16.0)
    assert a.peak_memory_B == (5, 6)


def test_event_by_event_is_the_same_as_all_at_once() -> None:
    events = [PLACEMENT, *one_case("a"), *one_case("b")[:5]]
    at_once, in_steps = Launched(), Launched()
    at_once.take(events)
    for one in events:
        in_steps.take([one])
    assert in_steps.cases == at_once.cases
    assert in_steps.running == at_once.running


def test_ended_in_the_middle_of_a_case() -> None:
    for n in range(1, 8):
        launched = Launched()
        launched.take([PLACEMENT, *one_case("a"), *one_case("b")[:n]])
        assert launched.has_finished("a")
        assert not launched.has_finished("b")
        assert not launched.has_finished("c")
        assert launched.running is launched.cases["b"]
        assert not launched.finished


def test_nothing_was_reported() -> None:
    launched = Launched()
    launched.take([])
    assert (launched.places, launched.cases, launched.running) == ((), {}, None)


def test_events_of_a_case_that_is_not_running_change_nothing() -> None:
    launched = Launched()
    launched.take([PLACEMENT, *one_case("a"), one_case("a")[4], {"event": "news", "time": 1.0}])
    assert len(launched.cases["a"].samples) == 2
