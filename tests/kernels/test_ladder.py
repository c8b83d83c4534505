"""The ladder against its NumPy twin, its sizes, its counts and its verifier."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels.contract import IllegalParameter, Value
from kernels.memory.ladder import cpu, reference, vectors
from kernels.memory.ladder.kernel import FMA_TERMS, Ladder
from kernels.memory.ladder.steps import BLOCK_B, Step, buffers, sizes, steps

GIB, MIB, KIB = 2**30, 2**20, 2**10
CURVES = ("load", "store", "copy", "triad")
PAST = ("store_nontemporal", "copy_nontemporal", "triad_nontemporal")


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        {"sets": 1, "largest": 8 * KIB, "cache": 8 * KIB},
        {"sets": 2, "largest": 8 * KIB, "cache": 0},
        {"sets": 3, "largest": 12 * KIB, "cache": 3 * KIB},
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"sets": 2, "largest": 12 * KIB, "cache": 3 * KIB}


def last_of(state: cpu.State, curve: str) -> Step:
    return next(one for one in state.steps if one.curve == curve)


def change_a_sum(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.sums[last_of(state, "load")][-1] += 1


def read_other_elements(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.source[0, 5] += 1.0


def forget_the_end_of_a_copy(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.targets["copy"][1, last_of(state, "copy").items - 1] = np.nan


def skip_the_last_pass_of_a_store(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.targets["store"][0] -= 1.0


def skip_a_small_set(state: cpu.State, comm: MPI.Intracomm) -> None:
    step = Step("triad", 12 * KIB)
    state.seeds.clear()
    for phase in state.chains:
        state.fma(phase)
    for one in state.steps:
        if one.operation != "triad" or one == step:
            state.sweep(one)


def leave_what_the_call_before_wrote(state: cpu.State, comm: MPI.Intracomm) -> None:
    kept = state.targets["copy_nontemporal"].copy()
    state.sweep(last_of(state, "copy_nontemporal"))
    state.targets["copy_nontemporal"][...] = kept


def one_multiply_add_less(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.chains["fma_float32"][0, 3] -= 1.0 + state.seeds["fma_float32"]


def a_chain_of_one_thread_never_ran(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.chains["fma_float64_core"][0, -1] = np.nan


MUTATIONS = {
    "change_a_sum": change_a_sum,
    "read_other_elements": read_other_elements,
    "forget_the_end_of_a_copy": forget_the_end_of_a_copy,
    "skip_the_last_pass_of_a_store": skip_the_last_pass_of_a_store,
    "skip_a_small_set": skip_a_small_set,
    "leave_what_the_call_before_wrote": leave_what_the_call_before_wrote,
    "one_multiply_add_less": one_multiply_add_less,
    "a_chain_of_one_thread_never_ran": a_chain_of_one_thread_never_ran,
}


def small(sets: int = 2) -> cpu.State:
    return Ladder(sets=sets, largest=12 * KIB, cache=3 * KIB).setup(MPI.COMM_SELF)


def test_the_source_is_that_of_numpy() -> None:
    state = small()
    for row in state.source:
        np.testing.assert_array_equal(row, reference.elements(0, row.size))


@pytest.mark.parametrize("calls", [1, 2, 9])
@pytest.mark.parametrize("step", steps(12 * KIB, 3 * KIB), ids=lambda step: step.name)
def test_each_step_equals_numpy(step: Step, calls: int) -> None:
    state = small()
    for _ in range(calls):
        state.sweep(step)
    seed = (calls - 1) % cpu.SEEDS
    x = reference.elements(seed * cpu.LINE, step.items)
    y = reference.elements(seed * cpu.LINE + step.second, step.items)
    s = cpu.scalar(step, seed)
    if step.operation == "load":
        assert (state.sums[step] == reference.load(x, step.passes)).all()
        return
    expected = {
        "store": reference.store(step.items, s, step.passes),
        "copy": x,
        "triad": reference.triad(x, y, s, step.passes),
    }[step.operation]
    for row in state.targets[step.curve]:
        np.testing.assert_array_equal(row[: step.items], expected)
        assert np.isnan(row[step.items :]).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_chains_are_those_of_numpy(dtype: str) -> None:
    chains = np.zeros((2, vectors.numbers(dtype)), dtype)
    real = chains.dtype.type
    cpu.multiply_add(chains, 3, 1000, real(1.0), real(2.0))
    start = np.arange(3, 3 + chains.shape[1]).astype(dtype)
    np.testing.assert_array_equal(chains, [reference.multiply_add(start, 1000, 2.0)] * 2)


def test_float32_stays_exact_on_every_processor() -> None:
    """The longest chains are those of 12 vectors of 16 B."""
    longest, numbers = FMA_TERMS // 48, 24 * 16
    assert longest * cpu.SEEDS + cpu.SEEDS + numbers < 2**24
    assert FMA_TERMS % vectors.numbers("float32") == 0


def test_ranks_other_than_the_first_leave_its_core_alone() -> None:
    state = small()
    state.rank = 1
    state.chains["fma_float64_core"][...] = -1.0
    state.fma("fma_float64_core")
    assert (state.chains["fma_float64_core"] == -1.0).all()


def test_sizes_are_powers_of_two_and_half_more() -> None:
    assert sizes(8 * KIB) == [8 * KIB]
    assert sizes(40 * KIB) == [one * KIB for one in (8, 12, 16, 24, 32)]


def test_names_say_the_working_set() -> None:
    names = [one.name for one in steps(12 * KIB, 2 * KIB)]
    assert names[:4] == ["load_12KiB", "load_8KiB", "store_12KiB", "store_8KiB"]
    assert "triad_nontemporal_8KiB" in names
    assert Step("load", 3 * MIB // 2).name == "load_1536KiB"
    assert Step("copy", 2 * GIB).name == "copy_2GiB"
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("size", sizes(64 * MIB))
@pytest.mark.parametrize("curve", CURVES)
def test_a_working_set_is_nearly_filled_and_never_exceeded(curve: str, size: int) -> None:
    step = Step(curve, size)
    filled_B = step.items * 8 * step.arrays
    assert size - step.arrays * BLOCK_B < filled_B <= size
    assert step.passes * filled_B > 2**26
    assert step.passes == 1 or step.passes * filled_B <= 2**27


def test_points_lie_on_their_curves() -> None:
    phases = {one.name: one for one in Ladder(sets=1, largest=64 * KIB, cache=8 * KIB).phases()}
    point = phases["load_32KiB"].point
    assert point is not None
    assert (point.curve, point.axis, point.at, point.unit) == ("load", "working set", 32768, "B")
    assert phases["fma_float64"].point is None
    at: dict[str, list[float]] = {}
    for one in phases.values():
        if one.point is not None:
            at.setdefault(one.point.curve, []).append(one.point.at)
    assert set(at) == {*CURVES, *PAST}
    assert all(sorted(at[one]) == sizes(64 * KIB) for one in CURVES)
    assert all(sorted(at[one]) == [32 * KIB, 48 * KIB, 64 * KIB] for one in PAST)


def test_counts() -> None:
    kernel = Ladder(sets=2, largest=96 * KIB, cache=24 * KIB)
    works = {one.name: one.work(3) for one in kernel.phases()}
    step = Step("triad", 96 * KIB)
    elements = 6 * step.passes * step.items
    triad, past = works["triad_96KiB"], works["triad_nontemporal_96KiB"]
    assert (triad.bytes_read, triad.bytes_written) == (16 * elements, 8 * elements)
    assert (triad.bytes_hidden, past.bytes_hidden) == (8 * elements, 0)
    assert triad.flop == 2 * elements
    assert works["triad_64KiB"].bytes_hidden == 0
    assert works["load_96KiB"].traffic == works["load_96KiB"].bytes_read
    assert works["store_96KiB"].bytes_read == 0
    assert works["fma_float32"].flop == 6 * works["fma_float32_core"].flop == 12 * FMA_TERMS


def test_memory_is_what_is_allocated() -> None:
    kernel = Ladder(sets=3, largest=12 * MIB, cache=MIB)
    state = kernel.setup(MPI.COMM_SELF)
    arrays = (state.source, *state.targets.values())
    assert kernel.memory_B(1) == sum(array.nbytes for array in arrays)


def test_every_read_lies_inside_the_source() -> None:
    every = steps(96 * MIB, MIB)
    room = buffers(every)["source"]
    for one in every:
        if one.operation in ("load", "copy", "triad"):
            assert (cpu.SEEDS - 1) * cpu.LINE + one.items <= room
        if one.operation == "triad":
            assert (cpu.SEEDS - 1) * cpu.LINE + one.second + one.items <= room
            assert one.second >= one.items


def test_fit_goes_to_eight_times_the_caches_of_all_threads() -> None:
    given = Ladder.threaded(4)
    assert given == {"sets": 4}
    found = Ladder.fit(given, memory_B=256 * GIB, llc_B=480 * MIB, ranks=2)
    assert found == {"cache": 60 * MIB, "largest": 512 * MIB}
    assert Ladder.fit({}, memory_B=256 * GIB, llc_B=32 * MIB, ranks=2)["largest"] == 128 * MIB


def test_fit_stays_within_the_memory() -> None:
    found = Ladder.fit({"sets": 2}, memory_B=GIB, llc_B=480 * MIB, ranks=3)
    kernel = Ladder(sets=2, **found)  # type: ignore[arg-type]
    assert 0.4 * GIB < 3 * kernel.memory_B(3) <= GIB
    with pytest.raises(IllegalParameter, match="the smallest set needs"):
        Ladder.fit({}, memory_B=1000, llc_B=0, ranks=1)


def test_fit_keeps_what_is_given() -> None:
    assert Ladder.fit({"largest": 8192, "cache": 7}, GIB, 0, 1) == {"sets": 1}
    assert Ladder.fit({"sets": 1, "largest": 8192}, GIB, 64 * MIB, 2) == {"cache": 32 * MIB}
    assert Ladder.fit({"sets": 1, "cache": MIB}, GIB, 64 * MIB, 2) == {"largest": 8 * MIB}
