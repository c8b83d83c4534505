"""Stages of a binary exchange: everybody knows everything at the end, partners agree."""

from __future__ import annotations

import pytest

from kernels._support.binary_exchange import stages


@pytest.mark.parametrize("size", range(1, 18))
def test_everybody_knows_everything(size: int) -> None:
    plans = [list(stages(me, size)) for me in range(size)]
    known = [{me} for me in range(size)]
    while any(plans):
        moved = False
        for me in range(size):
            if not plans[me]:
                continue
            mine = plans[me][0]
            theirs = plans[mine.partner][0] if plans[mine.partner] else None
            if theirs is None or theirs.partner != me:
                continue
            assert (mine.sends, mine.receives) == (theirs.receives, theirs.sends)
            if mine.sends:
                assert set(mine.mine) == known[me] == set(theirs.theirs)
            if theirs.sends:
                assert set(theirs.mine) == known[mine.partner] == set(mine.theirs)
            both = known[me] | known[mine.partner]
            if mine.receives:
                known[me] = both
            if theirs.receives:
                known[mine.partner] = set(both)
            plans[me].pop(0)
            plans[mine.partner].pop(0)
            moved = True
        assert moved, "two ranks wait for different partners"
    assert known == [set(range(size))] * size


@pytest.mark.parametrize(("size", "most"), [(1, 0), (2, 1), (4, 2), (5, 4), (16, 4), (17, 6)])
def test_takes_log2_stages(size: int, most: int) -> None:
    assert max(len(stages(me, size)) for me in range(size)) == most
