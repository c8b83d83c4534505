"""What the processor is: its maker, model, revision, microarchitecture and vector unit.

Read from the first entry of /proc/cpuinfo. The architectures spell the keys differently: x86 and
LoongArch "model name", Arm numbers ("CPU part"), POWER "cpu", RISC-V "uarch".
"""

from __future__ import annotations

import platform
from typing import Final

import archspec.cpu
from archspec.cpu.schema import TARGETS_JSON

from harness.machine.tree import Tree, Unavailable

# Flag of /proc/cpuinfo -> name and width in bit of the vector unit, the widest first.
_SIMD: Final = {
    "avx512f": ("avx512", 512),
    "lasx": ("lasx", 256),
    "avx2": ("avx2", 256),
    "avx": ("avx", 256),
    "sse2": ("sse2", 128),
    "lsx": ("lsx", 128),
    "sve": ("sve", 0),  # the width is asked of the kernel
    "asimd": ("neon", 128),
}
# Fused multiply-add is a flag on x86; Arm and LoongArch have it wherever they have these.
_FMA: Final = frozenset({"fma", "asimd", "lsx"})


def cpuinfo(tree: Tree) -> dict[str, str]:
    """The first processor's entry in /proc/cpuinfo."""
    first = tree.text("/proc/cpuinfo").partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _first(tree: Tree, *keys: str) -> str:
    info = cpuinfo(tree)
    for key in keys:
        if info.get(key):
            return info[key]
    raise Unavailable(f"/proc/cpuinfo: no {' or '.join(repr(key) for key in keys)}")


def architecture(tree: Tree) -> str:
    """The instruction set's name, e.g. "x86_64", "aarch64"."""
    return platform.machine() if tree.live else tree.text("/proc/sys/kernel/arch")


def vendor(tree: Tree) -> str:
    """The maker's name, e.g. "AuthenticAMD"; on Arm the maker of the core's design, e.g. "ARM"."""
    found = _first(tree, "vendor_id", "CPU implementer")
    return str(TARGETS_JSON["conversions"]["arm_vendors"].get(found, found))


def model(tree: Tree) -> str:
    """The name the processor gives itself; on Arm archspec's name of the part number."""
    if "CPU part" not in cpuinfo(tree):
        return _first(tree, "model name", "cpu", "uarch")
    part = _first(tree, "CPU part")
    for target in archspec.cpu.TARGETS.values():
        if (target.vendor, target.cpu_part) == (vendor(tree), part):
            return str(target.name)
    raise Unavailable(f"/proc/cpuinfo: part {part} of {vendor(tree)} has no name in archspec")


def family(tree: Tree) -> str:
    """The maker's family number."""
    return _first(tree, "cpu family", "CPU architecture")


def model_number(tree: Tree) -> str:
    """The maker's model or part number."""
    return _first(tree, "model", "CPU part", "cpu")


def stepping(tree: Tree) -> str:
    """The revision of the silicon; on Arm "variant.revision", e.g. "0x3.1"."""
    if "CPU variant" in cpuinfo(tree):
        return f"{_first(tree, 'CPU variant')}.{_first(tree, 'CPU revision')}"
    return _first(tree, "stepping", "revision", "cpu revision")


def microcode(tree: Tree) -> str:
    """The microcode revision, e.g. "0x2b000571"."""
    return _first(tree, "microcode")


def microarchitecture(tree: Tree) -> str:
    """The name archspec gives the microarchitecture, e.g. "zen4"."""
    if not tree.live:
        raise Unavailable("archspec reads the real machine only")
    return str(archspec.cpu.host().name)


def features(tree: Tree) -> tuple[str, ...]:
    """All instruction-set flags, as the kernel spells them, sorted."""
    return tuple(sorted(set(_first(tree, "flags", "Features", "features").split())))


def simd(tree: Tree) -> str:
    """The name of the widest vector unit: avx512, avx2, avx, sse2, sve, neon, lasx, lsx."""
    return _widest(tree)[0]


def vector_bits(tree: Tree) -> int:
    """The width of the widest vector unit, bit. Of SVE: what the kernel gives a new process."""
    width = _widest(tree)[1]
    return width or 8 * tree.integer("/proc/sys/abi/sve_default_vector_length")


def _widest(tree: Tree) -> tuple[str, int]:
    flags = set(features(tree))
    for flag, unit in _SIMD.items():
        if flag in flags:
            return unit
    raise Unavailable(f"/proc/cpuinfo: none of the flags {', '.join(_SIMD)}")


def fma(tree: Tree) -> bool:
    """Whether there is a fused multiply-add: twice the flop/s a cycle."""
    return not _FMA.isdisjoint(features(tree))
