"""What this node is: one look at /proc and /sys, without root and in well under a second.

A fact the machine does not give is None, with the reason in ``unknown``: never a guess, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.machine import caches, cgroup, cores, cpu, devices, frequency, kernel, memory
from harness.machine.caches import Cache
from harness.machine.tree import Asker, Tree


@dataclass(frozen=True, kw_only=True)
class NodeFacts:
    """A node's hardware and how it is set up. Sizes are in B, frequencies in Hz."""

    hostname: str | None
    product: str | None
    firmware: str | None
    architecture: str | None
    cpu_vendor: str | None
    cpu_model: str | None
    cpu_family: str | None
    cpu_model_number: str | None
    cpu_stepping: str | None
    microarchitecture: str | None
    simd: str | None
    vector_bits: int | None
    fma: bool | None
    features: tuple[str, ...] | None
    sockets: int | None
    cores_physical: int | None
    cores_usable: int | None  # within the affinity and the cgroup quota of this process
    threads: int | None
    threads_usable: int | None
    smt: bool | None
    numa_nodes: int | None
    cpu_quota: float | None  # CPUs; None: no limit
    caches: tuple[Cache, ...] | None
    llc_B: int | None  # all last-level caches of the node
    memory_B: int | None  # what the kernel manages
    memory_present_B: int | None  # what the machine has
    memory_available_B: int | None  # what this process can have now
    memory_limit_B: int | None  # of the control groups; None: no limit
    swap_B: int | None
    transparent_huge_pages: str | None
    governor: str | None
    boost: bool | None
    frequency_min_Hz: float | None
    frequency_max_Hz: float | None
    clocksource: str | None
    kernel: str | None
    microcode: str | None
    mitigations: tuple[str, ...] | None
    kernel_command: str | None
    gpus: tuple[str, ...] | None  # each model with how many there are
    gpu_driver: str | None
    interconnects: tuple[str, ...] | None  # each kind of adapter with how many there are
    virtualised: bool | None
    hypervisor: str | None
    unknown: dict[str, str]  # name of a fact that is None -> why


def detect(root: Path = Path("/")) -> NodeFacts:
    """Look at the machine, or at a fake tree of /proc and /sys below ``root``. Never raises."""
    ask = Asker(Tree(root))
    return NodeFacts(
        hostname=ask("hostname", kernel.hostname),
        product=ask("product", kernel.product),
        firmware=ask("firmware", kernel.firmware),
        architecture=ask("architecture", cpu.architecture),
        cpu_vendor=ask("cpu_vendor", cpu.vendor),
        cpu_model=ask("cpu_model", cpu.model),
        cpu_family=ask("cpu_family", cpu.family),
        cpu_model_number=ask("cpu_model_number", cpu.model_number),
        cpu_stepping=ask("cpu_stepping", cpu.stepping),
        microarchitecture=ask("microarchitecture", cpu.microarchitecture),
        simd=ask("simd", cpu.simd),
        vector_bits=ask("vector_bits", cpu.vector_bits),
        fma=ask("fma", cpu.fma),
        features=ask("features", cpu.features),
        sockets=ask("sockets", cores.sockets),
        cores_physical=ask("cores_physical", cores.physical),
        cores_usable=ask("cores_usable", cores.usable),
        threads=ask("threads", cores.threads),
        threads_usable=ask("threads_usable", cores.threads_usable),
        smt=ask("smt", cores.smt),
        numa_nodes=ask("numa_nodes", cores.numa_nodes),
        cpu_quota=ask("cpu_quota", cgroup.cpu_quota),
        caches=ask("caches", caches.caches),
        llc_B=ask("llc_B", caches.llc_B),
        memory_B=ask("memory_B", memory.total_B),
        memory_present_B=ask("memory_present_B", memory.present_B),
        memory_available_B=ask("memory_available_B", memory.available_B),
        memory_limit_B=ask("memory_limit_B", cgroup.memory_limit_B),
        swap_B=ask("swap_B", memory.swap_B),
        transparent_huge_pages=ask("transparent_huge_pages", memory.transparent_huge_pages),
        governor=ask("governor", frequency.governor),
        boost=ask("boost", frequency.boost),
        frequency_min_Hz=ask("frequency_min_Hz", frequency.minimum_Hz),
        frequency_max_Hz=ask("frequency_max_Hz", frequency.maximum_Hz),
        clocksource=ask("clocksource", kernel.clocksource),
        kernel=ask("kernel", kernel.release),
        microcode=ask("microcode", cpu.microcode),
        mitigations=ask("mitigations", kernel.mitigations),
        kernel_command=ask("kernel_command", kernel.command),
        gpus=ask("gpus", devices.gpus),
        gpu_driver=ask("gpu_driver", devices.gpu_driver),
        interconnects=ask("interconnects", devices.interconnects),
        virtualised=ask("virtualised", kernel.virtualised),
        hypervisor=ask("hypervisor", kernel.hypervisor),
        unknown=ask.unknown,
    )
