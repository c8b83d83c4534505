"""How many sockets, cores, hardware threads and NUMA nodes there are, and how many are usable.

Source: Linux Documentation/ABI/stable/sysfs-devices-system-cpu.
"""

from __future__ import annotations

import math

from harness.machine import cgroup
from harness.machine.tree import Tree, Unavailable, parse_cpus

_CPU = "/sys/devices/system/cpu"


def online(tree: Tree) -> frozenset[int]:
    """The numbers of the hardware threads that are switched on."""
    try:
        return tree.cpus(f"{_CPU}/online")
    except Unavailable:
        lines = tree.text("/proc/cpuinfo").splitlines()
        numbers = [line.partition(":")[2] for line in lines if line.startswith("processor")]
        if not numbers:
            raise Unavailable(f"neither {_CPU}/online nor /proc/cpuinfo counts the CPUs") from None
        return frozenset(int(number) for number in numbers)


def allowed(tree: Tree) -> frozenset[int]:
    """The hardware threads this process may run on (affinity and cpuset)."""
    for line in tree.text("/proc/self/status").splitlines():
        if line.startswith("Cpus_allowed_list:"):
            # The mask may name CPUs beyond those of the machine ("0-1023").
            return parse_cpus(line.partition(":")[2]) & online(tree)
    raise Unavailable("/proc/self/status: no 'Cpus_allowed_list'")


def sockets(tree: Tree) -> int:
    """The number of processor packages."""
    return len({_package(tree, cpu) for cpu in online(tree)})


def _package(tree: Tree, cpu: int) -> int:
    name = f"{_CPU}/cpu{cpu}/topology/physical_package_id"
    package = tree.integer(name)
    if package < 0:
        raise Unavailable(f"{name}: {package}, the firmware does not say")
    return package


def _cores(tree: Tree, cpus: frozenset[int]) -> int:
    return len({_siblings(tree, cpu) for cpu in cpus})


def _siblings(tree: Tree, cpu: int) -> frozenset[int]:
    # core_cpus_list since Linux 5.3, thread_siblings_list before; both name a core's threads.
    folder = f"{_CPU}/cpu{cpu}/topology"
    try:
        return tree.cpus(f"{folder}/core_cpus_list")
    except Unavailable:
        return tree.cpus(f"{folder}/thread_siblings_list")


def physical(tree: Tree) -> int:
    """The number of physical cores of the node."""
    return _cores(tree, online(tree))


def usable(tree: Tree) -> int:
    """The number of cores this process can keep busy: within its affinity and its cgroup quota.

    A quota of 1.5 CPUs keeps one core busy; less than one still lets one rank run.
    """
    cores = _cores(tree, allowed(tree))
    try:
        quota = cgroup.cpu_quota(tree)
    except Unavailable:
        return cores
    return max(1, min(cores, math.floor(quota)))


def threads(tree: Tree) -> int:
    """The number of hardware threads of the node."""
    return len(online(tree))


def threads_usable(tree: Tree) -> int:
    """The number of hardware threads in this process's affinity."""
    return len(allowed(tree))


def smt(tree: Tree) -> bool:
    """Whether a core runs two hardware threads or more."""
    return threads(tree) > physical(tree)


def numa_nodes(tree: Tree) -> int:
    """The number of NUMA nodes, those without processors included."""
    return len(tree.cpus("/sys/devices/system/node/online"))
