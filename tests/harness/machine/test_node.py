"""What a node is, on fake machines and on this one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.machine.caches import Cache
from harness.machine.node import NodeFacts, detect
from harness.machine.tree import Asker, Tree, Unavailable, format_cpus, parse_cpus

Files = dict[str, str]
MiB, GiB = 2**20, 2**30


def expect(facts: NodeFacts, **values: object) -> None:
    assert {name: getattr(facts, name) for name in values} == values


def every_none_has_a_reason(facts: NodeFacts) -> None:
    fields = [field.name for field in dataclasses.fields(facts)]
    assert {name for name in fields if getattr(facts, name) is None} == set(facts.unknown)
    assert all(facts.unknown.values())


def test_laptop_with_smt(machine: Callable[[str], Path]) -> None:
    facts = detect(machine("laptop"))
    expect(facts, hostname="laptop", architecture="x86_64", cpu_vendor="AuthenticAMD")
    expect(facts, cpu_model="AMD Ryzen 5 5600U", cpu_family="25", cpu_model_number="80")
    expect(facts, cpu_stepping="0", microcode="0xa50000d", simd="avx2", vector_bits=256, fma=True)
    expect(facts, sockets=1, cores_physical=4, cores_usable=4, threads=8, smt=True, numa_nodes=1)
    expect(facts, memory_B=16_103_420 * 1024, memory_available_B=12_000_000 * 1024)
    expect(facts, memory_present_B=4_191_998 * 4096, swap_B=2_097_148 * 1024)
    expect(facts, governor="performance", boost=True, frequency_min_Hz=1.6e9)
    expect(facts, frequency_max_Hz=4.289062e9, clocksource="tsc", kernel="6.8.0-45-generic")
    expect(facts, transparent_huge_pages="madvise", virtualised=False, hypervisor=None)
    expect(facts, product="LENOVO ThinkPad", firmware="R1MET58W", cpu_quota=None)
    expect(facts, mitigations=("spectre_v1: Mitigation: usercopy barriers",))
    assert facts.caches == (
        Cache(1, "data", 32768, 4, 2),
        Cache(1, "instruction", 32768, 4, 2),
        Cache(2, "unified", 512 * 1024, 4, 2),
        Cache(3, "unified", 16 * MiB, 1, 8),
    )
    assert facts.llc_B == 16 * MiB
    every_none_has_a_reason(facts)


def test_two_sockets(machine: Callable[[str], Path]) -> None:
    facts = detect(machine("server"))
    expect(facts, sockets=2, cores_physical=128, threads=256, numa_nodes=2, governor="powersave")
    expect(facts, llc_B=16 * 32 * MiB, simd="avx512", vector_bits=512, boost=False)
    assert facts.caches is not None
    assert facts.caches[-1] == Cache(3, "unified", 32 * MiB, 16, 16)
    every_none_has_a_reason(facts)


def test_a_control_group_limits_cores_and_memory(machine: Callable[[str], Path]) -> None:
    facts = detect(machine("limited"))
    expect(facts, cpu_quota=1.5, cores_physical=4, cores_usable=1, threads_usable=8)
    # 4 GiB less 3 GiB in use, of which 1 GiB is file cache that is given back.
    expect(facts, memory_limit_B=4 * GiB, memory_available_B=2 * GiB)
    every_none_has_a_reason(facts)


def test_guest_without_cpufreq(machine: Callable[[str], Path]) -> None:
    facts = detect(machine("guest"))
    expect(
        facts, virtualised=True, hypervisor="qemu", clocksource="kvm-clock", llc_B=2 * 1280 * 1024
    )
    expect(facts, governor=None, boost=None, frequency_min_Hz=None, frequency_max_Hz=None)
    assert "scaling_governor" in facts.unknown["governor"]
    every_none_has_a_reason(facts)


def test_arm_without_caches(machine: Callable[[str], Path]) -> None:
    facts = detect(machine("arm"))
    expect(facts, architecture="aarch64", cpu_vendor="Fujitsu", cpu_model="a64fx")
    expect(facts, cpu_model_number="0x001", cpu_stepping="0x1.0", simd="sve", vector_bits=512)
    expect(facts, fma=True, cores_physical=4, smt=False, sockets=None, caches=None, llc_B=None)
    expect(facts, virtualised=None, microcode=None)
    assert "physical_package_id" in facts.unknown["sockets"]
    every_none_has_a_reason(facts)


def test_affinity_counts_cores_not_threads(
    plant: Callable[[Files], Path], files: Callable[[str], Files]
) -> None:
    tree = files("laptop") | {"/proc/self/status": "Cpus_allowed_list:\t1-2,5\n"}
    expect(detect(plant(tree)), cores_usable=2, threads_usable=3, cores_physical=4)


def test_mixed_governors_are_all_named(
    plant: Callable[[Files], Path], files: Callable[[str], Files]
) -> None:
    policy = "/sys/devices/system/cpu/cpufreq/policy3/scaling_governor"
    facts = detect(plant(files("laptop") | {policy: "powersave\n"}))
    assert facts.governor == "performance,powersave"


def test_an_empty_machine_knows_nothing_and_says_why(tmp_path: Path) -> None:
    facts = detect(tmp_path)
    assert set(facts.unknown) == {
        field.name for field in dataclasses.fields(facts) if field.name != "unknown"
    }
    assert "No such file" in facts.unknown["memory_B"]


GARBAGE = ["", "\n", "-", "x: y", "9" * 40, "0-9999999999", "\0\xff", "a - b\n:::\n[", "0::/"]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", ["laptop", "limited", "arm"])
def test_garbage_in_every_file_is_no_error(
    name: str, garbage: str, plant: Callable[[Files], Path], files: Callable[[str], Files]
) -> None:
    facts = detect(plant(dict.fromkeys(files(name), garbage)))
    every_none_has_a_reason(facts)


@pytest.mark.parametrize("name", ["laptop", "server"])
def test_one_broken_file_costs_only_what_is_in_it(
    name: str, plant: Callable[[Files], Path], files: Callable[[str], Files]
) -> None:
    whole = detect(plant(files(name)))
    broken = detect(plant(files(name) | {"/proc/meminfo": "MemTotal: many kB\n"}))
    lost = {field for field in broken.unknown if field not in whole.unknown}
    assert lost == {"memory_B", "memory_available_B", "swap_B"}
    assert "many" in broken.unknown["memory_B"]


def test_this_machine() -> None:
    facts = detect()
    every_none_has_a_reason(facts)
    assert facts.threads == psutil.cpu_count()
    assert facts.cores_physical in {psutil.cpu_count(logical=False), None}
    assert facts.memory_B == psutil.virtual_memory().total
    assert 1 <= (facts.cores_usable or 1) <= (facts.cores_physical or 1)
    assert 0 < (facts.memory_available_B or 0) <= (facts.memory_B or 0)
    assert facts.microarchitecture


def test_a_large_node_is_seen_in_well_under_a_second(machine: Callable[[str], Path]) -> None:
    def seconds(root: Path) -> float:
        begin = time.perf_counter()
        detect(root)
        return time.perf_counter() - begin

    for root in (machine("server"), Path("/")):
        assert min(seconds(root) for _ in range(3)) < 0.5


@given(st.frozensets(st.integers(0, 300), min_size=1))
def test_cpu_lists_round_trip(cpus: frozenset[int]) -> None:
    assert parse_cpus(format_cpus(cpus)) == cpus


def test_the_tree_reads_each_file_once(tmp_path: Path) -> None:
    file = tmp_path / "fact"
    file.write_text("1\n")
    tree = Tree(tmp_path)
    assert tree.integer("/fact") == 1
    file.write_text("2\n")
    assert tree.integer("/fact") == 1


def test_the_asker_keeps_the_reason(tmp_path: Path) -> None:
    def refuse(_: Tree) -> int:
        raise Unavailable("not today")

    ask = Asker(Tree(tmp_path))
    assert ask("n", refuse) is None
    assert ask("m", lambda _: 0) == 0
    assert ask.unknown == {"n": "not today"}
