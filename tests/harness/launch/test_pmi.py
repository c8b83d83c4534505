"""What srun offers, and what is chosen for a library."""

from __future__ import annotations

import pytest

from harness.launch.pmi import chosen, offered

NEW = """MPI plugin types are...
	none
	cray_shasta
	pmi2
	pmix
specific pmix plugin versions available: pmix_v3,pmix_v4
"""
OLD = "srun: MPI types are...\nsrun: none\nsrun: openmpi\nsrun: pmi2\n"


def test_offered() -> None:
    assert offered(NEW) == ("cray_shasta", "pmi2", "pmix", "pmix_v4", "pmix_v3")
    assert offered(OLD) == ("pmi2",)
    assert offered("") == ()


@pytest.mark.parametrize(
    ("printed", "flavour", "library", "plugin"),
    [
        (NEW, "openmpi", "Open MPI v5.0.11", "pmix"),
        (OLD, "openmpi", "Open MPI v4.1.4", "pmi2"),
        (NEW, "mpich", "MPICH Version: 4.2", "pmi2"),
        (NEW, "intelmpi", "Intel(R) MPI Library 2021.18", "pmi2"),
        (NEW, "mpich", "CRAY MPICH version 8.1", "cray_shasta"),
        ("pmix_v2 pmix_v4", "openmpi", "", "pmix_v4"),
        ("none", "openmpi", "", ""),
        (OLD, "unknown", "?", ""),
    ],
)
def test_chosen(printed: str, flavour: str, library: str, plugin: str) -> None:
    assert chosen(offered(printed), flavour, library) == plugin
