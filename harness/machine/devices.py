"""GPUs and interconnects of a node, from files alone: no program of a vendor is asked, no root.

Sources: NVIDIA driver README, "The /proc interface"; Linux Documentation/ABI/stable/
sysfs-class-infiniband; the topology of amdkfd (drivers/gpu/drm/amd/amdkfd/kfd_topology.c).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from harness.machine.tree import Tree, Unavailable

_NVIDIA: Final = "/proc/driver/nvidia"
_KFD: Final = "/sys/class/kfd/kfd/topology/nodes"
_CARDS: Final = "/sys/class/drm/card[0-9]*/device"
_FABRIC: Final = "/sys/class/infiniband"
_SLINGSHOT: Final = "/sys/class/cxi"
# Who makes GPUs that are computed with, by PCI vendor; a server's graphics chip is none.
_VENDORS: Final = {"0x10de": "NVIDIA", "0x1002": "AMD"}


def gpus(tree: Tree) -> tuple[str, ...]:
    """Each model with how many there are, ``4 x NVIDIA H100``; Unavailable if there are none."""
    for question in (_nvidia, _amd, _cards):
        found = _all(question, tree)
        if found:
            return _counted(found)
    raise Unavailable(f"none in {_NVIDIA}, {_KFD} and /sys/class/drm")


def gpu_driver(tree: Tree) -> str:
    """Name and version of the driver of the GPUs."""
    if tree.exists(f"{_NVIDIA}/version"):
        # NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024
        words = tree.text(f"{_NVIDIA}/version").splitlines()[0].split()
        version = next((word for word in words if word[0].isdigit() and "." in word), None)
        if version is None:
            raise Unavailable(f"{_NVIDIA}/version: no version in its first line")
        return f"nvidia {version}"
    if tree.exists("/sys/module/amdgpu/version"):
        return f"amdgpu {tree.text('/sys/module/amdgpu/version')}"
    raise Unavailable(f"neither {_NVIDIA}/version nor /sys/module/amdgpu/version")


def interconnects(tree: Tree) -> tuple[str, ...]:
    """Each kind of adapter: ``2 x mlx5_core 200 Gb/s (4X HDR) InfiniBand``; Unavailable if none.

    The rate is that of the first port. Plain Ethernet is not among them.
    """
    found = [*_all(_infiniband, tree), *_all(_slingshot, tree)]
    if not found:
        raise Unavailable(f"none in {_FABRIC} and {_SLINGSHOT}")
    return _counted(found)


def _all(question: Callable[[Tree], Iterable[str]], tree: Tree) -> list[str]:
    try:
        return list(question(tree))
    except Unavailable:
        return []


def _counted(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{count} x {name}" for name, count in sorted(Counter(found).items()))


def _nvidia(tree: Tree) -> Iterable[str]:
    for name in tree.names(f"{_NVIDIA}/gpus/*/information"):
        pairs = (line.partition(":") for line in tree.text(name).splitlines())
        models = [value.strip() for key, _, value in pairs if key.strip() == "Model"]
        yield models[0] if models else "NVIDIA GPU of unknown model"


def _amd(tree: Tree) -> Iterable[str]:
    for name in tree.names(f"{_KFD}/*/gpu_id"):
        if tree.integer(name) != 0:  # 0 is a processor
            yield f"AMD {tree.text(name.replace('gpu_id', 'name'))}"


def _cards(tree: Tree) -> Iterable[str]:
    """Cards whose driver tells no model: by the number that the maker gave them."""
    for name in tree.names(f"{_CARDS}/vendor"):
        vendor = _VENDORS.get(tree.text(name))
        if vendor:
            yield f"{vendor} device {tree.text(name.replace('vendor', 'device'))}"


def _infiniband(tree: Tree) -> Iterable[str]:
    for adapter in tree.names(f"{_FABRIC}/*"):
        ports = tree.names(f"{adapter}/ports/*/rate")
        layer = tree.text(ports[0].replace("rate", "link_layer"))
        rate = tree.text(ports[0]).replace("Gb/sec", "Gb/s")
        yield f"{_driver(tree, adapter)} {rate} {layer}"


def _slingshot(tree: Tree) -> Iterable[str]:
    for adapter in tree.names(f"{_SLINGSHOT}/cxi[0-9]*"):
        yield f"{_driver(tree, adapter)} Slingshot"


def _driver(tree: Tree, adapter: str) -> str:
    """The driver of a device, by what the kernel tells udev of it."""
    for line in tree.text(f"{adapter}/device/uevent").splitlines():
        key, _, value = line.partition("=")
        if key == "DRIVER":
            return value
    return "unknown driver"
