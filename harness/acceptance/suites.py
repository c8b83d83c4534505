"""What a stage measures: its suite of jobs/, planned once, so that all nodes measure the same.

Sizes chosen by `auto` follow the free memory of the node that plans. Planned by each node for
itself they would differ between equal nodes, and so would the numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from harness.config import files
from harness.errors import ConfigError
from harness.plan.case import Case
from harness.prepare import Prepared, Request, prepare
from harness.record.write_once import write_once

QUICK: Final = "-quick"
"""What the name of a suite ends with that takes seconds, not minutes."""
LONGEST_S: Final = 60.0
_LESS: Final = 0.75
_STEPS: Final = 60
SCHEMA: Final = "qyran.suite/1"
ORDER: Final = ("node", "burnin", "pairs", "all")


def name(stage: str, *, quick: bool) -> str:
    """The suite of a stage: ``accept-node``; for ``--quick`` that of seconds, if there is one.

    Raises ConfigError if there is none.
    """
    known = files.suites()
    asked = f"accept-{stage}"
    for one in ([f"{asked}{QUICK}"] if quick else []) + [asked]:
        if one in known:
            return one
    raise ConfigError(
        "--stages",
        f"stage {stage!r} has no suite: jobs/{asked}.yaml",
        known=", ".join(sorted(each for each in known if each.startswith("accept-"))),
        fix="leave the stage out, or write the suite",
    )


def stages() -> tuple[str, ...]:
    """The stages that have a suite."""
    known = files.suites()
    return tuple(one for one in ORDER if f"accept-{one}" in known)


def planned(request: Request, nodes: int, longest_s: float = LONGEST_S) -> Prepared:
    """The cases of a suite on so many nodes, checked; what is not given is filled in.

    A size chosen by `auto` is the largest with which its case is expected to take ``longest_s`` at
    most: an acceptance takes minutes of each node, not the hours of an HPL that fills its memory.
    """
    changes = replace(request.overrides, nodes=(nodes,))
    asked = replace(request, overrides=changes)
    prepared = prepare(asked)
    cases = list(prepared.cases)
    free_B = prepared.resources.memory_B
    for _ in range(_STEPS):
        long = [i for i, one in enumerate(cases) if _is_long(one, longest_s)]
        free_B = int(_LESS * free_B)
        if not long:
            break
        try:
            smaller = prepare(replace(asked, free_B=free_B)).cases
        except ConfigError:  # the least that another case needs
            break
        for i in long:
            cases[i] = smaller[i]
    return replace(prepared, cases=tuple(cases))


def _is_long(case: Case, longest_s: float) -> bool:
    return bool(case.fitted) and case.estimated_s * case.launches > longest_s


def write(path: Path, title: str, cases: Sequence[Case]) -> None:
    """A suite of exactly these cases; one that is there was written by the same acceptance."""
    content = {"schema": SCHEMA, "title": title, "cases": [_entry(one) for one in cases]}
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, yaml.safe_dump(content, sort_keys=False).encode())


def _entry(case: Case) -> dict[str, Any]:
    made: dict[str, Any] = {
        "kernel": case.kernel,
        "parameters": dict(case.parameters),
        "nodes": case.geometry.nodes,
        "ranks": case.geometry.ranks,
        "threads": case.geometry.threads,
        "launches": case.launches,
        "budget": f"{case.budget_s:g} s",
    }
    if case.repetitions is not None:
        made["repetitions"] = case.repetitions
    return made


def of_kernels(cases: Sequence[Case], kernels: Collection[str]) -> list[Case]:
    """The cases of these kernels; all of them if none is named."""
    return [one for one in cases if one.kernel in kernels] or list(cases)
