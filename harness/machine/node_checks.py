"""What `qyran doctor` says about the node: cores, memory, clock, load. Nothing is started."""

from __future__ import annotations

import os
from typing import Final

from harness.machine.finding import Finding, Status, ok
from harness.machine.node import NodeFacts
from harness.machine.state import State

# Clocks that are read without a call of the kernel: x86, Arm, POWER, RISC-V.
_FAST_CLOCKS: Final = frozenset({"tsc", "arch_sys_counter", "timebase", "riscv_clocksource"})
_LOAD_LIMIT: Final = 0.5  # of the cores
_MEMORY_LIMIT: Final = 0.5  # of the node's memory
_AS_ADMINISTRATOR: Final = "in a virtual machine ask whoever runs the host; else load the driver: "


def all_of(facts: NodeFacts, state: State) -> tuple[Finding, ...]:
    """Every finding about the node, in the order they are shown."""
    return (
        cores(facts),
        memory(facts),
        swap(facts),
        governor(facts),
        clock(facts),
        huge_pages(facts),
        virtualised(facts),
        load(facts, state),
        user(os.geteuid()),
    )


def cores(facts: NodeFacts) -> Finding:
    """Cores of the node that this process may not use."""
    usable, physical = facts.cores_usable, facts.cores_physical
    if usable is None or physical is None:
        return _unknown(facts, "cores", "cores_usable", "lscpu  # then 'cores:' in cluster.yaml")
    found = f"{usable} of {physical} cores usable, {facts.threads} hardware threads"
    if usable == physical:
        return ok("cores", found)
    if facts.cpu_quota is not None and facts.cpu_quota < physical:
        found = f"{found}, a control group allows {facts.cpu_quota:g} CPUs"
        return Finding("cores", "warn", found, "start the container or job without a CPU quota")
    fix = "taskset -cp $$  # shows the mask; in a batch job ask for whole nodes: --exclusive"
    return Finding("cores", "warn", found, fix)


def memory(facts: NodeFacts) -> Finding:
    """Memory that is not to be had."""
    total, free = facts.memory_B, facts.memory_available_B
    if total is None or free is None:
        return _unknown(facts, "memory", "memory_available_B", "free -h")
    found = f"{_GiB(free)} of {_GiB(total)} available"
    if facts.memory_limit_B is not None and facts.memory_limit_B < total:
        found = f"{found}, a control group allows {_GiB(facts.memory_limit_B)}"
    if free >= _MEMORY_LIMIT * total:
        return ok("memory", found)
    return Finding("memory", "warn", found, "ps aux --sort=-rss | head  # end what is not needed")


def swap(facts: NodeFacts) -> Finding:
    """Swap space: a problem that is too large crawls instead of failing."""
    if facts.swap_B is None:
        return _unknown(facts, "swap", "swap_B", "swapon --show")
    if facts.swap_B == 0:
        return ok("swap", "off")
    return Finding("swap", "note", f"{_GiB(facts.swap_B)} on", "sudo swapoff -a")


def governor(facts: NodeFacts) -> Finding:
    """A governor that lets the clock sink between repetitions."""
    if facts.governor is None:
        fix = f"{_AS_ADMINISTRATOR}sudo cpupower frequency-info"
        return _unknown(facts, "governor", "governor", fix)
    if facts.governor == "performance":
        return ok("governor", facts.governor)
    fix = "sudo cpupower frequency-set -g performance"
    return Finding("governor", "warn", facts.governor, fix)


def clock(facts: NodeFacts) -> Finding:
    """A clock that costs a call of the kernel each time it is read."""
    if facts.clocksource is None:
        return _unknown(facts, "clock", "clocksource", "dmesg | grep -i clocksource")
    if facts.clocksource in _FAST_CLOCKS:
        return ok("clock", facts.clocksource)
    folder = "/sys/devices/system/clocksource/clocksource0"
    fix = f"echo tsc | sudo tee {folder}/current_clocksource  # if available_clocksource has it"
    return Finding("clock", "warn", facts.clocksource, fix)


def huge_pages(facts: NodeFacts) -> Finding:
    """Small pages cost TLB misses; NumPy asks for huge ones where it may ("madvise")."""
    found = facts.transparent_huge_pages
    fix = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"
    if found is None:
        return _unknown(facts, "huge pages", "transparent_huge_pages", fix)
    if found == "never":
        return Finding("huge pages", "warn", found, fix)
    return ok("huge pages", found)


def virtualised(facts: NodeFacts) -> Finding:
    """A guest shares its cores, and may show caches that are its host's."""
    if facts.virtualised is None:
        return _unknown(facts, "virtual machine", "virtualised", "systemd-detect-virt")
    if not facts.virtualised:
        return ok("virtual machine", "no")
    found = f"yes ({facts.hypervisor or 'unnamed hypervisor'}): caches and clock may be the host's"
    return Finding("virtual machine", "note", found, "measure on bare metal to accept a node")


def load(facts: NodeFacts, state: State) -> Finding:
    """Work of others, which takes its share of cores and memory bandwidth."""
    count = facts.cores_physical or facts.threads
    if state.load_1min is None or count is None:
        return Finding("load", "note", "unknown: " + "; ".join(state.unknown.values()), "uptime")
    found = f"load average {state.load_1min:g} on {count} cores"
    if state.load_1min <= _LOAD_LIMIT * count:
        return ok("load", found)
    return Finding("load", "warn", found, "top -o %CPU  # wait, or end what does not belong here")


def user(uid: int) -> Finding:
    """Root: a slip costs more, and Open MPI has to be told."""
    if uid != 0:
        return ok("user", "not root")
    found = "root: qyran allows it to Open MPI, as in containers"
    return Finding("user", "note", found, "su - USER  # an ordinary user is enough")


def _unknown(facts: NodeFacts, what: str, name: str, fix: str, status: Status = "note") -> Finding:
    reason = facts.unknown.get(name, "it was not asked")
    return Finding(what, status, f"unknown: {reason}", fix)


def _GiB(size_B: int) -> str:
    return f"{size_B / 2**30:.1f} GiB"
