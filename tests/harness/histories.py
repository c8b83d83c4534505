"""Recorded histories as tests make them: real files, one run after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.judge import verdict
from harness.outcome import Outcome
from harness.plan.case import Case
from harness.record import recorded, store
from harness.record.result import Run
from harness.report import compose
from tests.harness.conftest import Made

DAY_S = 86400.0
BEGIN = 1.79e9
HARDWARE = "0123456789abcdef"


@dataclass
class Story:
    """Runs of one case, a day apart; `add` records the next one."""

    results: Path
    case: Case
    made: Made = field(default_factory=Made)
    cluster: str = "lab"
    count: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2))

    def add(self, slower: float = 1.0, launches: int = 1, **more: Any) -> str:
        """Record a run, so many times slower than 0.1 s a repetition; returns its id.

        more : outcome, confirms, software, hardware, commit, launch_times.
        """
        times = more.get("launch_times") or [
            slower * 0.1 * float(np.exp(0.01 * self.rng.standard_normal())) for _ in range(launches)
        ]
        run = self._run(more)
        store.create(run, (self.case,))
        result = self._result(times, run.started, more.get("outcome"))
        document = {
            **compose.of_case(result).model_dump(),
            **recorded.as_members(recorded.origin(run, 1)),
            "limits": {},
        }
        store.add(run, result, document)
        return run.id

    def level(self, runs: int, slower: float = 1.0, **more: Any) -> list[str]:
        """So many runs on a level."""
        return [self.add(slower, **more) for _ in range(runs)]

    def _result(self, times: Sequence[float], started: float, outcome: Outcome | None) -> Any:
        seconds = [[[one, one] for _ in range(3)] for one in times]
        raw = self.made.raw(self.case, seconds, started=started, ended=started + 9.0)
        if outcome is not None:
            raw = replace(raw, outcome=outcome, reason="a rank was killed by SIGKILL")
        return verdict.judged(raw, oversubscribe=False)

    def _run(self, more: dict[str, Any]) -> Run:
        started = BEGIN + DAY_S * self.count
        self.count += 1
        name = store.new_id("nightly", started)
        mpi = more.get("software", "5.0.7")
        return Run(
            id=name,
            path=str(self.results / self.cluster / name),
            cluster=self.cluster,
            suite="nightly",
            title="",
            command=("qyran", "run", "nightly"),
            started=started,
            environment={
                "hardware": {"cpu_model": "Testor 9000"},
                "software": {"git": {"commit": more.get("commit", "a" * 40), "dirty": False}},
                "fingerprint": {
                    "hardware": {"key": more.get("hardware", HARDWARE)},
                    "software": {
                        "key": f"software-{mpi}",
                        "text": f"mpi: Open MPI {mpi}\nnumpy: 2",
                    },
                },
            },
            confirms=more.get("confirms", ""),
        )


def story(results: Path, **case: Any) -> Story:
    """An empty story of `stream`."""
    made = Made()
    return Story(results, made.case(**case), made)


__all__ = ["BEGIN", "DAY_S", "HARDWARE", "Story", "story"]
