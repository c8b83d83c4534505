"""Two environments are told apart by what matters, and by nothing that is only weather."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harness.machine.difference import GROUPS, differences
from harness.machine.environment import environment

HERE = environment()


def changed(part: str, **facts: Any) -> dict[str, Any]:
    other = copy.deepcopy(HERE)
    other[part].update(facts)
    return other


def names(other: dict[str, Any]) -> list[str]:
    return [one.name for one in differences(HERE, other)]


def test_a_machine_is_like_itself() -> None:
    assert differences(HERE, HERE) == ()


def test_weather_and_counters_are_no_differences() -> None:
    free = HERE["hardware"]["memory_available_B"]
    memory = HERE["hardware"]["memory_B"]
    other = changed("hardware", memory_available_B=free // 2, memory_B=memory - 2**20)
    other["state"].update(busy_s=1e9, stolen_s=1e9, time_s=0.0)
    other["variables"]["SLURM_JOB_ID"] = "77"
    assert differences(HERE, other) == ()


def test_a_governor_says_what_may_follow() -> None:
    a = changed("hardware", governor="performance")
    b = changed("hardware", governor="powersave")
    (found,) = differences(a, b)
    assert (found.group, found.a, found.b) == ("settings", "performance", "powersave")
    assert found.meaning == "powersave: clock may stay low"


def test_what_is_unknown_comes_with_its_reason() -> None:
    a = changed("hardware", governor="performance")
    b = changed("hardware", governor=None)
    b["hardware"]["unknown"]["governor"] = "no cpufreq"
    (found,) = differences(a, b)
    assert (found.b, found.a_unknown, found.b_unknown) == (None, "", "no cpufreq")


def test_a_fact_that_an_old_record_lacks_is_not_recorded() -> None:
    old = copy.deepcopy(HERE)
    del old["hardware"]["cpu_model"]
    (found,) = differences(old, HERE)
    assert found.a_unknown == "not recorded"


@pytest.mark.parametrize("part", ["hardware", "software", "variables", "state"])
def test_a_part_that_is_missing_ends_nothing(part: str) -> None:
    other = {name: facts for name, facts in HERE.items() if name != part}
    assert {one.group for one in differences(HERE, other)} <= set(GROUPS)


def test_the_most_relevant_comes_first() -> None:
    other = changed("hardware", hostname="elsewhere", cpu_model="Other", kernel="7", boost=False)
    other["software"]["versions"]["pydantic"] = "0"
    other["software"]["versions"]["numba"] = "0"
    other["software"]["blas_build"] = "mkl 1"
    other["variables"]["OMP_NUM_THREADS"] = "77"
    found = names(other)
    assert found == [
        "cpu_model", "hostname", "kernel", "boost", "blas", "numba", "pydantic", "OMP_NUM_THREADS",
    ]  # fmt: skip


def test_a_load_is_told_where_it_is_one() -> None:
    load = HERE["state"]["load_1min"]
    assert names(changed("state", load_1min=load + 0.2)) == []
    assert names(changed("state", load_1min=load + 4.0)) == ["load_1min"]
