"""Lists of hosts."""

from __future__ import annotations

import pytest

from harness.config.hosts import expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("login", ("login",)),
        ("n1,n2,n1", ("n1", "n2")),
        ("n[1-3,7]", ("n1", "n2", "n3", "n7")),
        ("node[08-11],gpu1", ("node08", "node09", "node10", "node11", "gpu1")),
        ("r[1-2]n[0-1]-ib", ("r1n0-ib", "r1n1-ib", "r2n0-ib", "r2n1-ib")),
        ("n[099-101]", ("n099", "n100", "n101")),
    ],
)
def test_expand(text: str, names: tuple[str, ...]) -> None:
    assert expand(text) == names


@pytest.mark.parametrize("text", ["n[1-", "n]1", "n[a-b]", "n[1--2]", "n[]", ",", "a,,b", "a b"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="found"):
        expand(text)


@pytest.mark.parametrize("text", ["n[4-1]", "a,n[1-2,16-01]"])
def test_a_range_that_counts_down_is_no_empty_list(text: str) -> None:
    with pytest.raises(ValueError, match="counts down; write"):
        expand(text)


@pytest.mark.parametrize("text", ["n[1-999999999]", "n[1-1000][1-1000]"])
def test_a_range_that_is_far_too_long(text: str) -> None:
    with pytest.raises(ValueError, match="more than 100000 hosts"):
        expand(text)
