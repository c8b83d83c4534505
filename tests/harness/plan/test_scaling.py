"""Scaling series: which members they have, with which parameters, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.config import suite as suites
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.plan.case import Case, Geometry, Member, from_dict
from harness.plan.expand import Overrides
from harness.plan.resolve import plan
from harness.plan.resources import Resources

GIB = 2**30
NODE = Resources(
    nodes=4,
    cores=8,
    memory_B=16 * GIB,
    llc_B=32 * 2**20,
    flop_rate=None,
    bandwidth=None,
    source="c.yaml: here",
    here=False,
)


def series(text: str, resources: Resources = NODE, **overrides: Any) -> list[Case]:
    document = parse("cases:\n" + text, "s.yaml")
    suite = validated(suites.Suite, document, suites.SCHEMA)
    return list(plan(suite, document, Overrides(**overrides), resources))


def refused(text: str, **overrides: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        series(text, **overrides)
    return caught.value


JACOBI = "  - kernel: jacobi3d\n    scaling: {kind}\n    ranks: [1, 2, 4]\n"


def jacobi(kind: str) -> str:
    return JACOBI.replace("{kind}", kind)


def test_strong_scaling_has_the_parameters_of_the_smallest_everywhere() -> None:
    found = series(jacobi("strong"))
    assert [one.geometry for one in found] == [Geometry(1, r, 1) for r in (1, 2, 4)]
    assert [one.parameters for one in found] == [found[0].parameters] * 3
    assert [one.fitted for one in found] == [found[0].fitted] * 3
    assert "n" in found[0].fitted
    assert [one.scaling for one in found] == [
        (Member("strong", found[0].id, factor),) for factor in (1.0, 2.0, 4.0)
    ]


def test_the_smallest_need_not_come_first() -> None:
    found = series(jacobi("strong").replace("[1, 2, 4]", "[4, 2]"))
    assert [one.geometry.ranks for one in found] == [4, 2]
    assert [one.scaling[0] for one in found] == [
        Member("strong", found[1].id, 2.0),
        Member("strong", found[1].id, 1.0),
    ]


def test_a_series_of_a_command() -> None:
    found = series(
        "  - kernel: jacobi3d\n", scaling="strong", ranks=(2, 3), set={"n": "64"}, launches=2
    )
    assert [one.scaling[0].factor for one in found] == [1.0, 1.5]
    assert {one.launches for one in found} == {2}


def test_a_grid_of_ranks_is_chosen_anew_and_the_size_stays() -> None:
    found = series("  - kernel: hpl\n", scaling="strong", ranks=(1, 4))
    assert len({one.parameters["n"] for one in found}) == 1
    assert [(one.parameters["p"], one.parameters["q"]) for one in found] == [(1, 1), (2, 2)]
    assert found[1].fitted == found[0].fitted


def test_a_grid_that_was_given_must_fit() -> None:
    given = {"n": "100", "p": "1", "q": "1"}
    error = refused("  - kernel: hpl\n", scaling="strong", ranks=(1, 2), set=given)
    assert error.where == "--set p"
    assert "p x q must be 2" in error.known


@pytest.mark.parametrize("kernel", ["stream", "dgemm"])
def test_sizes_of_a_rank_scale_weakly_only(kernel: str) -> None:
    text = f"  - kernel: {kernel}\n    parameters: {{n: 100}}\n"
    found = series(text, scaling="weak", ranks=(1, 2, 4))
    assert [one.parameters for one in found] == [found[0].parameters] * 3
    error = refused(text, scaling="strong", ranks=(1, 2))
    assert error.where == "s.yaml:2: cases.0: scaling"
    assert error.found == f"the work of {kernel} grows with its ranks, each has sizes of its own"
    assert error.fix == "--scaling weak"


def test_weak_scaling_grows_what_was_given_to_the_smallest() -> None:
    found = series(
        "  - kernel: reduce\n    parameters: {rows: 1000}\n", scaling="weak", ranks=(6, 2, 4)
    )
    assert [one.parameters["rows"] for one in found] == [3000, 1000, 2000]
    assert [one.scaling[0] for one in found] == [
        Member("weak", found[1].id, factor) for factor in (3.0, 1.0, 2.0)
    ]


def test_sizes_chosen_for_weak_scaling_leave_room_for_the_largest() -> None:
    found = series("  - kernel: hpl\n", scaling="weak", ranks=(1, 2, 8))
    assert found[0].memory_B < 0.2 * NODE.memory_B
    assert 0.6 * NODE.memory_B < found[2].memory_B <= NODE.memory_B


def test_on_more_nodes_each_fills_its_own_memory() -> None:
    found = series("  - kernel: hpl\n", scaling="weak", nodes=(1, 4))
    assert [one.geometry for one in found] == [Geometry(1, 8, 1), Geometry(4, 32, 1)]
    for one in found:
        assert 0.6 * NODE.memory_B < one.memory_B <= NODE.memory_B


def test_too_large_for_the_largest_member() -> None:
    error = refused(
        "  - kernel: reduce\n    parameters: {rows: 600000000}\n", scaling="weak", ranks=(1, 4)
    )
    assert "reduce needs " in error.found
    assert error.fix == "a smaller size: it belongs to the smallest number of ranks"


def test_weak_scaling_needs_whole_multiples() -> None:
    error = refused("  - kernel: reduce\n", scaling="weak", ranks=(2, 3))
    assert error.found == "3 ranks are no whole multiple of 2"
    assert error.fix == "--ranks 2,4,8"


def test_a_program_knows_only_strong_scaling() -> None:
    error = refused("  - kernel: xhpl\n    parameters: {n: 500}\n", scaling="weak", ranks=(1, 2))
    assert error.where == "s.yaml:2: cases.0: scaling"
    assert error.known == "Xhpl knows only strong scaling"
    found = series("  - kernel: xhpl\n    parameters: {n: 500}\n", scaling="strong", ranks=(1, 2))
    assert [one.parameters["n"] for one in found] == [500, 500]


def test_threads_of_a_rank() -> None:
    text = "  - kernel: jacobi3d\n    parameters: {n: 32}\n"
    found = series(text, scaling="strong", ranks=(1,), threads=(1, 2, 4))
    assert [one.geometry for one in found] == [Geometry(1, 1, t) for t in (1, 2, 4)]
    assert [one.scaling[0].factor for one in found] == [1.0, 2.0, 4.0]
    error = refused(text, scaling="weak", ranks=(1,), threads=(1, 2))
    assert error.found == "1 and 2 threads"
    assert error.fix == "--scaling strong"


def test_nodes_and_ranks_in_step() -> None:
    text = "  - kernel: jacobi3d\n    parameters: {n: 32}\n"
    found = series(text, scaling="strong", nodes=(1, 2, 4), ranks=(2, 4, 8))
    assert [one.geometry for one in found] == [Geometry(n, 2 * n, 1) for n in (1, 2, 4)]


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        ({"ranks": (2,)}, "one geometry is no series"),
        ({}, "one geometry is no series"),
        ({"threads": (1, 2)}, "threads vary and ranks are every core that they leave"),
        ({"ranks": (1, 2), "threads": (1, 2)}, "more than one of nodes, ranks and threads varies"),
        ({"nodes": (1, 2), "ranks": (1,), "threads": (1, 2)}, "more than one of"),
        ({"nodes": (1, 2), "ranks": (2, 4, 8)}, "2 numbers of nodes and 3 of ranks"),
        ({"nodes": (1, 2), "ranks": (8,)}, "2 numbers of nodes and 1 of ranks"),
    ],
)
def test_what_is_no_series(geometry: dict[str, Any], found: str) -> None:
    error = refused("  - kernel: jacobi3d\n    parameters: {n: 8}\n", scaling="strong", **geometry)
    assert error.where == "s.yaml:2: cases.0: scaling"
    assert found in error.found
    assert error.fix


def test_more_ranks_than_cores_are_refused_as_ever() -> None:
    error = refused(jacobi("strong").replace("[1, 2, 4]", "[8, 16]"))
    assert "16 ranks x 1 threads on 8 cores" in error.found
    text = jacobi("strong").replace("[1, 2, 4]", "[8, 16]")
    assert len(series(text, oversubscribe=True)) == 2


def test_launches_give_an_interval_unless_they_are_given() -> None:
    assert {one.launches for one in series(jacobi("strong"))} == {5}
    assert {one.launches for one in series(jacobi("strong") + "    launches: 1\n")} == {1}
    assert {one.launches for one in series(jacobi("strong"), launches=7)} == {7}


def test_every_value_of_a_sweep_is_a_series_of_its_own() -> None:
    found = series(jacobi("weak-").replace("weak-", "strong") + "    sweep: {n: [16, 32]}\n")
    assert [(one.parameters["n"], one.geometry.ranks) for one in found] == [
        (n, ranks) for n in (16, 32) for ranks in (1, 2, 4)
    ]
    assert len({one.scaling[0].base for one in found}) == 2


def test_a_case_may_be_part_of_two_series() -> None:
    text = "  - kernel: reduce\n    parameters: {rows: 1000}\n    ranks: [1, 2]\n    scaling: "
    found = series(f"{text}strong\n{text}weak\n")
    assert len(found) == 3
    assert [one.kind for one in found[0].scaling] == ["strong", "weak"]
    assert {one.base for case in found for one in case.scaling} == {found[0].id}


def test_a_case_remembers_its_series() -> None:
    for one in series(jacobi("strong")):
        assert from_dict(one.as_dict()) == one
    older = series(jacobi("strong"))[0].as_dict()
    del older["scaling"]
    assert from_dict(older) == replace(series(jacobi("strong"))[0], scaling=())
