"""Where a submitted run stands: every kind of evidence, and transcripts of jobs' lives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.launch.contract import Report, State
from harness.launch.launchers import slurm
from harness.submit.state import FINAL, Evidence, Phase, gone, standing

NOW = 1.8e9
QUEUED = Report(State.QUEUED, "PENDING", "Resources")
RUNNING = Report(State.RUNNING, "RUNNING")
FAILED = Report(State.ENDED, "NODE_FAIL")
CANCELLED = Report(State.ENDED, "CANCELLED")
STRANGE = Report(State.UNKNOWN, "HIBERNATING")


def at(**known: Any) -> tuple[Phase, int | None]:
    found = standing(Evidence(now=NOW, **known))
    return found.phase, found.exit_code


@pytest.mark.parametrize(
    ("known", "phase", "code"),
    [
        ({"submitted": False}, Phase.HELD_BACK, None),
        ({"submitted": False, "cancelled": True}, Phase.CANCELLED, 130),
        ({}, Phase.QUEUED, None),
        ({"report": QUEUED}, Phase.QUEUED, None),
        ({"began": NOW}, Phase.RUNNING, None),
        ({"report": RUNNING}, Phase.RUNNING, None),
        # The marker is the truth, whatever else is said.
        *[
            ({"began": NOW, "status": code, "report": report}, Phase.ENDED, code)
            for code in range(6)
            for report in (None, QUEUED, RUNNING, FAILED, CANCELLED, STRANGE)
        ],
        ({"began": NOW, "status": 127}, Phase.ENDED, 3),
        ({"began": NOW, "status": 137}, Phase.ENDED, 3),
        ({"began": NOW, "status": 125}, Phase.ENDED, 3),
        ({"began": NOW, "status": 130}, Phase.ENDED, 130),
        ({"began": NOW, "status": 130, "cancelled": True}, Phase.CANCELLED, 130),
        ({"began": NOW, "status": 143, "report": CANCELLED}, Phase.CANCELLED, 130),
        ({"began": NOW, "status": 0, "cancelled": True}, Phase.ENDED, 0),
        # Interrupted and in the queue again: it was requeued.
        ({"began": NOW, "status": 130, "report": QUEUED}, Phase.QUEUED, None),
        ({"began": NOW, "status": 143, "report": RUNNING}, Phase.RUNNING, None),
        ({"began": NOW, "status": 130, "report": RUNNING, "cancelled": True}, Phase.CANCELLED, 130),
        # Gone without a marker: not at once.
        ({"began": NOW, "asked": True, "gone_since": NOW - 59}, Phase.RUNNING, None),
        ({"asked": True, "gone_since": NOW - 59}, Phase.QUEUED, None),
        ({"asked": True}, Phase.QUEUED, None),
        ({"began": NOW, "asked": True, "gone_since": NOW - 61}, Phase.LOST, 3),
        ({"asked": True, "gone_since": NOW - 61}, Phase.LOST, 3),
        ({"report": FAILED, "gone_since": NOW - 59}, Phase.QUEUED, None),
        ({"report": FAILED, "gone_since": NOW - 61}, Phase.LOST, 3),
        ({"report": CANCELLED, "gone_since": NOW - 61}, Phase.CANCELLED, 130),
        ({"report": CANCELLED, "gone_since": NOW - 1, "began": NOW}, Phase.RUNNING, None),
        ({"report": CANCELLED, "cancelled": True}, Phase.CANCELLED, 130),
        ({"asked": True, "cancelled": True}, Phase.CANCELLED, 130),
        ({"asked": True, "began": NOW, "cancelled": True}, Phase.RUNNING, None),
        # Nothing is heard, or a word that nobody knows: the folder and the clock remain.
        ({"report": STRANGE}, Phase.QUEUED, None),
        ({"report": STRANGE, "began": NOW}, Phase.RUNNING, None),
        ({"began": NOW - 1500, "limit_s": 900.0}, Phase.RUNNING, None),
        ({"began": NOW - 1600, "limit_s": 900.0}, Phase.LOST, 3),
        ({"began": NOW - 1600, "limit_s": 900.0, "report": STRANGE}, Phase.LOST, 3),
        ({"began": NOW - 9e9, "limit_s": None}, Phase.RUNNING, None),
        ({"began": NOW - 1600, "limit_s": 900.0, "report": RUNNING}, Phase.RUNNING, None),
        ({"limit_s": 900.0}, Phase.QUEUED, None),
    ],
)
def test_standing(known: dict[str, Any], phase: Phase, code: int | None) -> None:
    assert at(**known) == (phase, code)


def test_reasons() -> None:
    def reason(**known: Any) -> str:
        return standing(Evidence(now=NOW, **known)).reason

    assert reason(report=QUEUED) == "PENDING: Resources"
    assert reason(report=QUEUED, began=NOW).endswith("to be started again")
    assert "waiting for its end marker" in reason(report=FAILED)
    lost = reason(report=FAILED, began=NOW, gone_since=NOW - 99)
    assert lost == "NODE_FAIL, without an end marker; it began"
    assert reason(asked=True, gone_since=NOW - 99).startswith("gone from the queue, without")
    assert "'HIBERNATING' that is not known" in reason(report=STRANGE)
    assert "past its time limit" in reason(began=NOW - 1600, limit_s=900.0)
    assert "127: command not found; see job.out" in reason(began=NOW, status=127)
    assert "ended by signal 9" in reason(began=NOW, status=137)


reports = st.one_of(
    st.none(),
    st.builds(Report, st.sampled_from(list(State)), st.text(max_size=12), st.text(max_size=12)),
)
times = st.one_of(st.none(), st.floats(0, 2 * NOW))


@given(
    submitted=st.booleans(),
    began=times,
    status=st.one_of(st.none(), st.integers(0, 255)),
    cancelled=st.booleans(),
    report=reports,
    asked=st.booleans(),
    gone_since=times,
    limit_s=times,
)
def test_any_evidence_has_a_standing(**known: Any) -> None:
    """A final one has an exit code, no other has; and without a marker nothing is ever good."""
    found = standing(Evidence(now=NOW, **known))
    assert (found.phase in FINAL) is (found.exit_code is not None)
    if known["status"] is None:
        assert found.exit_code in (None, 3, 130)
        assert found.phase is not Phase.ENDED


# What squeue says of a job and what its folder holds, moment by moment: "|" ends the evidence of a
# moment. b: it began, an number: its marker.
LIVES = {
    "good": [
        ("PENDING", "", Phase.QUEUED),
        ("CONFIGURING", "", Phase.RUNNING),
        ("RUNNING", "b", Phase.RUNNING),
        ("COMPLETING", "b", Phase.RUNNING),
        ("COMPLETING", "b 0", Phase.ENDED),
        (None, "b 0", Phase.ENDED),
    ],
    "preempted, requeued, good": [
        ("RUNNING", "b", Phase.RUNNING),
        ("PREEMPTED", "b", Phase.RUNNING),
        ("COMPLETING", "b 130", Phase.RUNNING),
        ("PENDING", "b 130", Phase.QUEUED),
        ("RUNNING", "b", Phase.RUNNING),
        ("COMPLETED", "b 0", Phase.ENDED),
    ],
    "held after a requeue": [
        ("NODE_FAIL", "b", Phase.RUNNING),
        ("REQUEUED", "b", Phase.QUEUED),
        ("REQUEUE_HOLD", "b", Phase.QUEUED),
        ("SPECIAL_EXIT", "b", Phase.QUEUED),
    ],
    "suspended": [("SUSPENDED", "b", Phase.RUNNING), ("RUNNING", "b", Phase.RUNNING)],
    "deadline": [("PENDING", "", Phase.QUEUED), ("DEADLINE", "", Phase.LOST)],
    "out of memory": [("RUNNING", "b", Phase.RUNNING), ("OUT_OF_MEMORY", "b", Phase.LOST)],
    "out of memory, the shell survived": [("OUT_OF_MEMORY", "b 137", Phase.ENDED)],
    "time limit": [("RUNNING", "b", Phase.RUNNING), ("TIMEOUT", "b 130", Phase.ENDED)],
    "an outage, then a word of the future": [
        ("RUNNING", "b", Phase.RUNNING),
        ("", "b", Phase.RUNNING),
        ("TELEPORTING", "b", Phase.RUNNING),
        ("", "b 4", Phase.ENDED),
    ],
    "gone": [("RUNNING", "b", Phase.RUNNING), (None, "b", Phase.LOST)],
}


@pytest.mark.parametrize("name", LIVES)
def test_lives(name: str) -> None:
    """None: squeue does not know the job, "": it does not answer. The last moment is a late one."""
    life = LIVES[name]
    for i, (word, folder, phase) in enumerate(life):
        report = slurm.reports(f"17|{word}|None\n").get("17") if word else None
        marks = folder.split()
        away = gone(report, asked=word is None)
        known = Evidence(
            now=NOW,
            began=NOW if "b" in marks else None,
            status=next((int(one) for one in marks if one.isdigit()), None),
            report=report,
            asked=word is None,
            gone_since=(NOW - 61 if i == len(life) - 1 else NOW) if away else None,
        )
        assert standing(known).phase is phase, (word, folder)
