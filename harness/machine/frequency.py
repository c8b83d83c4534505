"""How the clock of the processor is governed.

Source: Linux Documentation/admin-guide/pm/cpufreq.rst. A virtual machine mostly has none of it.
"""

from __future__ import annotations

from typing import Final

from harness.machine.tree import Tree, Unavailable

_CPU: Final = "/sys/devices/system/cpu"


def governor(tree: Tree) -> str:
    """The scaling governor; several, joined by ",", if the cores differ."""
    names = tree.names(f"{_CPU}/cpufreq/policy[0-9]*/scaling_governor")
    return ",".join(sorted({tree.text(name) for name in names}))


def boost(tree: Tree) -> bool:
    """Whether the clock may exceed the nominal one while there is room."""
    try:
        return tree.integer(f"{_CPU}/intel_pstate/no_turbo") == 0
    except Unavailable:
        return tree.integer(f"{_CPU}/cpufreq/boost") == 1


def minimum_Hz(tree: Tree) -> float:
    """The lowest clock of any core, Hz."""
    return min(_all_Hz(tree, "cpuinfo_min_freq"))


def maximum_Hz(tree: Tree) -> float:
    """The highest clock of any core, boost included, Hz."""
    return max(_all_Hz(tree, "cpuinfo_max_freq"))


def now_Hz(tree: Tree) -> float:
    """The mean of the clocks of all cores at this moment, Hz.

    What the driver asks for, or has measured, which not all drivers do; without any, what
    /proc/cpuinfo shows.
    """
    try:
        found = _all_Hz(tree, "scaling_cur_freq")
    except Unavailable:
        lines = tree.text("/proc/cpuinfo").splitlines()
        found = [1e6 * float(one.partition(":")[2]) for one in lines if one.startswith("cpu MHz")]
    if not found:
        raise Unavailable("no cpufreq, and /proc/cpuinfo shows no clock")
    return sum(found) / len(found)


def _all_Hz(tree: Tree, name: str) -> list[float]:
    names = tree.names(f"{_CPU}/cpufreq/policy[0-9]*/{name}")
    return [1e3 * tree.integer(one) for one in names]  # the kernel writes kHz
