"""A process ends with its parent, also when it has become another program."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

CHILD = """
import os, signal, time
from harness.launch.lifeline import end_with_parent
end_with_parent(signal.SIGKILL)
print(os.getpid(), flush=True)
{then}
"""
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout)
"""


@pytest.mark.parametrize(
    "then",
    ["time.sleep(100)", "os.execv('/bin/sleep', ['sleep', '100'])"],
    ids=["stays", "becomes"],
)
def test_a_killed_parent_takes_its_child_with_it(then: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(then=then)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
    deadline = time.monotonic() + 5.0
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)
