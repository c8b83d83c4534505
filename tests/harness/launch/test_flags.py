"""Which words a starter is told: by its flavour, and by its version where they differ."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from harness.launch import flags
from harness.machine.mpi import Flavour, Mpirun


def of(flavour: Flavour, version: str | None = None) -> flags.Flags:
    return flags.of(Mpirun(Path("mpirun"), flavour, version, "path"))


@pytest.mark.parametrize(
    ("version", "agent"),
    [
        ("4.1.8", "plm_rsh_agent"),
        ("3.1.6", "plm_rsh_agent"),
        ("5.0.11", "plm_ssh_agent"),
        ("6.0.0a1", "plm_ssh_agent"),
        (None, "plm_ssh_agent"),
    ],
)
def test_versions_of_open_mpi(version: str | None, agent: str) -> None:
    assert agent in of("openmpi", version).remote


def test_one_that_is_not_known_is_told_how_many_ranks() -> None:
    assert of("unknown") == flags.Flags(ranks=("-n", "{ranks}"))


@pytest.mark.parametrize("flavour", sorted(set(get_args(Flavour)) - {"unknown"}))
def test_every_flavour_that_is_found_binds_ranks_and_names_nodes(flavour: Flavour) -> None:
    words = of(flavour)
    assert words.bound != words.crowded
    assert any("{threads}" in one for one in words.bound)
    assert any("{hosts}" in one or "{slots}" in one for one in words.hosts)
    assert any("{ranks}" in one for one in words.ranks)
