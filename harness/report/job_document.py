"""The documents of the commands for submitted runs: submit, status, wait, cancel and collect."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc, RunDoc

State = Literal["held back", "queued", "running", "ended", "cancelled", "lost"]


class JobDoc(Doc):
    """A submitted run.

    submission : id that the runs of one `qyran submit` share; job : id of the batch system, "" for
    one that is held back; exit_code : null until the state is final; reason : what there is to say
    about the state; recorded : of its ``cases``; time_limit in s, submitted in s since 1970.
    """

    run: str
    path: str
    cluster: str
    partition: str
    suite: str
    submission: str
    scheduler: str
    job: str
    state: State
    exit_code: int | None
    reason: str
    nodes: int
    ranks_per_node: int
    threads: int
    hosts: list[str]
    time_limit: float | None
    submitted: float | None
    cases: int
    recorded: int


class SubmitDoc(Doc):
    """What `qyran submit` prints; ``scripts`` are those of a dry run, which has no jobs."""

    schema_id: Literal["qyran.submit/1"] = Field("qyran.submit/1", alias="schema")
    submission: str
    dry_run: bool
    scripts: list[str]
    jobs: list[JobDoc]
    notes: list[str]


class JobsDoc(Doc):
    """What `qyran status`, `qyran wait --json` and `qyran cancel` print.

    exit_code : the worst of all runs, null while one of them goes on.
    """

    schema_id: Literal["qyran.jobs/1"] = Field("qyran.jobs/1", alias="schema")
    exit_code: int | None
    jobs: list[JobDoc]
    notes: list[str]


class CollectDoc(Doc):
    """What `qyran collect` prints: the runs, as `qyran show` does, and the worst exit code."""

    schema_id: Literal["qyran.collect/1"] = Field("qyran.collect/1", alias="schema")
    outcome: str
    exit_code: int
    jobs: list[JobDoc]
    runs: list[RunDoc]
    notes: list[str]
