"""What is judged, with what is known beside the measurements."""

from __future__ import annotations

import numpy as np

from harness.acceptance.judging import Judge, Known
from harness.judge.fleet.file import Read
from harness.judge.fleet.table import Measurements
from tests.bench.fleets import SWITCHES, names, switched


def test_pairs_are_judged_by_the_blocks_that_are_known() -> None:
    """Among all links, one within a switch at 80 % is faster than those across."""
    none = np.zeros(0, np.int64)
    nodes = Measurements(names(32), (), none, none, none, none, np.zeros(0))
    read = Read(nodes, switched(1, {(1, 3): 0.8}))
    (link,) = Judge(Known(blocks=SWITCHES))(read).found.links
    assert (link.a, link.b) == (1, 3)
    assert Judge(Known())(read).found.links == ()
