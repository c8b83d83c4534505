"""Which nodes a launch gets."""

from __future__ import annotations

from harness.launch.nodes import Nodes


def test_this_machine_has_no_names() -> None:
    assert Nodes(()).chosen(1) == ()


def test_nodes_are_taken_in_their_order() -> None:
    assert Nodes(("c", "a", "b")).chosen(2) == ("c", "a")


def test_doubted_nodes_come_last_and_the_order_stays() -> None:
    nodes = Nodes(("a", "b", "c", "d"))
    nodes.doubt(("a", "b"))
    assert nodes.chosen(2) == ("c", "d")
    assert nodes.chosen(3) == ("a", "c", "d")
    nodes.doubt(("c", "d"))
    nodes.doubt(("a",))
    assert nodes.chosen(1) == ("b",)
    assert nodes.chosen(4) == ("a", "b", "c", "d")
