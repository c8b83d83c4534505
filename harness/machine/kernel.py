"""What runs the node: kernel, clock source, mitigations, firmware, hypervisor."""

from __future__ import annotations

from typing import Final

from harness.machine.cpu import cpuinfo
from harness.machine.tree import Tree, Unavailable

_VULNERABILITIES: Final = "/sys/devices/system/cpu/vulnerabilities"
_NOT_OF_THE_COMMAND: Final = ("BOOT_IMAGE=", "initrd=", "root=", "resume=", "rd.", "ostree=")
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
    """What the kernel was started with, without the words that name kernel image and disks."""
    words = tree.text("/proc/cmdline").split()
    kept = [word for word in words if not word.startswith(_NOT_OF_THE_COMMAND)]
    return " ".join(kept)


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
