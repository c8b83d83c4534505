"""What each rank of a case took, read from its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import CorruptStore
from harness.plan.case import Geometry
from harness.record import by_rank, store
from tests.harness.record.conftest import put


def test_ranks_of_a_record(made: Any, tmp_path: Path) -> None:
    """Two launches of two repetitions on four ranks, of which the third is slow."""
    run = made.run(tmp_path)
    case = made.case(geometry=Geometry(1, 4, 1))
    store.create(run, (case,))
    launch = [[0.1, 0.1, 0.13, 0.1], [0.1, 0.1, 0.15, 0.1]]
    result = made.result(case, [launch, launch])
    places = tuple(made.place(rank) for rank in range(4))
    kept = put(run, replace(result, places=(places, places)), 1)
    found = by_rank.of(Path(run.path) / str(kept.file))
    assert len(found.cpus) == len(found.numa) == 4
    assert "triad" in found.seconds
    assert np.allclose(found.seconds["triad"], [0.1, 0.1, 0.14, 0.1])


def test_what_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"nothing")
    with pytest.raises(CorruptStore):
        by_rank.of(tmp_path / "x.h5")
