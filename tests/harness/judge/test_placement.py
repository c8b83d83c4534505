"""Whether ranks ran where they were asked to."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.placement import broken, unbound
from harness.plan.case import Geometry

TWO = Geometry(1, 2, 1)


def check(
    made: Any,
    geometry: Geometry,
    *ranks: dict[str, Any],
    oversubscribe: bool = False,
    hosts: tuple[str, ...] = (),
) -> str:
    places = [made.place(i, **fields) for i, fields in enumerate(ranks)]
    return broken(geometry, places, oversubscribe=oversubscribe, hosts=hosts)


@pytest.mark.parametrize(
    ("geometry", "ranks"),
    [
        (TWO, [{}, {}]),
        (TWO, [{"cpus": (0, 1)}, {"cpus": (0, 1)}]),
        (Geometry(1, 1, 2), [{"threads": 2, "cpus": (0, 1)}]),
        (Geometry(2, 2, 1), [{"host": "a", "cpus": (0,)}, {"host": "b", "cpus": (0,)}]),
        (
            Geometry(2, 4, 1),
            [{"host": host, "cpus": (cpu,)} for host in "ab" for cpu in (0, 1)],
        ),
    ],
)
def test_as_asked(made: Any, geometry: Geometry, ranks: list[dict[str, Any]]) -> None:
    assert check(made, geometry, *ranks) == ""


@pytest.mark.parametrize(
    ("geometry", "ranks", "why"),
    [
        (TWO, [{}], "asked for 2 ranks, 1 reported"),
        (TWO, [], "asked for 2 ranks, 0 reported"),
        (TWO, [{}, {}, {}], "asked for 2 ranks, 3 reported"),
        (TWO, [{}, {"host": "b"}], "asked for 1 nodes, ran on 2: b, node1"),
        (Geometry(2, 2, 1), [{}, {}], "asked for 2 nodes, ran on 1: node1"),
        (
            Geometry(2, 4, 1),
            [{"host": "a"}, {"host": "a"}, {"host": "a"}, {"host": "b"}],
            "asked for 2 ranks a node, found {'a': 3, 'b': 1}",
        ),
        (TWO, [{}, {"threads": 2}], "asked for 1 threads a rank, found [1, 2]"),
        (Geometry(1, 1, 4), [{"threads": 2}], "asked for 4 threads a rank, found [2]"),
        (TWO, [{"cpus": (0,)}, {"cpus": (0,)}], "2 threads share 1 CPUs on node1"),
        (
            Geometry(1, 2, 2),
            [{"threads": 2, "cpus": (0, 1)}, {"threads": 2, "cpus": (1, 2)}],
            "4 threads share 3 CPUs on node1",
        ),
        (
            Geometry(1, 3, 1),
            [{"cpus": (0, 1)}, {"cpus": (1, 2)}, {"cpus": (3,)}],
            "ranks 0 and 1 share CPU 1 on node1",
        ),
        (TWO, [{"cpus": (0, 1)}, {"cpus": (0,)}], "ranks 0 and 1 share CPU 0 on node1"),
        (TWO, [{"cpus": (0,)}, {"cpus": (0, 1)}], "ranks 0 and 1 share CPU 0 on node1"),
        (
            Geometry(2, 6, 1),
            [{"host": host} for host in "aaabbc"],
            "asked for 2 nodes, ran on 3: a, b, c",
        ),
        (
            TWO,
            [{"cpu_quota": 1.5}, {"cpu_quota": None}],
            "a control group allows 1.5 CPUs to 2 threads on node1",
        ),
    ],
)
def test_a_mismatch(made: Any, geometry: Geometry, ranks: list[dict[str, Any]], why: str) -> None:
    assert check(made, geometry, *ranks) == why


def test_oversubscription_allows_shared_cpus_and_nothing_else(made: Any) -> None:
    shared = [{"cpus": (0,)}, {"cpus": (0,)}]
    assert check(made, TWO, *shared, oversubscribe=True) == ""
    assert check(made, TWO, {}, oversubscribe=True) != ""
    assert check(made, TWO, {}, {"host": "b"}, oversubscribe=True) != ""
    assert check(made, TWO, {}, {"threads": 2}, oversubscribe=True) != ""


def test_a_quota_that_is_enough(made: Any) -> None:
    assert check(made, TWO, {"cpu_quota": 2.0}, {"cpu_quota": 8.0}) == ""
    assert check(made, TWO, {"cpu_quota": 0.5}, {}, oversubscribe=True) == ""


@pytest.mark.parametrize(
    ("host", "node", "hosts", "good"),
    [
        ("node1", "", (), True),
        ("node1", "", ("node1", "node2"), True),
        ("node1.site.org", "", ("node1",), True),
        ("node1", "", ("node1.site.org",), True),
        ("c7", "node1", ("node1",), True),
        ("node3", "", ("node1", "node2"), False),
        ("node3", "node3", ("node1",), False),
        ("10.0.0.1", "", ("10.0.0.2",), False),
        ("10.0.0.2", "", ("10.0.0.2",), True),
    ],
)
def test_nodes_of_the_allocation(
    made: Any, host: str, node: str, hosts: tuple[str, ...], good: bool
) -> None:
    why = check(made, Geometry(1, 1, 1), {"host": host, "node": node}, hosts=hosts)
    bad = f"{host} is none of the nodes of the allocation: {', '.join(hosts)}"
    assert why == ("" if good else bad)


def test_unbound(made: Any) -> None:
    assert not unbound([made.place(0), made.place(1)])
    assert not unbound([made.place(0)])
    assert unbound([made.place(0, cpus=(0, 1)), made.place(1, cpus=(0, 1))])
    assert not unbound([made.place(0, host="a"), made.place(1, host="b", cpus=(0,))])
