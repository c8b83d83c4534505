"""From what the launches of a case observed to its raw result, before anything is judged."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

from harness.measure import evidence
from harness.measure.driver import Ending
from harness.measure.evidence import Evidence
from harness.measure.observation import Observation
from harness.outcome import Outcome
from harness.plan.case import Case
from harness.record.result import CaseResult, Energy, Nested, Samples, Splits, Timeline, Times
from kernels.contract import Check


def result(case: Case, seen: Sequence[Observation], ending: Ending | None) -> CaseResult:
    """The raw result of a case. seen : one observation a launch; ending : how it failed, if so."""
    wrong = tuple(found for one in seen for found in one.wrong)
    return CaseResult(
        case=case,
        outcome=_outcome(wrong, ending),
        reason=_reason(wrong, ending),
        check=_worst_check(seen),
        wrong=wrong,
        samples=_samples(case, seen),
        parts=_nested([one.parts for one in seen]),
        splits=_splits([one.splits for one in seen]),
        series=_nested([one.series for one in seen]),
        timeline=_timeline(case, seen),
        calls=_nested([one.calls for one in seen]),
        times=_times(seen),
        stopped=tuple(one.stopped for one in seen if one.stopped),
        places=tuple(one.places for one in seen),
        mpi_settings=tuple(one.mpi_settings for one in seen),
        hosts=tuple(one.hosts for one in seen),
        peak_memory_B=tuple(one.peak_memory_B for one in seen if one.peak_memory_B),
        energy=_energy(case, seen),
        started=min((one.began for one in seen if one.began), default=time.time()),
        ended=max((one.ended for one in seen if one.ended), default=time.time()),
    )


def _outcome(wrong: Sequence[Evidence], ending: Ending | None) -> Outcome:
    """A wrong answer stays one, whatever ended the ranks that had found it."""
    if wrong:
        return Outcome.WRONG
    return ending.outcome if ending else Outcome.PASS


def _reason(wrong: Sequence[Evidence], ending: Ending | None) -> str:
    said = ending.reason if ending else ""
    return evidence.reason(wrong, then=said) if wrong else said


def _samples(case: Case, seen: Sequence[Observation]) -> dict[str, Samples]:
    """The samples of all launches, phase by phase; none if no repetition was finished."""
    if not any(one.samples for one in seen):
        return {}
    names = [phase.name for phase in case.instance().phases()]
    return {name: _of_phase(i, seen) for i, name in enumerate(names)}


def _of_phase(i: int, seen: Sequence[Observation]) -> Samples:
    return Samples(
        seconds=tuple(tuple(tuple(one[i]) for one in launch.samples) for launch in seen),
        warm_up=tuple(tuple(launch.warm_up[i]) for launch in seen if launch.warm_up),
    )


def _nested(launches: Sequence[Sequence[Mapping[str, Sequence[float]]]]) -> dict[str, Nested]:
    """What was told [launch][repetition]{name: numbers}, name by name; () where it was not."""
    names = dict.fromkeys(name for launch in launches for one in launch for name in one)
    return {
        name: tuple(tuple(tuple(one.get(name, ())) for one in launch) for launch in launches)
        for name in names
    }


def _splits(
    launches: Sequence[Sequence[Mapping[str, Sequence[Sequence[float]]]]],
) -> dict[str, Splits]:
    """[launch][repetition]{part: [rank][step]}, part by part; () where it was not told."""
    names = dict.fromkeys(name for launch in launches for one in launch for name in one)
    return {
        name: tuple(
            tuple(tuple(tuple(rank) for rank in one.get(name, ())) for one in launch)
            for launch in launches
        )
        for name in names
    }


def _timeline(case: Case, seen: Sequence[Observation]) -> Timeline | None:
    """That of the repetition with the median time, the lower one of two: it stands for the case.

    One repetition and not a mean of all, so that its intervals add up to the times that are kept.
    """
    phase = [one.name for one in case.instance().phases()].index(case.instance().primary)
    told = sorted(
        (max(seconds[phase]), i, k)
        for i, launch in enumerate(seen)
        for k, (seconds, found) in enumerate(zip(launch.samples, launch.timelines, strict=True))
        if found
    )
    if not told:
        return None
    _, launch, repetition = told[(len(told) - 1) // 2]
    found = seen[launch].timelines[repetition]
    return Timeline(
        launch=launch,
        repetition=repetition,
        done=tuple(found["done"]),
        seconds=tuple(found["seconds"]),
        mean={part: tuple(of) for part, of in found["mean"].items()},
        maximum={part: tuple(of) for part, of in found["maximum"].items()},
    )


def _worst_check(seen: Sequence[Observation]) -> Check | None:
    """The check of the launch that failed, or came nearest to failing."""
    checks = [one.check for one in seen if one.check is not None]
    failed = [one for one in checks if not one.passed]
    return max(failed or checks, key=lambda one: one.error, default=None)


def _times(seen: Sequence[Observation]) -> Times:
    return Times(
        compile_s=tuple(one.compile_s for one in seen if one.compile_s is not None),
        setup_s=tuple(one.setup_s for one in seen if one.setup_s is not None),
        verify_s=tuple(one.verify_s for one in seen if one.verify_s is not None),
    )


def _energy(case: Case, seen: Sequence[Observation]) -> Energy:
    """Of the launches that were read; nothing of a phase that none of them has."""
    nodes = tuple(tuple(one.energy_nodes) for one in seen)
    accounted = tuple(one.accounted for one in seen if one.accounted is not None)
    if not any(told for one in seen for told in one.energy):
        return Energy(nodes, accounted=accounted)
    names = [phase.name for phase in case.instance().phases()]
    read = [[told for told in one.energy if told] for one in seen]
    return Energy(
        nodes,
        accounted=accounted,
        joules={
            name: tuple(tuple(_known(told["J"][i]) for told in launch) for launch in read)
            for i, name in enumerate(names)
        },
        window_s={
            name: tuple(tuple(told["window_s"][i] for told in launch) for launch in read)
            for i, name in enumerate(names)
        },
    )


def _known(joules: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(math.nan if one is None else one for one in joules)
