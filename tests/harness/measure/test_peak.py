"""The high-water mark of this process: forgotten, and risen again."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from harness.measure.peak import forget, peak_memory_B

LARGE_B = 256 * 2**20


def test_what_was_freed_before_does_not_count() -> None:
    np.ones(LARGE_B, np.uint8)
    high_B = peak_memory_B()
    forget()
    low_B = peak_memory_B()
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("no Linux: the mark of the process is all there is")
    assert low_B < high_B - LARGE_B // 2
    np.ones(LARGE_B, np.uint8)
    assert peak_memory_B() >= low_B + LARGE_B // 2


def test_without_linux_it_is_the_most_ever(tmp_path: Path) -> None:
    forget(tmp_path / "none")
    ever_B = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert peak_memory_B(tmp_path / "none") == ever_B
    (tmp_path / "status").write_text("Name: python\n")
    assert peak_memory_B(tmp_path) == ever_B
