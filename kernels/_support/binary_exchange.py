"""Binary exchange: all ranks learn what all others know, in log2(P) exchanges between two each.

In stage s, rank r exchanges with rank r xor 2^s. If P is no power of two, each rank from the
largest power of two on hands what it knows to a partner before the first stage and gets the whole
back after the last (Rabenseifner's fold; netlib HPL 2.3 exchanges rows in the same way).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One exchange with a partner. ``mine`` and ``theirs``: ranks whose knowledge each has.

    sends, receives : whether something goes each way.
    """

    partner: int
    mine: tuple[int, ...]
    theirs: tuple[int, ...]
    sends: bool = True
    receives: bool = True


def stages(me: int, size: int) -> tuple[Stage, ...]:
    """The stages of one rank, in order; none for a rank that is alone."""
    inner = 1 << (size.bit_length() - 1)  # the largest power of two that is not above size
    everyone = tuple(range(size))
    if me >= inner:
        hand = Stage(me - inner, (me,), (), receives=False)
        get = Stage(me - inner, (), everyone, sends=False)
        return hand, get
    found = []
    if me + inner < size:
        found.append(Stage(me + inner, (), (me + inner,), sends=False))
    width = 1
    while width < inner:
        partner = me ^ width
        found.append(
            Stage(partner, _known(me, width, inner, size), _known(partner, width, inner, size))
        )
        width *= 2
    if me + inner < size:
        found.append(Stage(me + inner, everyone, (), receives=False))
    return tuple(found)


def _known(rank: int, width: int, inner: int, size: int) -> tuple[int, ...]:
    """Whose knowledge a rank has when groups of ``width`` ranks have exchanged everything."""
    start = rank // width * width
    group = range(start, start + width)
    return tuple(one for r in group for one in (r, r + inner) if one < size)
