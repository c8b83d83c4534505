"""The rank of a process that is about to become somebody else's program, and its place."""

from __future__ import annotations

import os
import platform

import pytest

from harness.measure import placement
from harness.measure.shim import NoRankError, rank_of


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({"OMPI_COMM_WORLD_RANK": "1", "PMIX_RANK": "1", "SLURM_PROCID": "0"}, 1),
        ({"PMIX_RANK": "3"}, 3),
        ({"PMI_RANK": "2", "SLURM_PROCID": "0"}, 2),
        ({"SLURM_PROCID": "1"}, 1),
    ],
)
def test_launchers_say_which_rank_it_is(environment: dict[str, str], rank: int) -> None:
    assert rank_of(environment, 4) == rank


def test_one_rank_needs_no_launcher_that_says_so() -> None:
    assert rank_of({}, 1) == 0


@pytest.mark.parametrize(
    ("environment", "words"),
    [({}, "no rank"), ({"PMI_RANK": "x"}, "no rank"), ({"PMI_RANK": "2"}, "rank 2 of 2")],
)
def test_without_a_rank_it_says_what_to_type(environment: dict[str, str], words: str) -> None:
    with pytest.raises(NoRankError, match="--set mpirun=/path") as caught:
        rank_of(environment, 2)
    assert words in str(caught.value)


def test_the_place_of_a_program_is_what_is_known_before_it_runs() -> None:
    here = placement.of_program(3, "mpich 4", {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "4"})
    assert (here.rank, here.host, here.mpi) == (3, platform.node(), "mpich 4")
    assert here.cpus == tuple(sorted(os.sched_getaffinity(0)))
    assert (here.threads, here.blas_threads) == (2, 4)
    assert "as its environment asks" in here.blas
    assert placement.from_dict(placement.as_dict(here)) == here
    assert placement.of_program(0, "", {"OMP_NUM_THREADS": "many"}).threads == 0
