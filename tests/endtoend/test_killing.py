"""A few rounds of what `killing.py` does two hundred times."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROUNDS = 3


@pytest.fixture(scope="module")
def killing() -> ModuleType:
    path = Path(__file__).with_name("killing.py")
    found = importlib.util.spec_from_file_location("killing", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["killing"] = module  # its dataclasses look for their module
    found.loader.exec_module(module)
    return module


def test_whatever_is_killed_nothing_but_the_running_case_is_lost(killing: ModuleType) -> None:
    seed = time.time_ns() % 10_000
    rounds = killing.Rounds(seed)
    try:
        for number in range(ROUNDS):
            rounds.round(number)
    finally:
        rounds.close()
    assert rounds.tally.faults == [], f"seed {seed}"
    assert sum(rounds.tally.killed.values()) == ROUNDS
