"""In which order cases are launched: what is compared is measured in turns.

Without a comparison, all cases of one geometry come to their end before those of the next. With
one, a scaling series or somebody else's programs, launch 1 of every case comes before launch 2 of
any, every second round backwards, so that neither side always goes first and both see the same
weather.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from harness.plan.case import Case, Geometry


def stages(cases: Sequence[Case], *, in_turns: bool) -> list[list[Case]]:
    """Cases that are measured, judged and recorded together, in the order of the suite."""
    if in_turns:
        return [list(cases)]
    return list(by_geometry(cases).values())


def by_geometry(cases: Iterable[Case]) -> dict[Geometry, list[Case]]:
    """The cases of each geometry."""
    groups: dict[Geometry, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.geometry, []).append(case)
    return groups


def rounds(stage: Sequence[Case], *, in_turns: bool) -> list[list[Case]]:
    """Round after round, the cases that have a launch in it, in their order."""
    number = max(case.launches for case in stage)
    found = [[case for case in stage if case.launches > i] for i in range(number)]
    return [one[::-1] if in_turns and i % 2 else one for i, one in enumerate(found)]


def batches(cases: Sequence[Case], ready: Callable[[Case], bool]) -> list[list[Case]]:
    """The launches of a round: neighbours of one geometry share one, a program has its own.

    ready : false for cases that have failed before, which are left out.
    """
    made: list[list[Case]] = []
    for case in filter(ready, cases):
        if made and _shares(made[-1][-1], case):
            made[-1].append(case)
        else:
            made.append([case])
    return made


def _shares(one: Case, other: Case) -> bool:
    alone = one.is_program or other.is_program
    return one.geometry == other.geometry and not alone
