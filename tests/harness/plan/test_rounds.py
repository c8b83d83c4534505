"""The order of launches: with and without somebody else's programs and comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from harness.plan import rounds
from harness.plan.case import Case, Geometry


@pytest.fixture
def cases(made: Any) -> dict[str, Case]:
    grid = {"n": 500, "p": 1, "q": 2}
    return {
        "hpl": made.case("hpl", grid, launches=3),
        "hpcc": made.case("hpcc", grid, launches=3),
        "dgemm": made.case("dgemm", {"n": 50}, launches=3),
        "stream": made.case("stream", {"n": 50}, launches=2),
        "xhpl": made.case("xhpl", grid, launches=1),
        "other": made.case("dgemm", {"n": 50}, geometry=Geometry(1, 1, 2), launches=3),
    }


def order(cases: list[Case], *, in_turns: bool) -> list[list[list[str]]]:
    """[stage][launch][case] by kernel and threads."""
    return [
        [
            [f"{one.kernel}{one.geometry.threads}" for one in batch]
            for members in rounds.rounds(stage, in_turns=in_turns)
            for batch in rounds.batches(members, lambda _: True)
        ]
        for stage in rounds.stages(cases, in_turns=in_turns)
    ]


def test_without_a_comparison_one_geometry_after_the_other(cases: dict[str, Case]) -> None:
    mine = [cases[name] for name in ("dgemm", "other", "stream")]
    assert order(mine, in_turns=False) == [
        [["dgemm1", "stream1"], ["dgemm1", "stream1"], ["dgemm1"]],
        [["dgemm2"], ["dgemm2"], ["dgemm2"]],
    ]


def test_in_turns_every_second_round_is_backwards(cases: dict[str, Case]) -> None:
    mine = [cases[name] for name in ("hpl", "hpcc", "dgemm", "stream", "xhpl")]
    assert order(mine, in_turns=True) == [
        [
            ["hpl1"], ["hpcc1"], ["dgemm1", "stream1"], ["xhpl1"],
            ["stream1", "dgemm1"], ["hpcc1"], ["hpl1"],
            ["hpl1"], ["hpcc1"], ["dgemm1"],
        ]
    ]  # fmt: skip


def test_a_program_shares_no_launch_and_a_geometry_neither(cases: dict[str, Case]) -> None:
    mine = [cases[name] for name in ("hpcc", "xhpl", "dgemm", "other")]
    assert order(mine, in_turns=True)[0][:4] == [["hpcc1"], ["xhpl1"], ["dgemm1"], ["dgemm2"]]


def test_cases_that_failed_are_left_out_and_their_neighbours_join(cases: dict[str, Case]) -> None:
    mine = [cases[name] for name in ("hpl", "hpcc", "dgemm")]
    (left,) = rounds.batches(mine, lambda case: case.kernel != "hpcc")
    assert [one.kernel for one in left] == ["hpl", "dgemm"]
    assert rounds.batches(mine, lambda _: False) == []
