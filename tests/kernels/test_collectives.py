"""collectives: closed forms against the obvious version, counts, and a verifier that notices."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np
import pytest
from mpi4py import MPI

from kernels.contract import BANDWIDTH, LATENCY, IllegalParameter, Value
from kernels.network.collectives import cpu, plan
from kernels.network.collectives.kernel import OPERATIONS, Collectives
from kernels.network.collectives.reference import result

MIB = 2**20


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        {"largest": 4},
        {"smallest": 12, "largest": 100},
        {"smallest": 4, "largest": 40_000},
        *({"operations": one, "smallest": 20, "largest": 20} for one in OPERATIONS),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"largest": 200}


def flip_a_bit_of_the_last_result(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.result[49] ^= 1


def lose_a_broadcast(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.calls["bcast", 64] = lambda: None


def take_the_maximum(state: cpu.State, comm: MPI.Intracomm) -> None:
    sent, found = ([one, 4, MPI.UINT32_T] for one in (state.source, state.result))
    state.calls["allreduce", 16] = partial(comm.Allreduce, sent, found, MPI.MAX)


def leave_out_the_last_element(state: cpu.State, comm: MPI.Intracomm) -> None:
    sent, found = ([one, 3, MPI.UINT32_T] for one in (state.source, state.result))
    state.calls["alltoall", 16] = partial(comm.Alltoall, sent, found)


def contribute_another_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.source[0] += 1


def call_another_size(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.calls["allgather", 128] = state.calls["allgather", 64]


MUTATIONS = {
    "flip_a_bit_of_the_last_result": flip_a_bit_of_the_last_result,
    "lose_a_broadcast": lose_a_broadcast,
    "take_the_maximum": take_the_maximum,
    "leave_out_the_last_element": leave_out_the_last_element,
    "contribute_another_number": contribute_another_number,
    "call_another_size": call_another_size,
}


@pytest.mark.parametrize("elements", [1, 2, 3, 1500])
@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_closed_forms_are_the_results(operation: str, ranks: int, elements: int) -> None:
    for rank in range(ranks):
        found = np.concatenate(list(cpu.expected(operation, elements, rank, ranks)))
        np.testing.assert_array_equal(found, result(operation, elements, rank, ranks))


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 5, 11])
@pytest.mark.parametrize("elements", [1, 7, 100])
def test_uneven_parts_add_up(ranks: int, elements: int) -> None:
    parts = [[plan.uneven(elements, i, j) for j in range(ranks)] for i in range(ranks)]
    assert plan.uneven_total(elements, ranks) == sum(
        part for i, row in enumerate(parts) for j, part in enumerate(row) if i != j
    )
    for i, row in enumerate(parts):
        starts = [plan.uneven_start(elements, i, j) for j in range(ranks + 1)]
        assert [sum(row[:j]) for j in range(ranks + 1)] == starts
        assert starts[-1] <= plan.room(4 * elements, ranks)
        assert row == [plan.uneven(elements, j, i) for j in range(ranks)]
    assert min(map(min, parts)) >= 1


def test_counts_what_must_leave_a_rank() -> None:
    phases = {phase.name: phase for phase in Collectives(smallest=8, largest=8).phases()}
    sent_B = {name: phase.work(4).bytes_moved for name, phase in phases.items()}
    assert sent_B["barrier"] == 0
    assert sent_B["bcast_8"] == 24
    assert sent_B["allreduce_8"] == 48
    for name in ("allgather_8", "alltoall_8", "reduce_scatter_8"):
        assert sent_B[name] == 96
    assert sent_B["alltoallv_8"] == 4 * plan.uneven_total(2, 4)
    assert {phase.work(4).messages for phase in phases.values()} == {1}


def test_the_latency_is_the_time_of_a_call() -> None:
    phases = {phase.name: phase for phase in Collectives(largest=4).phases()}
    assert phases["barrier"].metrics == (LATENCY,)
    assert phases["allreduce_4"].metrics == (LATENCY, BANDWIDTH)
    assert LATENCY.value(phases["allreduce_4"].work(7), 3e-6) == 3e-6


def test_sizes_and_calls() -> None:
    assert Collectives(largest=64).sizes == (4, 8, 16, 32, 64)
    assert Collectives(smallest=12, largest=20).sizes == (12, 16, 20)
    assert len(Collectives(largest=MIB).sizes) == 19
    assert [plan.calls(size) for size in (4, 2**17, MIB, 2**28)] == [100, 64, 10, 10]


def test_one_operation_leaves_the_barrier() -> None:
    names = [phase.name for phase in Collectives(operations="bcast", largest=8).phases()]
    assert names == ["barrier", "bcast_4", "bcast_8"]


@pytest.mark.parametrize(
    ("values", "ranks", "words"),
    [
        ({"largest": 8}, 1, "--ranks 2"),
        ({"largest": 9}, 2, "largest = 9: a multiple of 4"),
        ({"smallest": 5, "largest": 8}, 2, "smallest = 5"),
        ({"smallest": 16, "largest": 8}, 2, "at least 16"),
        ({"largest": 2**28}, 22, "at most 260301048 on 22 ranks: MPI counts elements in 32 bits"),
    ],
)
def test_what_cannot_run_is_refused(values: dict[str, int], ranks: int, words: str) -> None:
    with pytest.raises(IllegalParameter, match=words):
        Collectives(**values).check_geometry(ranks)  # type: ignore[arg-type]


@pytest.mark.parametrize("ranks", [1, 2, 7, 22, 10**5])
def test_displacements_fit_into_32_bits(ranks: int) -> None:
    largest = plan.largest_countable(ranks)
    assert plan.room(largest, ranks) <= 2**31 - 1 < plan.room(largest + 4, ranks)
    fitted = Collectives.fit({}, 2**60, 0, ranks)["largest"]
    assert fitted == min(MIB, 1 << largest.bit_length() - 1)


def test_nothing_large_is_allocated_beside_the_messages() -> None:
    """Those are mappings of their own, which tracemalloc does not see."""
    size = 2**23
    tracemalloc.start()
    state = cpu.allocate(OPERATIONS, (size,), MPI.COMM_SELF)
    assert state.wrong() == size // 4  # nothing has been called yet but by the verifier itself
    peak_B = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_B < size // 2


def test_fit_takes_1_mib_or_what_the_memory_holds() -> None:
    assert Collectives.fit({}, 2**40, 0, 2) == {"largest": MIB}
    assert Collectives.fit({"smallest": 2 * MIB}, 2**40, 0, 2) == {"largest": 2 * MIB}
    assert Collectives.fit({"largest": 8}, 0, 0, 2) == {}
    largest = Collectives.fit({}, 2**30, 0, 100)["largest"]
    assert isinstance(largest, int)
    assert 100 * Collectives(largest=largest).memory_B(100) <= 2**30
    assert 100 * Collectives(largest=2 * largest).memory_B(100) > 2**30
    with pytest.raises(IllegalParameter, match="4 B need"):
        Collectives.fit({}, 10, 0, 2)


def test_memory_is_what_is_allocated() -> None:
    kernel = Collectives(largest=1000)
    state = kernel.setup(MPI.COMM_SELF)
    arrays = (state.source, state.result, state.cast)
    assert kernel.memory_B(1) == sum(one.nbytes for one in arrays)
