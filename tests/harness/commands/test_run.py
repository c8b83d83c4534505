"""What ends a run in order, and what does not come between."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

ENDING = """
import os, signal, sys, time
from harness.commands import run
first, second = (signal.Signals(int(one)) for one in sys.argv[1:])
run.heed_signals()
try:
    os.kill(os.getpid(), first)
    time.sleep(9)
except KeyboardInterrupt:
    try:
        os.kill(os.getpid(), second)
        time.sleep(0.1)
        print("in order", signal.getsignal(signal.SIGTERM) is signal.SIG_IGN)
    except KeyboardInterrupt:
        print("at once")
"""
TERM, HUP, INT = signal.SIGTERM, signal.SIGHUP, signal.SIGINT


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        (TERM, TERM, "in order False"),
        (TERM, HUP, "in order False"),
        (HUP, TERM, "in order False"),
        (TERM, INT, "at once"),
        (INT, TERM, "at once"),
    ],
)
def test_a_run_that_is_ended_twice(
    first: signal.Signals, second: signal.Signals, ends: str
) -> None:
    line = [sys.executable, "-P", "-c", ENDING, str(first.value), str(second.value)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ends


def test_nohup_keeps_its_meaning() -> None:
    script = (
        "import os, signal\n"
        "from harness.commands import run\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "run.heed_signals()\n"
        "try: os.kill(os.getpid(), signal.SIGTERM)\n"
        "except KeyboardInterrupt: os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"
