"""A user on the head of a laboratory with two nodes and a real Slurm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.slurm import Slurm
from tests.cluster.user import User, laboratory
from tests.endtoend.conftest import tree

__all__ = ["tree"]


@pytest.fixture(scope="session")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Slurm with two idle nodes."""
    with laboratory(tmp_path_factory, with_slurm=True) as (_, found):
        assert found is not None
        yield found


@pytest.fixture
def user(batch: Slurm, tree: Path, tmp_path: Path) -> Iterator[User]:
    """Somebody with the faulty kernel, in an empty folder; afterwards both nodes are idle."""
    made = User(tmp_path, tree, machines=batch.machines)
    made.site({"kind": "slurm", "grace": 3}, cpu={"nodes": 2}, short={"nodes": 2})
    yield made
    batch.clear()
    made.no_rank_left()
