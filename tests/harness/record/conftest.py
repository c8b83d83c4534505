"""What the tests of the record share: an index for each test, and runs that are quickly made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome
from harness.record import recorded, store
from harness.record.result import CaseResult, Run
from harness.report import compose


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test meets the index of another."""
    folder: Path = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def put(run: Run, result: CaseResult, planned: int) -> CaseResult:
    """Record a case as a run does."""
    origin = recorded.as_members(recorded.origin(run, planned))
    return store.add(run, result, {**compose.of_case(result).model_dump(), **origin})


@pytest.fixture
def begin(made: Any) -> Callable[..., Run]:
    """Begins a run: ``begin(results, name, cases=2, cluster="laptop", recorded=2)``."""

    def begun(
        results: Path, name: str, *, cases: int = 1, cluster: str = "laptop", recorded: int = -1,
        outcome: Outcome | None = None, **fields: Any,
    ) -> Run:  # fmt: skip
        run: Run = replace(
            made.run(results, cluster=cluster),
            id=name,
            path=str(results / cluster / name),
            started=store.time_of(name),
            **fields,
        )
        planned = tuple(made.case(given={"n": 4096 + i}) for i in range(cases))
        store.create(run, planned)
        for case in planned[: cases if recorded < 0 else recorded]:
            result = made.failed(case, outcome) if outcome else made.result(case)
            put(run, replace(result, started=run.started, ended=run.started + 1.0), cases)
        return run

    return begun
