"""What HPL declares worth trying: legal on every number of ranks, and nothing without an effect."""

from __future__ import annotations

import pytest

from kernels.contract import parameters
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl.tuning import grids


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        (1, [(1, 1)]),
        (2, [(1, 2), (2, 1)]),
        (4, [(2, 2), (1, 4)]),
        (13, [(1, 13), (13, 1)]),
        (64, [(8, 8), (4, 16)]),
    ],
)
def test_grids(ranks: int, expected: list[tuple[int, int]]) -> None:
    assert grids(ranks) == expected


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 48, 1024])
def test_every_alternative_is_legal_and_of_the_same_parameters(ranks: int) -> None:
    tuning = Hpl.tuning({}, ranks)
    declared = {one.name for one in parameters(Hpl)}
    for alternatives in tuning.stages.values():
        assert len({tuple(one) for one in alternatives}) == 1
        for one in alternatives:
            given = {**tuning.sizes, **one}
            kernel = Hpl(**{**Hpl.fit(given, 2**40, 2**25, ranks), **given})
            kernel.check_geometry(ranks)
            assert set(one) <= declared
    assert {"nb", "grid"} <= set(tuning.stages)


def test_broadcast_and_look_ahead_need_several_columns() -> None:
    assert {"bcast", "depth"} <= set(Hpl.tuning({"q": 2}, 2).stages)
    assert not {"bcast", "depth"} & set(Hpl.tuning({"q": 1}, 2).stages)


def test_the_order_keeps_the_share_of_a_rank() -> None:
    orders = {ranks: int(Hpl.tuning({}, ranks).sizes["n"]) for ranks in (1, 2, 4, 64)}
    assert orders == {1: 4096, 2: 5824, 4: 8192, 64: 32768}
    assert all(one.auto for one in parameters(Hpl) if one.name in Hpl.tuning({}, 1).sizes)
