"""What the harness costs: trivial cases in one allocation, a large plan, the driver while it waits.

Limits: 0.1 s a case and 5 s for twenty of them, of which the launch is most; 2 s for a plan of ten
thousand cases; 1 % of a core for the driver while ranks measure.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

QYRAN = str(Path(sys.executable).parent / "qyran")
ROUNDS = 5
WATCHED_S = 10.0


def cases(number: int) -> dict[str, Any]:
    """A suite of trivial cases, two ranks each."""
    sizes = [1000 + i for i in range(number)]
    entry = {"kernel": "stream", "ranks": 2, "repetitions": 3, "sweep": {"n": sizes}}
    return {"schema": "qyran.suite/1", "cases": [entry]}


def seconds(folder: Path, *words: str) -> float:
    """Wall time of a command."""
    began = time.monotonic()
    subprocess.run([QYRAN, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def test_twenty_trivial_cases(tmp_path: Path, benchmark: Any) -> None:
    for number in (1, 20):
        (tmp_path / f"{number}.yaml").write_text(json.dumps(cases(number)))
    seconds(tmp_path, "run", "1.yaml")  # compiles, and proves the launcher
    pairs = [
        (seconds(tmp_path, "run", "1.yaml"), seconds(tmp_path, "run", "20.yaml"))
        for _ in range(ROUNDS)
    ]
    benchmark.extra_info["one case, s"] = statistics.median(one for one, _ in pairs)
    benchmark.extra_info["twenty cases, s"] = statistics.median(all_ for _, all_ in pairs)
    each = statistics.median((all_ - one) / 19 for one, all_ in pairs)
    benchmark.extra_info["each further case, s"] = each
    benchmark.pedantic(seconds, (tmp_path, "run", "20.yaml"), rounds=1)


def test_a_plan_of_ten_thousand_cases(tmp_path: Path, benchmark: Any) -> None:
    (tmp_path / "plan.yaml").write_text(json.dumps(cases(10_000)))
    times = [seconds(tmp_path, "plan", "plan.yaml") for _ in range(ROUNDS)]
    benchmark.extra_info["plan, s"] = statistics.median(times)
    benchmark.pedantic(seconds, (tmp_path, "plan", "plan.yaml", "--json"), rounds=1)


def test_the_driver_while_ranks_measure(tmp_path: Path, benchmark: Any) -> None:
    words = ["run", "stream", "--set", "n=20000000", "--repeat", "100", "--launches", "9"]
    with subprocess.Popen(
        [QYRAN, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if "measuring" in line)
        driver = psutil.Process(running.pid)
        before, began = driver.cpu_times(), time.monotonic()
        time.sleep(WATCHED_S)
        after, spent = driver.cpu_times(), time.monotonic() - began
        running.terminate()
        running.communicate()
    used = after.user + after.system - before.user - before.system
    benchmark.extra_info["of a core"] = used / spent
    benchmark.pedantic(lambda: None, rounds=1)
