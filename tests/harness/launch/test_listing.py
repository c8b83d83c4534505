"""The launchers that there are."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.launch import listing


def test_all_are_found_by_listing() -> None:
    assert {"local", "hostfile", "slurm", "pbs"} <= set(listing.names())


def test_an_unknown_one() -> None:
    with pytest.raises(ConfigError, match=r"unknown launcher 'slrum'; did you mean 'slurm'\?"):
        listing.load("slrum")
