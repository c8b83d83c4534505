"""GPUs and interconnects from fake trees; a source that is missing or broken says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from harness.machine.fingerprint import fingerprint, software_fingerprint
from harness.machine.node import NodeFacts, detect

Files = dict[str, str]
Plant = Callable[[Files], Path]

NVIDIA = {
    f"/proc/driver/nvidia/gpus/0000:{i}1:00.0/information": f"Model: \t\t NVIDIA H100\nIRQ: {i}\n"
    for i in range(4)
} | {
    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  "
    "Tue Mar  5 22:23:56 UTC 2024\nGCC version: gcc 12\n"
}
AMD = {
    "/sys/class/kfd/kfd/topology/nodes/0/gpu_id": "0\n",
    "/sys/class/kfd/kfd/topology/nodes/1/gpu_id": "4711\n",
    "/sys/class/kfd/kfd/topology/nodes/1/name": "gfx90a\n",
    "/sys/module/amdgpu/version": "6.3.6\n",
}
CARDS = {
    "/sys/class/drm/card0/device/vendor": "0x1a03\n",
    "/sys/class/drm/card0/device/device": "0x2000\n",
    "/sys/class/drm/card1/device/vendor": "0x10de\n",
    "/sys/class/drm/card1/device/device": "0x2330\n",
}


def infiniband(count: int, rate: str = "200 Gb/sec (4X HDR)") -> Files:
    files = {}
    for i in range(count):
        adapter = f"/sys/class/infiniband/mlx5_{i}"
        files[f"{adapter}/device/uevent"] = "DRIVER=mlx5_core\nPCI_ID=15B3:101B\n"
        files[f"{adapter}/ports/1/rate"] = f"{rate}\n"
        files[f"{adapter}/ports/1/link_layer"] = "InfiniBand\n"
    return files


@pytest.fixture
def facts(plant: Plant, files: Callable[[str], Files]) -> Callable[[Files], NodeFacts]:
    return lambda more: detect(plant(files("server") | more))


def test_nvidia(facts: Callable[[Files], NodeFacts]) -> None:
    found = facts(NVIDIA | CARDS)
    assert found.gpus == ("4 x NVIDIA H100",)
    assert found.gpu_driver == "nvidia 550.54.15"


def test_amd(facts: Callable[[Files], NodeFacts]) -> None:
    found = facts(AMD)
    assert found.gpus == ("1 x AMD gfx90a",)
    assert found.gpu_driver == "amdgpu 6.3.6"


def test_a_card_without_its_driver_and_a_servers_graphics_chip(
    facts: Callable[[Files], NodeFacts],
) -> None:
    found = facts(CARDS)
    assert found.gpus == ("1 x NVIDIA device 0x2330",)
    assert found.gpu_driver is None
    assert "amdgpu" in found.unknown["gpu_driver"]


def test_interconnects(facts: Callable[[Files], NodeFacts]) -> None:
    assert facts(infiniband(2)).interconnects == ("2 x mlx5_core 200 Gb/s (4X HDR) InfiniBand",)


@pytest.mark.parametrize("name", ["gpus", "interconnects", "kernel_command"])
def test_none_has_a_reason(facts: Callable[[Files], NodeFacts], name: str) -> None:
    found = facts({})
    assert getattr(found, name) is None
    assert found.unknown[name]


@pytest.mark.parametrize("missing", sorted(infiniband(1)))
def test_a_broken_adapter_is_no_guess(
    plant: Plant, files: Callable[[str], Files], missing: str
) -> None:
    left = {name: text for name, text in infiniband(1).items() if name != missing}
    found = detect(plant(files("server") | left))
    assert found.interconnects is None
    assert found.unknown["interconnects"]


def test_the_kernels_command_without_what_is_nobodys_business(
    facts: Callable[[Files], NodeFacts],
) -> None:
    words = "BOOT_IMAGE=/vmlinuz-6 root=UUID=1 ro isolcpus=2-3 ip=10.0.0.7 mitigations=off"
    started = f"{words} -- --token=abc mitigations=auto\n"
    assert facts({"/proc/cmdline": started}).kernel_command == "isolcpus=2-3 mitigations=off"
    assert facts({"/proc/cmdline": "ro quiet\n"}).kernel_command == ""


def test_the_key_of_a_node_without_devices_is_the_one_it_always_had(
    facts: Callable[[Files], NodeFacts],
) -> None:
    found = facts({})
    assert fingerprint(found).key == "4d9ab97b6f8630e9"
    assert "gpu" not in fingerprint(found).text


def test_another_number_of_gpus_or_rate_is_another_key(facts: Callable[[Files], NodeFacts]) -> None:
    with_four = facts(NVIDIA | infiniband(1))
    others = [
        facts({}),
        replace(with_four, gpus=("3 x NVIDIA H100",)),
        replace(with_four, interconnects=("1 x mlx5_core 400 Gb/s (4X NDR) InfiniBand",)),
    ]
    keys = {fingerprint(one).key for one in (with_four, *others)}
    assert len(keys) == 4
    rebooted = replace(with_four, hostname="x", kernel="7", gpu_driver="nvidia 1", governor=None)
    assert fingerprint(rebooted) == fingerprint(with_four)


def test_another_driver_is_another_software_key(facts: Callable[[Files], NodeFacts]) -> None:
    one = facts(NVIDIA)
    other = replace(one, gpu_driver="nvidia 560.1")
    keys = {software_fingerprint(found, {}, "m", "b").key for found in (one, other, facts({}))}
    assert len(keys) == 3


@pytest.mark.parametrize("content", [None, "", "\0\N{SNOWMAN} nonsense [\n"])
def test_any_source_may_be_missing_or_broken(
    plant: Plant, files: Callable[[str], Files], content: str | None
) -> None:
    """Whichever file it is: the others are read, and what is not known has its reason."""
    whole = files("laptop") | NVIDIA | infiniband(1) | {"/proc/cmdline": "ro\n"}
    root = plant(whole)
    # Of files that each CPU has, that of the first one stands for all.
    names = [name for name in whole if "/cpu" not in name or "cpu0/" in name or "policy0" in name]
    for name in names:
        path = root / name.lstrip("/")
        path.unlink() if content is None else path.write_text(content)
        found = asdict(detect(root))
        nothing = {key for key, value in found.items() if value is None}
        assert nothing == set(found["unknown"]), name
        assert all(found["unknown"].values())
        path.write_text(whole[name])
