"""The caches of a core, as Linux tells them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernels._support.caches import ASSUMED, share_B


def system(folder: Path, *, shared: str, size: str, siblings: str) -> Path:
    cpu = folder / f"cpu{min(os.sched_getaffinity(0))}"
    files = {
        "topology/thread_siblings_list": siblings,
        "cache/index0/level": "1",
        "cache/index2/level": "2",
        "cache/index2/size": size,
        "cache/index2/shared_cpu_list": shared,
    }
    for name, text in files.items():
        (cpu / name).parent.mkdir(parents=True, exist_ok=True)
        (cpu / name).write_text(text + "\n")
    return folder


@pytest.mark.parametrize(
    ("shared", "siblings", "share"),
    [("0", "0", 2**20), ("0,96", "0,96", 2**20), ("0-11", "0", 2**20 // 12), ("0-7", "0-1", 2**18)],
)
def test_a_core_has_its_cache_or_a_share_of_it(
    shared: str, siblings: str, share: int, tmp_path: Path
) -> None:
    assert share_B(2, system(tmp_path, shared=shared, size="1024K", siblings=siblings)) == share
    assert share_B(2, system(tmp_path, shared=shared, size="1M", siblings=siblings)) == share


def test_what_is_not_told_is_assumed(tmp_path: Path) -> None:
    assert share_B(2, tmp_path) == ASSUMED[2]
    assert share_B(3, system(tmp_path, shared="0", size="1M", siblings="0")) == ASSUMED[3]
    assert share_B(2, system(tmp_path, shared="0", size="big", siblings="0")) == ASSUMED[2]


def test_this_machine_has_caches() -> None:
    assert share_B(2) >= 2**16
    assert share_B(3) >= 2**16
