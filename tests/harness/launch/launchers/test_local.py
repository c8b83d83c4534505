"""The launcher of this machine."""

from __future__ import annotations

from harness.launch.contract import Allocation
from harness.launch.launchers import local


def test_local_is_this_machine() -> None:
    assert local.allocation(("n1",), {}) == Allocation("local")
