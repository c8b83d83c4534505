"""Kills the driver or a rank of a run with -9, at random moments, over and over.

`python tests/endtoend/killing.py 200` prints what was lost; `test_killing.py` runs a few rounds.
After each kill every file must be whole, `qyran show` must read the run, and `qyran resume` must
bring it to its end, measuring nothing twice but the case that was running.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent.parent
CASES = 4
LIMIT_S = 120.0


@dataclass
class Tally:
    """What all rounds together have shown."""

    killed: Counter[str] = field(default_factory=Counter)
    recorded: int = 0
    repeated: int = 0
    faults: list[str] = field(default_factory=list)


def suite(folder: Path) -> Path:
    """Two cases in one launch, then two in another: some are recorded while others are measured."""
    entry = {"kernel": "stream", "repetitions": 3}
    cases = [
        {**entry, "ranks": ranks, "parameters": {"n": 100_000 + tag}}
        for ranks in (1, 2)
        for tag in range(CASES // 2)
    ]
    path = folder / "kill.yaml"
    path.write_text(json.dumps({"schema": "qyran.suite/1", "cases": cases}))
    return path


class Rounds:
    """Runs that are killed, in a folder of their own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._folder = Path(tempfile.mkdtemp(prefix="qyran-kill-"))
        self._qyran = str(Path(sys.executable).parent / "qyran")
        self._suite = str(suite(self._folder))
        self.tally = Tally()
        self._whole_s = self._time_of_a_run()

    def close(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def round(self, number: int) -> None:
        """One run that is killed, looked at, and brought to its end."""
        results = self._folder / f"results-{number}"
        running = self._start("run", self._suite, results)
        time.sleep(self._random.uniform(0.0, self._whole_s))
        hit_a_rank = self._kill(running, results)
        _, err = running.communicate(timeout=LIMIT_S)
        self._expect(number, "Traceback" not in err, f"the driver said {err[-500:]}")
        self._until(number, lambda: not self._left(results), "processes are left 5 s later", 5.0)
        self._look(number, results, may_fail=1 if hit_a_rank else 0)
        shutil.rmtree(results, ignore_errors=True)

    def _look(self, number: int, results: Path, may_fail: int) -> None:
        """Everything that was recorded can be read, and the rest can be measured.

        may_fail : cases that may have been ended by the kill, which is an outcome.
        """
        if not list(results.glob("*/*/run.yaml")):
            return
        before = self._files(results)
        self._expect(number, self._call("show", results).returncode == 0, "show fails")
        done = self._call("resume", results)
        said = f"resume ends with {done.returncode}: {done.stderr[-800:]}"
        self._expect(number, done.returncode in ((0, 3) if may_fail else (0,)), said)
        after = self._files(results)
        kept = all(after.get(name) == content for name, content in before.items())
        self._expect(number, kept, "a finished file was changed")
        with suppress(ValueError):
            cases = json.loads(done.stdout)["cases"]
            ended = [one["outcome"] for one in cases]
            good = len(cases) == CASES and ended.count("pass") >= CASES - may_fail
            self._expect(number, good, f"outcomes {ended}")
        self.tally.recorded += len(before)
        self.tally.repeated += len(after) - len(before)
        self._expect(number, not list(results.glob("*/*/launch-*")), "journals are left")
        self._expect(number, not list(results.glob("*/*/.*")), "temporary files are left")

    def _kill(self, running: subprocess.Popen[str], results: Path) -> bool:
        """Kill the driver, or mpirun or a rank if there are any and the coin says so: then True."""
        ranks = [one for one in self._left(results) if one.pid != running.pid]
        victim = self._random.choice(ranks).pid if ranks and self._random.random() < 0.5 else None
        if running.poll() is not None:
            self.tally.killed["too late"] += 1
            return False
        self.tally.killed["rank or mpirun" if victim else "driver"] += 1
        with suppress(ProcessLookupError):
            os.kill(victim or running.pid, signal.SIGKILL)
        return victim is not None

    def _left(self, results: Path) -> list[psutil.Process]:
        found = []
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                mine = any(str(results) in word for word in one.cmdline())
                if mine and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found

    def _time_of_a_run(self) -> float:
        results = self._folder / "first"
        self._start("run", self._suite, results).communicate(timeout=LIMIT_S)
        shutil.rmtree(results)
        began = time.monotonic()
        self._start("run", self._suite, results).communicate(timeout=LIMIT_S)
        return time.monotonic() - began

    def _start(self, command: str, what: str, results: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._qyran, command, what, "--json", "--results", str(results)],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _call(self, command: str, results: Path) -> subprocess.CompletedProcess[Any]:
        running = self._start(command, "last", results)
        out, err = running.communicate(timeout=LIMIT_S)
        return subprocess.CompletedProcess([command], running.returncode, out, err)

    def _until(self, number: int, true: Callable[[], bool], what: str, limit_s: float) -> None:
        end = time.monotonic() + limit_s
        while time.monotonic() < end and not true():
            time.sleep(0.05)
        self._expect(number, true(), what)

    def _expect(self, number: int, good: bool, what: str) -> None:
        if not good:
            self.tally.faults.append(f"round {number}: {what}")

    @staticmethod
    def _files(results: Path) -> dict[str, bytes]:
        return {one.name: one.read_bytes() for one in results.glob("*/*/*.h5")}


def main() -> None:
    """So many rounds; exit 1 if one of them lost more than the running case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rounds = Rounds(arguments.seed)
    try:
        for number in range(arguments.rounds):
            rounds.round(number)
    finally:
        rounds.close()
    tally = rounds.tally
    print(f"{arguments.rounds} rounds, killed: {dict(tally.killed)}")
    print(f"{tally.recorded} files were there after the kill, {tally.repeated} came by resume")
    print("\n".join(tally.faults) or "nothing was lost but the running case, no file is damaged")
    sys.exit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
