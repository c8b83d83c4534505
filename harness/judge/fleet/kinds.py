"""Kinds of links: within a block of nodes, such as a switch, and across blocks.

Where the network is narrower between switches than inside of them, a link is held against links of
its own kind alone. The blocks are those of cluster.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.judge.fleet.table import Floats, Ints
from harness.judge.placement import short

Blocks = Mapping[str, Sequence[str]]
"""The names of the nodes of each block."""

WITHIN: Final = "within blocks"
ACROSS: Final = "across blocks"
OUTSIDE: Final = "of nodes in no block"
_NAMES: Final = (WITHIN, ACROSS, OUTSIDE)


@dataclass(frozen=True)
class Kinds:
    """What kind of link each pair is. of : (pairs,) indices into ``names``."""

    names: tuple[str, ...]
    of: Ints


def kinds(ends: Ints, nodes: Sequence[str], blocks: Blocks) -> Kinds:
    """The kind of each pair; one kind without a name where all links are alike.

    ends : (pairs, 2) indices of ``nodes``. A link of a node in no block is of a kind of its own:
    nobody knows what it crosses.
    """
    at = np.array(of_nodes(nodes, blocks), np.int64)[ends]
    kind = np.where(at[:, 0] == at[:, 1], 0, 1)
    kind[(at < 0).any(axis=1)] = 2
    there, of = np.unique(kind, return_inverse=True)
    if len(there) < 2:
        return Kinds(("",), np.zeros(len(ends), np.int64))
    return Kinds(tuple(_NAMES[one] for one in there), of)


def of_nodes(nodes: Sequence[str], blocks: Blocks) -> list[int]:
    """The number of the block that each node is in, -1 for none.

    Names count without their domains; of ``host:number``, an end of several on a host, the host.
    """
    known = {short(name): at for at, names in enumerate(blocks.values()) for name in names}
    hosts = (one if short(one) in known else one.partition(":")[0] for one in nodes)
    return [known.get(short(one), -1) for one in hosts]


def levels(value: Floats, of: Kinds) -> Floats:
    """(pairs, metrics): the median of the kind of each pair / that of the most frequent kind.

    value : (pairs, metrics), NaN where there is none; 1 where a kind has no median above 0.
    """
    medians = np.array([_medians(value[of.of == one]) for one in range(len(of.names))])
    usual = int(np.bincount(of.of, minlength=len(of.names)).argmax())
    with np.errstate(divide="ignore", invalid="ignore"):
        level = medians / medians[usual]
    known = np.isfinite(level) & (level > 0.0)
    found: Floats = np.where(known, level, 1.0)[of.of]
    return found


def _medians(value: Floats) -> Floats:
    """(metrics,): of what is there, NaN for nothing."""
    return np.array([np.median(one) if (one := c[~np.isnan(c)]).size else np.nan for c in value.T])


def apart(value: Floats, of: Kinds) -> Floats:
    """(pairs, metrics x kinds): every kind as a metric of its own, NaN for pairs of another."""
    mine = of.of[:, np.newaxis] == np.arange(len(of.names))
    split: Floats = np.where(mine[:, np.newaxis, :], value[:, :, np.newaxis], np.nan)
    return split.reshape(len(value), -1)
