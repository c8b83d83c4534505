"""Scaling series of a run: as a document, from a record, and as a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import shown
from harness.outcome import Outcome
from harness.plan.case import Case, Geometry, Member
from harness.record import store
from harness.record.result import CaseResult
from harness.report import compose, terminal
from harness.report.document import CaseDoc, RunDoc
from harness.report.scaling import of_cases

SECONDS = {1: (4.0, 8.0, 4.0, 4.0, 4.0), 2: (2.0, 4.0, 2.5, 2.0, 2.0), 4: (2.0,) * 5}


def member(made: Any, ranks: int, *factors: float, kind: str = "strong") -> Case:
    """jacobi3d on so many ranks, in a series that begins with one of one rank."""
    case = made.case("jacobi3d", {"n": 16}, Geometry(1, ranks, 1), launches=5)
    base = made.case("jacobi3d", {"n": 16}, Geometry(1, 1, 1)).id
    scaling = tuple(Member(kind, base, one) for one in factors or (float(ranks),))
    made_case: Case = replace(case, scaling=scaling)
    return made_case


def measured(made: Any, ranks: int) -> CaseResult:
    launches = [[[seconds] * ranks] for seconds in SECONDS[ranks]]
    result: CaseResult = made.result(member(made, ranks), launches)
    return result


def documents(made: Any, *ranks: int) -> list[CaseDoc]:
    return [compose.of_case(measured(made, one)) for one in ranks]


def printed(shown: RunDoc) -> str:
    console = terminal.console()
    with console.capture() as said:
        console.print(terminal.run(shown))
    return said.get()


def test_members_beside_the_smallest_in_order(made: Any) -> None:
    found = of_cases(documents(made, 4, 1, 2))
    assert [(one.ranks, one.factor) for one in found] == [(1, 1.0), (2, 2.0), (4, 4.0)]
    base, two, four = found
    assert {one.base for one in found} == {base.case}
    assert (base.speedup, base.efficiency, base.n) == (1.0, 1.0, 5)
    assert two.speedup == pytest.approx(2.0)
    assert (two.low, two.high) == (pytest.approx(0.8), pytest.approx(1.0))
    assert four.efficiency == pytest.approx(0.5)
    assert (four.kernel, four.kind, four.metric) == ("jacobi3d", "strong", "update_rate")
    assert (two.n, two.level) == (5, 0.9375)


def test_a_member_without_a_result_says_why(made: Any) -> None:
    failed = compose.of_case(made.failed(member(made, 2), Outcome.TIMEOUT))
    base, two = of_cases([*documents(made, 1), failed])
    assert base.reason == ""
    assert (two.value, two.speedup, two.efficiency, two.low) == (None, None, None, None)
    assert two.reason.endswith("has no result: timeout")


def test_without_the_smallest_there_is_no_efficiency(made: Any) -> None:
    failed = compose.of_case(made.failed(member(made, 1)))
    _, two = of_cases([failed, *documents(made, 2)])
    assert two.value is not None
    assert two.efficiency is None
    assert two.reason.endswith("the smallest of its series, has no result")
    (alone,) = of_cases(documents(made, 2))
    assert alone.efficiency is None


def test_two_series_of_one_case(made: Any) -> None:
    both = made.result(
        replace(
            member(made, 1),
            scaling=(member(made, 1).scaling[0], member(made, 1, kind="weak").scaling[0]),
        )
    )
    found = of_cases([compose.of_case(both), *documents(made, 2)])
    assert [(one.kind, one.ranks) for one in found] == [
        ("strong", 1),
        ("strong", 2),
        ("weak", 1),
    ]


def test_the_record_gives_the_same_again(made: Any, tmp_path: Path) -> None:
    run = made.run(tmp_path)
    results = [measured(made, ranks) for ranks in (1, 2)]
    cases = (*(one.case for one in results), member(made, 4))
    store.create(run, cases)
    for one in results:
        store.add(run, one, compose.of_case(one).model_dump())
    found = shown.run(Path(run.path)).scaling
    assert found[:2] == of_cases([compose.of_case(one) for one in results])
    assert found[2].reason.endswith("has no result: skipped")


def test_a_person_sees_the_series(made: Any) -> None:
    shown = compose.of_run(made.run(Path("/r")), documents(made, 1, 2))
    lines = [line.split() for line in printed(shown).splitlines()]
    base = next(line for line in lines if line[:2] == ["jacobi3d", "strong"])
    assert base[2:5] == ["1", "1", "update_rate"]
    assert base[-3:] == ["1.000", "100", "%"]
    two = lines[lines.index(base) + 1]
    assert two[:3] == ["2", "2", "update_rate"]
    assert " ".join(two[-8:]) == "2.000 100 % 80.0 - 100.0 % (94%)"


def test_a_run_without_series_shows_none(made: Any) -> None:
    shown = compose.of_run(made.run(Path("/r")), [compose.of_case(made.result())])
    assert shown.scaling == []
    assert "speed-up" not in printed(shown)
