"""Wrong answers on their way from the ranks to the outcome of a case."""

from __future__ import annotations

from typing import Any

import pytest

from harness import assemble
from harness.judge.verdict import judged
from harness.measure import evidence
from harness.measure.driver import Ending
from harness.measure.evidence import Evidence
from harness.measure.observation import Observation
from harness.outcome import Outcome
from kernels.contract import Check

FOUND = Evidence(1, "node7", "CPU 12: dgemm, repetition 41: 1 bit differs")
LINE = "rank 1 on node7, CPU 12: dgemm, repetition 41: 1 bit differs"


def observed(*events: dict[str, Any]) -> Observation:
    seen = Observation("c")
    for one in events:
        seen.take(one)
    return seen


def test_what_ranks_tell_gets_rank_and_host() -> None:
    told = evidence.gathered([(), (FOUND.what,), ()], ["node6", "node7", "node8"])
    assert evidence.of_event({"event": "sample", "wrong": told}) == [FOUND]
    assert str(FOUND) == LINE
    assert evidence.of_event({"event": "sample"}) == []


@pytest.mark.parametrize("event", ["warm-up", "verified"])
def test_any_event_may_bring_it(event: str) -> None:
    facts = {"seconds": [[1.0]], "what": "words", "error": 1.0, "tolerance": 0.0}
    told = evidence.gathered([(), (FOUND.what,)], ["node6", "node7"])
    assert observed({"event": event, **facts, "wrong": told}).wrong == [FOUND]


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (None, LINE),
        (Ending(Outcome.KILLED, "a rank was killed"), f"{LINE}; then: a rank was killed"),
        (
            Ending(Outcome.INFRA, "a node was lost", transient=True),
            f"{LINE}; then: a node was lost",
        ),
    ],
)
def test_a_wrong_answer_stays_one_however_the_ranks_end(
    made: Any, ending: Ending | None, reason: str
) -> None:
    seen = Observation("c", wrong=[FOUND], check=Check("words", 1.0, 0.0))
    found = judged(assemble.result(made.case(), [seen], ending), oversubscribe=False)
    assert (found.outcome, found.reason) == (Outcome.WRONG, reason)
    assert found.metrics == {}
    assert found.wrong == (FOUND,)


def test_the_others_are_counted() -> None:
    assert evidence.reason([FOUND] * 3) == f"{LINE} (and 2 more)"
