"""Fake machines: trees of /proc and /sys that look like a laptop, a server, a container, ..."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Files = dict[str, str]
Plant = Callable[[Files], Path]

CPU = "/sys/devices/system/cpu"
V2_MOUNT = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
X86 = "fpu sse2 ssse3 avx avx2 fma"


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Writes a fake tree and gives its root."""

    def write(files: Files) -> Path:
        root = tmp_path / "machine"
        shutil.rmtree(root, ignore_errors=True)
        for name, text in files.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


def cpu_list(cpus: list[int]) -> str:
    return ",".join(map(str, cpus)) + "\n"


def cpuinfo(count: int, **keys: str) -> str:
    spelled = {key.replace("_", " "): value for key, value in keys.items()}
    if "vendor id" in spelled:
        spelled["vendor_id"] = spelled.pop("vendor id")
    entry = "".join(f"{key}\t: {value}\n" for key, value in spelled.items())
    return "".join(f"processor\t: {cpu}\n{entry}\n" for cpu in range(count))


def memory(total_kB: int, available_kB: int, swap_kB: int = 0) -> Files:
    return {
        "/proc/meminfo": f"MemTotal:       {total_kB} kB\nMemFree:        1 kB\n"
        f"MemAvailable:   {available_kB} kB\nSwapTotal:      {swap_kB} kB\n",
    }


def topology(sockets: int, cores: int, smt: int) -> Files:
    """``cores`` a socket; the second threads of all cores come after all first ones."""
    total = sockets * cores
    files = {f"{CPU}/online": f"0-{total * smt - 1}\n"}
    for cpu in range(total * smt):
        core = cpu % total
        siblings = [core + total * thread for thread in range(smt)]
        files[f"{CPU}/cpu{cpu}/topology/core_cpus_list"] = cpu_list(siblings)
        files[f"{CPU}/cpu{cpu}/topology/physical_package_id"] = f"{core // cores}\n"
    return files


def cache(cpu: int, index: int, level: int, kind: str, size: str, shared: list[int]) -> Files:
    folder = f"{CPU}/cpu{cpu}/cache/index{index}"
    return {
        f"{folder}/level": f"{level}\n",
        f"{folder}/type": f"{kind}\n",
        f"{folder}/size": f"{size}\n",
        f"{folder}/shared_cpu_list": cpu_list(shared),
    }


def kernel(hostname: str, clocksource: str = "tsc", allowed: str = "0-1023") -> Files:
    return {
        "/proc/sys/kernel/hostname": f"{hostname}\n",
        "/proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
        "/proc/sys/kernel/arch": "x86_64\n",
        "/proc/self/status": f"Name:\tpython\nCpus_allowed_list:\t{allowed}\n",
        "/proc/loadavg": "0.10 0.20 0.30 1/500 4242\n",
        "/sys/devices/system/clocksource/clocksource0/current_clocksource": f"{clocksource}\n",
        "/sys/devices/system/node/online": "0\n",
        "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
        f"{CPU}/vulnerabilities/meltdown": "Not affected\n",
        f"{CPU}/vulnerabilities/spectre_v1": "Mitigation: usercopy barriers\n",
    }


def laptop_files() -> Files:
    """Four cores with two threads each, one L3, `performance`, 16 GiB."""
    files = kernel("laptop") | topology(1, 4, 2) | memory(16_103_420, 12_000_000, 2_097_148)
    files["/proc/cpuinfo"] = cpuinfo(
        8, vendor_id="AuthenticAMD", cpu_family="25", model="80",
        model_name="AMD Ryzen 5 5600U", stepping="0", microcode="0xa50000d", flags=X86,
    )  # fmt: skip
    for cpu in range(8):
        pair = [cpu % 4, cpu % 4 + 4]
        files |= cache(cpu, 0, 1, "Data", "32K", pair)
        files |= cache(cpu, 1, 1, "Instruction", "32K", pair)
        files |= cache(cpu, 2, 2, "Unified", "512K", pair)
        files |= cache(cpu, 3, 3, "Unified", "16384K", list(range(8)))
        folder = f"{CPU}/cpufreq/policy{cpu}"
        files[f"{folder}/scaling_governor"] = "performance\n"
        files[f"{folder}/cpuinfo_min_freq"] = "1600000\n"
        files[f"{folder}/cpuinfo_max_freq"] = "4289062\n"
    files[f"{CPU}/cpufreq/boost"] = "1\n"
    files["/sys/class/dmi/id/sys_vendor"] = "LENOVO\n"
    files["/sys/class/dmi/id/product_name"] = "ThinkPad\n"
    files["/sys/class/dmi/id/bios_version"] = "R1MET58W\n"
    files["/proc/zoneinfo"] = (
        "Node 0, zone      DMA\n        spanned  4095\n        present  3998\n"
        "Node 0, zone   Normal\n        spanned  4190000\n        present  4188000\n"
    )
    return files


def server_files() -> Files:
    """Two sockets of 64 cores with two threads, 8 L3 a socket, `powersave`, 512 GiB."""
    files = kernel("node001") | topology(2, 64, 2) | memory(527_000_000, 520_000_000)
    files["/proc/cpuinfo"] = cpuinfo(
        256, vendor_id="AuthenticAMD", cpu_family="25", model="17", model_name="AMD EPYC 9554",
        stepping="1", microcode="0xa101148", flags=f"{X86} avx512f",
    )  # fmt: skip
    for cpu in range(256):
        core = cpu % 128
        pair, group = [core, core + 128], [8 * (core // 8) + i for i in range(8)]
        files |= cache(cpu, 0, 1, "Data", "32K", pair)
        files |= cache(cpu, 1, 1, "Instruction", "32K", pair)
        files |= cache(cpu, 2, 2, "Unified", "1024K", pair)
        files |= cache(cpu, 3, 3, "Unified", "32768K", group + [cpu + 128 for cpu in group])
        files[f"{CPU}/cpufreq/policy{cpu}/scaling_governor"] = "powersave\n"
        throttle = f"{CPU}/cpu{cpu}/thermal_throttle"
        files[f"{throttle}/core_throttle_count"] = "2\n" if cpu == 7 else "0\n"
        files[f"{throttle}/package_throttle_count"] = "5\n" if core < 64 else "0\n"
    files["/sys/devices/system/node/online"] = "0-1\n"
    files[f"{CPU}/intel_pstate/no_turbo"] = "1\n"
    return files


def limited_files() -> Files:
    """The laptop, seen from a container of control groups version 2: 1.5 CPUs, 4 GiB."""
    group = "/sys/fs/cgroup/user.slice/box"
    return laptop_files() | {
        "/proc/self/mountinfo": V2_MOUNT,
        "/proc/self/cgroup": "0::/user.slice/box\n",
        f"{group}/cpu.max": "150000 100000\n",
        f"{group}/memory.max": f"{4 * 2**30}\n",
        f"{group}/memory.current": f"{3 * 2**30}\n",
        f"{group}/memory.stat": f"anon 1\ninactive_file {2**30}\nactive_file 7\n",
        "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/user.slice/memory.max": "max\n",
    }


def guest_files() -> Files:
    """A virtual machine of two cores without cpufreq."""
    files = kernel("vm", clocksource="kvm-clock") | topology(1, 2, 1) | memory(4_000_000, 3_500_000)
    files["/proc/cpuinfo"] = cpuinfo(
        2, vendor_id="GenuineIntel", cpu_family="6", model="106", stepping="6",
        model_name="Intel Xeon Processor (Icelake)", flags=f"{X86} avx512f hypervisor",
    )  # fmt: skip
    for cpu in range(2):
        files |= cache(cpu, 0, 1, "Data", "48K", [cpu])
        files |= cache(cpu, 1, 2, "Unified", "1280K", [cpu])
    files["/sys/class/dmi/id/sys_vendor"] = "QEMU\n"
    files["/sys/class/dmi/id/product_name"] = "Standard PC (Q35 + ICH9, 2009)\n"
    return files


def arm_files() -> Files:
    """An Arm server whose firmware describes neither caches nor sockets."""
    files = kernel("arm", clocksource="arch_sys_counter") | memory(32_000_000, 30_000_000)
    files["/proc/sys/kernel/arch"] = "aarch64\n"
    files["/proc/sys/abi/sve_default_vector_length"] = "64\n"
    files["/proc/cpuinfo"] = cpuinfo(
        4, Features="fp asimd sve atomics", CPU_implementer="0x46", CPU_architecture="8",
        CPU_variant="0x1", CPU_part="0x001", CPU_revision="0",
    )  # fmt: skip
    for cpu in range(4):
        files[f"{CPU}/cpu{cpu}/topology/thread_siblings_list"] = f"{cpu}\n"
        files[f"{CPU}/cpu{cpu}/topology/physical_package_id"] = "-1\n"
    return files


MACHINES = {
    "laptop": laptop_files,
    "server": server_files,
    "limited": limited_files,
    "guest": guest_files,
    "arm": arm_files,
}


@pytest.fixture
def machine(plant: Plant) -> Callable[[str], Path]:
    """The root of a fake machine by its name."""
    return lambda name: plant(MACHINES[name]())


@pytest.fixture
def files() -> Callable[[str], Files]:
    """The files of a fake machine by its name, to change before planting."""
    return lambda name: MACHINES[name]()


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes an executable shell script, a fake mpirun, into a folder of its own."""

    def write(text: str, folder: str = "bin", banner: str = "mpirun (Open MPI) 5.0.7") -> Path:
        path = tmp_path / folder / "mpirun"
        path.parent.mkdir(parents=True, exist_ok=True)
        version = f'if [ "$1" = --version ]; then echo "{banner}"; exit 0; fi'
        path.write_text(f"#!/bin/sh\n{version}\n{text}\n")
        path.chmod(0o755)
        return path

    return write
