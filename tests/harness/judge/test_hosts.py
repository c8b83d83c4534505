"""Notes name the host that is not like the others, and what disturbed it, with numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.hosts import notes
from harness.measure.hosts import Hosts, Kind, States

NAMES = tuple(f"node{i:02d}" for i in range(16))
USUAL: dict[str, Any] = {"governor": "performance", "memory_B": 512 * 2**30, "boost": True}
QUIET = {"time_s": 0.0, "busy_s": 0.0, "stolen_s": 0.0, "throttled": 0.0, "ranks_busy_s": 0.0}
BUSY = QUIET | {"time_s": 10.0, "busy_s": 41.0, "ranks_busy_s": 40.0}


def states(facts: dict[str, float], odd: dict[str, float] | None = None) -> States:
    """All hosts alike but node07."""
    at = [facts | (odd or {}) if i == 7 else facts for i in range(16)]
    return States({name: tuple(one[name] for one in at) for name in facts})


def hosts(other: dict[str, Any] | None = None, odd: dict[str, float] | None = None) -> Hosts:
    rest = tuple(i for i in range(16) if i != 7 or other is None)
    kinds = (Kind(rest, USUAL), *((Kind((7,), USUAL | other),) if other else ()))
    return Hosts(NAMES, kinds, ("b",) * 16, states(QUIET), states(BUSY, odd))


def test_equal_hosts_that_nothing_disturbs_need_no_words() -> None:
    assert notes([hosts(), hosts()]) == ()
    assert notes([Hosts()]) == ()


def test_the_host_that_differs_is_named_once() -> None:
    seen = hosts({"governor": "powersave"})
    assert notes([seen, seen]) == (
        "node07 differs from 15 others: governor powersave instead of performance",
    )


def test_memory_and_switches_are_in_words() -> None:
    (said,) = notes([hosts({"memory_B": 480 * 2**30, "boost": False})])
    assert "memory 480 GiB instead of 512 GiB" in said
    assert "boost off instead of on" in said


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"throttled": 12.0}, "node07: 12 thermal throttling events during the repetitions"),
        (
            {"stolen_s": 4.0},
            "node07: the hypervisor gave 0.40 CPUs of time to others during the repetitions",
        ),
        ({"busy_s": 63.0}, "node07: other processes kept 2.3 CPUs busy during the repetitions"),
    ],
)
def test_a_disturbance_is_told_with_its_size(odd: dict[str, float], said: str) -> None:
    assert notes([hosts(), hosts(odd=odd)]) == (said,)


def test_what_is_unknown_is_no_disturbance() -> None:
    seen = hosts(odd={"busy_s": 63.0})
    nothing = {**seen.after.values, "busy_s": (None,) * 16}
    assert notes([replace(seen, after=States(nothing))]) == ()
    assert notes([replace(seen, after=States())]) == ()


def test_a_case_that_is_too_short_for_the_counters_says_nothing() -> None:
    assert notes([hosts(odd={"busy_s": 63.0, "time_s": 0.1})]) == ()


def test_a_reboot_between_two_launches() -> None:
    second = replace(hosts(), boot_ids=("b",) * 15 + ("c",))
    assert notes([hosts(), second]) == ("node15 was rebooted between two launches",)


def with_dimms(
    counters: dict[str, float],
    before: dict[str, tuple[int, int]],
    after: dict[str, tuple[int, int]],
) -> Hosts:
    """node07 has had these errors; the others none."""
    seen = hosts(odd=counters)
    none: dict[str, float] = {"memory_corrected": 2.0, "memory_uncorrected": 0.0}
    dimms = [tuple(one if i == 7 else {} for i in range(16)) for one in (before, after)]
    return replace(
        seen,
        before=replace(states(QUIET | none), dimms=dimms[0]),
        after=replace(states(BUSY | none, counters), dimms=dimms[1]),
    )


def test_memory_errors_are_told_with_host_and_dimm() -> None:
    seen = with_dimms(
        {"memory_corrected": 5.0}, {"CPU1_A1": (2, 0)}, {"CPU1_A1": (2, 0), "CPU1_A2": (3, 0)}
    )
    assert notes([seen]) == ("corrected memory errors on node07: +3, DIMM CPU1_A2 (+3)",)
    assert notes([seen, seen]) == ("corrected memory errors on node07: +6, DIMM CPU1_A2 (+6)",)


def test_uncorrected_errors_and_those_of_no_dimm() -> None:
    seen = with_dimms({"memory_uncorrected": 1.0}, {}, {})
    assert notes([seen]) == ("uncorrected memory errors on node07: +1",)


def test_errors_from_before_the_case_are_none_of_it() -> None:
    assert notes([with_dimms({}, {"CPU1_A1": (2, 0)}, {"CPU1_A1": (2, 0)})]) == ()
