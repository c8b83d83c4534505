"""Where a submitted run stands, from what is known of it: a pure function.

The truth is the end marker in its folder. What the batch system says is a hint: it decides how
long to wait for the marker, and never that a run was good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.launch.contract import Report, State
from harness.outcome import EXIT_CODES, GOOD, INTERRUPTED, NOT_MEASURED

# Of the table, other statuses are those of a shell or of a signal.
_KNOWN: Final = {GOOD, INTERRUPTED, 2, *EXIT_CODES.values()}
SIGNALLED: Final = 128
"""From this exit status on, a signal ended a job, or the user: it may be started again."""
# How long after its time limit a job of which nobody hears anything is given up, s.
_PATIENCE_S: Final = 600.0


class Phase(StrEnum):
    """Where a submitted run stands."""

    HELD_BACK = "held back"
    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"
    LOST = "lost"


FINAL: Final = frozenset({Phase.ENDED, Phase.CANCELLED, Phase.LOST})


@dataclass(frozen=True)
class Evidence:
    """What is known of a submitted run; times in s since 1970.

    submitted : whether it was given to the batch system. began : when its script started, None: it
    did not. status : the exit status of its end marker. cancelled : by `qyran cancel`. report :
    what the batch system says; asked : it answered, so that a job without a report is gone from it.
    gone_since : when it was first found gone or in a final state. limit_s : the job's time limit.
    """

    now: float
    submitted: bool = True
    began: float | None = None
    status: int | None = None
    cancelled: bool = False
    report: Report | None = None
    asked: bool = False
    gone_since: float | None = None
    grace_s: float = 60.0
    limit_s: float | None = None


@dataclass(frozen=True)
class Standing:
    """Where it stands. exit_code : of a final phase; reason : what there is to say about it."""

    phase: Phase
    exit_code: int | None = None
    reason: str = ""


def gone(report: Report | None, *, asked: bool) -> bool:
    """Whether the batch system will do nothing more for a job."""
    return asked if report is None else report.state is State.ENDED


def standing(known: Evidence) -> Standing:
    """Where a run stands."""
    if not known.submitted and known.began is None:
        return _cancelled("") if known.cancelled else Standing(Phase.HELD_BACK)
    if known.status is not None and not _starts_again(known):
        return _ended(known, known.status)
    if known.report is not None and known.report.state in (State.QUEUED, State.RUNNING):
        return _alive(known, known.report)
    if gone(known.report, asked=known.asked):
        return _gone(known)
    return _unheard(known)


def _starts_again(known: Evidence) -> bool:
    """A job that was interrupted and is in the queue will be started anew."""
    interrupted = known.status is not None and known.status >= SIGNALLED
    alive = known.report is not None and known.report.state in (State.QUEUED, State.RUNNING)
    return interrupted and alive and not known.cancelled


def _ended(known: Evidence, status: int) -> Standing:
    if status >= SIGNALLED and (known.cancelled or _word(known).startswith("CANCELLED")):
        return _cancelled("")
    if status in _KNOWN:
        return Standing(Phase.ENDED, status)
    hint = {126: ": no program", 127: ": command not found"}.get(status, "")
    if status > SIGNALLED:
        hint = f": ended by signal {status - SIGNALLED}"
    return Standing(
        Phase.ENDED, NOT_MEASURED, f"the job ended with exit status {status}{hint}; see job.out"
    )


def _cancelled(reason: str) -> Standing:
    return Standing(Phase.CANCELLED, INTERRUPTED, reason)


def _alive(known: Evidence, report: Report) -> Standing:
    said = f"{report.word}: {report.reason}" if report.reason else report.word
    if report.state is State.RUNNING:
        return Standing(Phase.RUNNING, reason=said)
    again = ", to be started again" if known.began is not None else ""
    return Standing(Phase.QUEUED, reason=f"{said}{again}")


def _gone(known: Evidence) -> Standing:
    """Its marker may be on its way: a shared folder shows it a while later."""
    said = _said(known.report)
    never_began = known.began is None
    if known.cancelled and never_began:
        return _cancelled(said)
    missing_s = known.now - (known.now if known.gone_since is None else known.gone_since)
    if missing_s < known.grace_s:
        phase = Phase.QUEUED if never_began else Phase.RUNNING
        return Standing(phase, reason=f"{said}; waiting for its end marker")
    if known.cancelled or _word(known).startswith("CANCELLED"):
        return _cancelled(said)
    began = "it never began" if never_began else "it began"
    return Standing(Phase.LOST, NOT_MEASURED, f"{said}, without an end marker; {began}")


def _unheard(known: Evidence) -> Standing:
    """The batch system says nothing, or a word nobody knows: the folder and the clock remain."""
    said = f"in a state {_word(known)!r} that is not known" if known.report else ""
    if known.began is None:
        return Standing(Phase.QUEUED, reason=said)
    if known.limit_s is not None:
        late_s = known.now - known.began - known.limit_s
        if late_s > known.grace_s + _PATIENCE_S:
            words = f"{late_s:.0f} s past its time limit without an end marker"
            return Standing(Phase.LOST, NOT_MEASURED, words)
    return Standing(Phase.RUNNING, reason=said)


def _word(known: Evidence) -> str:
    return known.report.word if known.report else ""


def _said(report: Report | None) -> str:
    if report is None:
        return "gone from the queue"
    return f"{report.word} ({report.reason})" if report.reason else report.word
