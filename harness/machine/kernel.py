"""What runs the node: kernel, clock source, mitigations, firmware, hypervisor."""

from __future__ import annotations

from typing import Final

from harness.machine.cpu import cpuinfo
from harness.machine.tree import Tree, Unavailable

_VULNERABILITIES: Final = "/sys/devices/system/cpu/vulnerabilities"
# https://docs.kernel.org/admin-guide/kernel-parameters.html
_OF_SPEED: Final = frozenset({
    "isolcpus", "nohz", "nohz_full", "rcu_nocbs", "irqaffinity", "maxcpus", "nr_cpus", "nosmt",
    "mitigations", "spectre_v2", "spec_store_bypass_disable", "nospectre_v1", "nospectre_v2",
    "pti", "nopti", "l1tf", "mds", "tsx", "retbleed",
    "transparent_hugepage", "hugepages", "hugepagesz", "default_hugepagesz", "numa_balancing",
    "numa", "intel_idle.max_cstate", "processor.max_cstate", "idle", "cpuidle.off",
    "intel_pstate", "amd_pstate", "cpufreq.default_governor", "acpi_cpufreq.disable",
    "intel_iommu", "amd_iommu", "iommu", "clocksource", "tsc", "preempt", "skew_tick",
    "audit", "selinux", "apparmor", "psi", "cgroup_disable", "cpuidle_haltpoll.force",
})  # fmt: skip
_DMI: Final = "/sys/class/dmi/id"
# What the firmware of a guest calls its machine: start of vendor or product name -> hypervisor.
_GUESTS: Final = {
    "QEMU": "qemu",
    "KVM": "kvm",
    "VMware": "vmware",
    "innotek GmbH": "virtualbox",
    "VirtualBox": "virtualbox",
    "Xen": "xen",
    "Virtual Machine": "hyperv",
    "Google Compute Engine": "gce",
    "OpenStack": "openstack",
    "Bochs": "bochs",
}


def hostname(tree: Tree) -> str:
    """The name of the node."""
    return tree.text("/proc/sys/kernel/hostname")


def release(tree: Tree) -> str:
    """The kernel's release, e.g. "6.8.0-45-generic"."""
    return tree.text("/proc/sys/kernel/osrelease")


def command(tree: Tree) -> str:
    """Of what the kernel was started with: the words that change how fast it is.

    Others are nobody's business: disks, consoles, addresses, and what follows "--".
    """
    words = tree.text("/proc/cmdline").partition(" -- ")[0].split()
    return " ".join(word for word in words if word.partition("=")[0] in _OF_SPEED)


def clocksource(tree: Tree) -> str:
    """What the kernel keeps time with, e.g. "tsc"."""
    return tree.text("/sys/devices/system/clocksource/clocksource0/current_clocksource")


def mitigations(tree: Tree) -> tuple[str, ...]:
    """The weaknesses the processor has, each with what is done: "mds: Mitigation: ..."."""
    names = tree.names(f"{_VULNERABILITIES}/*")
    states = {name.rpartition("/")[2]: tree.text(name) for name in names}
    return tuple(f"{name}: {state}" for name, state in states.items() if state != "Not affected")


def firmware(tree: Tree) -> str:
    """The version of the firmware (BIOS)."""
    return tree.text(f"{_DMI}/bios_version")


def product(tree: Tree) -> str:
    """Maker and product name of the machine, as its firmware gives them."""
    return f"{tree.text(f'{_DMI}/sys_vendor')} {tree.text(f'{_DMI}/product_name')}"


def virtualised(tree: Tree) -> bool:
    """Whether this is a guest of a hypervisor; only x86 can tell that it is not."""
    info = cpuinfo(tree)
    if "flags" in info:
        return "hypervisor" in info["flags"].split()
    return bool(hypervisor(tree))


def hypervisor(tree: Tree) -> str:
    """The name of the hypervisor, e.g. "kvm"; Unavailable on bare metal and if it has no name."""
    for name in ("/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible"):
        if tree.exists(name):
            return tree.text(name)
    for field in ("sys_vendor", "product_name"):
        for start, guest in _GUESTS.items():
            if tree.exists(f"{_DMI}/{field}") and tree.text(f"{_DMI}/{field}").startswith(start):
                return guest
    raise Unavailable(f"neither /sys/hypervisor nor {_DMI} names a hypervisor")
