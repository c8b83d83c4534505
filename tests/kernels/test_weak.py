"""Weak scaling: what kernels make of their parameters for several times the ranks."""

from __future__ import annotations

from typing import Any

import pytest

from kernels import listing
from kernels.contract import AUTO, IllegalParameter, Kernel, Value, parameters, values
from kernels.program import Program


def example(name: str, ranks: int) -> Kernel[Any]:
    kernel = listing.load(name)
    given = {one.name: one.default for one in parameters(kernel) if one.default != AUTO}
    return kernel(**{**kernel.fit(given, memory_B=2**34, llc_B=2**20, ranks=ranks), **given})


def grown(kernel: Kernel[Any], factor: int) -> Kernel[Any] | None:
    """The kernel for so many times the ranks; None if it knows no weak scaling."""
    given = values(kernel)
    try:
        return type(kernel)(**{**given, **kernel.weak(given, factor)})
    except IllegalParameter as error:
        if error.name != "scaling":
            raise
        return None


def runs(kernel: Kernel[Any], ranks: int) -> bool:
    """Whether it has anything to do on so many ranks."""
    try:
        kernel.check_geometry(ranks)
    except IllegalParameter:
        return False
    return True


@pytest.mark.parametrize("name", listing.names())
@pytest.mark.parametrize(("ranks", "factor"), [(1, 1), (1, 2), (1, 4), (2, 3), (3, 4), (4, 16)])
def test_every_rank_has_about_as_much(name: str, ranks: int, factor: int) -> None:
    """Not of collective operations: some gather at a rank what all others have."""
    small = example(name, ranks)
    large = grown(small, factor)
    if large is None or not runs(small, ranks):
        return
    large.check_geometry(ranks * factor)
    if listing.group(name) != "network":
        assert 0.7 < large.memory_B(ranks * factor) / small.memory_B(ranks) < 1.5


@pytest.mark.parametrize("name", listing.names())
def test_nothing_grows_by_a_factor_of_one(name: str) -> None:
    kernel = example(name, 2)
    assert grown(kernel, 1) in (None, kernel)


@pytest.mark.parametrize("name", listing.names())
def test_programs_know_no_weak_scaling(name: str) -> None:
    if issubclass(listing.load(name), Program):
        assert grown(example(name, 1), 2) is None


@pytest.mark.parametrize("name", ["stream", "dgemm"])
def test_sizes_of_a_rank_stay(name: str) -> None:
    kernel = example(name, 1)
    assert grown(kernel, 4) == kernel


def test_elements_over_all_ranks_grow_with_them() -> None:
    kernel = example("reduce", 2)
    assert values(kernel)["rows"] == 2**25
    large = grown(kernel, 3)
    assert large is not None
    assert values(large)["rows"] == 3 * 2**25


@pytest.mark.parametrize("name", ["hpl", "hpl_mxp"])
@pytest.mark.parametrize(
    ("given", "factor", "found"),
    [
        ({"n": 1000, "nb": 100, "p": 1, "q": 1}, 4, (2000, 2, 2)),
        ({"n": 1000, "nb": 100, "p": 1, "q": 2}, 4, (2000, 2, 4)),
        ({"n": 1000, "nb": 64, "p": 2, "q": 1}, 2, (1408, 2, 2)),
        ({"n": 20, "nb": 64, "p": 1, "q": 1}, 2, (64, 1, 2)),
        ({"n": 1001, "nb": 64, "p": 3, "q": 1}, 1, (1001, 1, 3)),
    ],
)
def test_a_matrix_grows_with_the_root(
    name: str, given: dict[str, Value], factor: int, found: tuple[int, int, int]
) -> None:
    kernel = listing.load(name)
    large = kernel.weak(given, factor)
    assert (large["n"], large["p"], large["q"]) == found
    assert large["nb"] == given["nb"]
