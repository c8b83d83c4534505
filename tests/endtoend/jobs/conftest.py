"""A site for each test, of which nothing may be left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.jobs.batch import Site

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran


@pytest.fixture
def site(broken: Qyran) -> Iterator[Site]:
    made = Site(broken)
    yield made
    made.end()
