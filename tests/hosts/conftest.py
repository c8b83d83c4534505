"""A user on the head of a laboratory with two nodes that are reached by ssh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.machines import Machine
from tests.cluster.user import User, laboratory
from tests.endtoend.conftest import tree

__all__ = ["tree"]


@pytest.fixture(scope="session")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Machine]]:
    """The head and the nodes."""
    with laboratory(tmp_path_factory, with_slurm=False) as (found, _):
        yield found


@pytest.fixture
def user(reached: dict[str, Machine], tree: Path, tmp_path: Path) -> Iterator[User]:
    """Somebody with the faulty kernel, in an empty folder; afterwards no rank is left."""
    made = User(tmp_path, tree, machines=reached)
    made.site({"kind": "hostfile"}, cpu={"hosts": ["node[1-2]"]})
    yield made
    made.no_rank_left()
