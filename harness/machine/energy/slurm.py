"""Energy of the steps of a Slurm job, by its accounting: ConsumedEnergyRaw of sacct(1), in joules.

A step is all that a launch does: start, set-up, repetitions and verification. Slurm writes 0, or
nothing, where no plug-in of AcctGatherEnergyType reads energy: that is not known, and not zero.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.machine.tree import Unavailable

_TIMEOUT_S: Final = 10.0
_FIELDS: Final = "JobID,ConsumedEnergyRaw,ElapsedRaw"


@dataclass(frozen=True)
class Step:
    """What the accounting says of a step. joules : None where it was not read."""

    joules: float | None
    elapsed_s: float


class Accounting:
    """The steps of the job that this process is in, if it is in one.

    active : whether the accounting is asked; what fails once is not asked again.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._job = environ.get("SLURM_JOB_ID", "")
        self._why = ""
        self._known: set[str] = set()
        self.active = bool(self._job)

    def begin(self) -> None:
        """Remember which steps there are, before a launch."""
        if self.active and not self._why:
            try:
                self._known = set(steps(self._job))
            except Unavailable as why:
                self._why = str(why)

    def end(self) -> dict[str, Any] | None:
        """What the steps since `begin` used, JSON-ready: joules, elapsed_s, unknown; None outside.

        Joules are None, with the reason, where one of them was not read.
        """
        if not self.active:
            return None
        try:
            new = self._new()
        except Unavailable as why:
            self._why = str(why)
        if self._why:
            return {"joules": None, "elapsed_s": None, "unknown": self._why}
        read = [one.joules for one in new if one.joules is not None]
        whole = bool(new) and len(read) == len(new)
        return {
            "joules": sum(read) if whole else None,
            "elapsed_s": max((one.elapsed_s for one in new), default=None),
            "unknown": "" if whole else "sacct knows no energy of the steps of this launch",
        }

    def _new(self) -> list[Step]:
        if self._why:
            return []
        found = steps(self._job)
        return [step for name, step in found.items() if name not in self._known]


def steps(job: str) -> dict[str, Step]:
    """The steps of a job by their number; batch and extern, which hold the others, are left out.

    Unavailable if there is no accounting.
    """
    words = ["sacct", "--noheader", "--parsable2", f"--jobs={job}", f"--format={_FIELDS}"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and the number of a job
            words, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except FileNotFoundError:
        raise Unavailable("slurm: sacct is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"slurm: sacct did not answer within {_TIMEOUT_S:g} s") from None
    if done.returncode:
        reason = (done.stderr.strip() or "it gave no reason").splitlines()[0]
        raise Unavailable(f"slurm: sacct: {reason}")
    return parsed(done.stdout)


def parsed(text: str) -> dict[str, Step]:
    """``123.0|4711|62`` a line."""
    found = {}
    for line in text.splitlines():
        name, energy, elapsed = (*line.split("|"), "", "")[:3]
        if name.rpartition(".")[2].isdecimal() and "." in name:
            joules = int(energy) if energy.isdecimal() else 0
            seconds = float(elapsed) if elapsed.isdecimal() else 0.0
            found[name] = Step(float(joules) if joules > 0 else None, seconds)
    return found
