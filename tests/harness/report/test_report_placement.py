"""Where ranks ran, in a document and in a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.measure.placement import Place
from harness.plan.case import Geometry
from harness.report import compose, placement
from harness.report.document import PlacementDoc


def of(made: Any, *ranks: dict[str, Any]) -> PlacementDoc:
    places = tuple(made.place(i, **fields) for i, fields in enumerate(ranks))
    found = placement.of_places([places])
    assert found is not None
    return found


def line(made: Any, *ranks: dict[str, Any]) -> str:
    case = compose.skipped(made.case(), "")
    (one,) = placement.lines([case.model_copy(update={"placement": of(made, *ranks)})] * 2)
    return one


def host(name: str, *cpus: int) -> dict[str, Any]:
    return {"host": name, "cpus": cpus}


@pytest.mark.parametrize(
    ("ranks", "words"),
    [
        ([{}, {}], "ranks: 2 on node1 (CPUs 0; 1), bound to cores, Open MPI v5.0.11"),
        ([host("a", 0, 1)] * 2, "ranks: 2 on a (CPUs 0-1; 0-1), not bound, Open MPI v5.0.11"),
        (
            [host("a", 0), host("a", 1), host("b", 0), host("b", 1)],
            "ranks: 4 on a, b (CPUs 0; 1), bound to cores, Open MPI v5.0.11",
        ),
        (
            [host("a", 0), host("b", 2)],
            "ranks: 2 on a (CPUs 0); b (CPUs 2), bound to cores, Open MPI v5.0.11",
        ),
        (
            [host(f"n{i}", i) for i in range(6)],
            "ranks: 6 on n0 (CPUs 0); n1 (CPUs 1); n2 (CPUs 2); n3 (CPUs 3) and 2 other groups of "
            "nodes, bound to cores, Open MPI v5.0.11",
        ),
        (
            [host(f"n{i}", cpu) for i in range(9) for cpu in range(8)],
            "ranks: 72 on n0, n1, n2, ..., n8 (CPUs 0; 1; 2; ...; 7), bound to cores, "
            "Open MPI v5.0.11",
        ),
    ],
)
def test_line(made: Any, ranks: list[dict[str, Any]], words: str) -> None:
    assert line(made, *ranks) == words


def test_the_document_of_a_case_has_it(made: Any) -> None:
    shown = compose.of_case(made.result(made.case(geometry=Geometry(1, 2, 1))))
    assert shown.placement is not None
    assert shown.placement.groups[0].cpus == ["0", "1"]
    assert compose.skipped(made.case(), "").placement is None


def test_of_several_launches_it_is_the_last_that_began(made: Any) -> None:
    first: tuple[Place, ...] = (made.place(0),)
    second = (replace(first[0], host="other"),)
    found = placement.of_places([first, second, ()])
    assert found is not None
    assert found.groups[0].hosts == ["other"]
    assert placement.of_places([(), ()]) is None
