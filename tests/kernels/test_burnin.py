"""Burn-in: every flipped bit is found, and told with CPU, part, repetition, place and bits."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpi4py import MPI

from kernels._support.splitmix import stream_key
from kernels.contract import IllegalParameter, Value
from kernels.endurance.burnin import cpu, products, reference, transforms
from kernels.endurance.burnin.answers import Vote, choose
from kernels.endurance.burnin.findings import NOTED, Findings, bits
from kernels.endurance.burnin.kernel import PASSES, Burnin
from kernels.endurance.burnin.patterns import Pattern
from kernels.endurance.burnin.words import (
    BLOCK,
    compare,
    digest,
    exchange,
    fill_integers,
    generate,
)

KINDS = ("constant", "walking", "address", "random")
SMALL: dict[str, Value] = {"products": 2, "transforms": 2, "duration": 0.0, "cores": 1}


def cases(ranks: int) -> list[dict[str, Value]]:
    sizes = [(8, 1, 2), (1000, 7, 8), (8 * BLOCK * 3 + 8, 33, 64), (100_000, 64, 512)]
    found = [{**SMALL, "filled": filled, "n": n, "points": p} for filled, n, p in sizes]
    return [*found, {**found[1], "cores": 2}, {**found[2], "cores": 3, "seed": 7}]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {**SMALL, "filled": 50_008, "n": 20, "points": 32}


def last(comm: MPI.Intracomm) -> bool:
    return comm.rank == comm.size - 1


def flip(words: Any, index: int, bit: int) -> None:
    words.view(np.uint64).reshape(-1)[index] ^= np.uint64(1 << bit)


def lowest_bit_of_a_product(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last(comm):
        flip(state.products.c[0], 45, 0)


def sign_of_a_transform(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        flip(state.transforms.room[0][state.transforms.half], 63, 63)


def bit_of_memory(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last(comm):
        flip(state.memory.parts[-1], -1, 17)


def expected_product(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        flip(state.products.answers["exact"].words, 3, 40)


def operand(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last(comm):
        flip(state.products.a["stress"], 7, 1)


def roots(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last(comm):
        flip(state.transforms.roots, 5, 3)


def end_of_a_chain(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        flip(state.ends, 0, 30)


def everybody_is_wrong_alike(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Expected and found: only the independent check can tell."""
    for array in (state.products.c[0], state.products.answers["stress"].words):
        flip(array, 2, 52)
    answer = state.products.answers["stress"]
    answer.digest = int(digest(answer.words))


MUTATIONS = {
    "bit_of_memory": bit_of_memory,
    "end_of_a_chain": end_of_a_chain,
    "everybody_is_wrong_alike": everybody_is_wrong_alike,
    "expected_product": expected_product,
    "lowest_bit_of_a_product": lowest_bit_of_a_product,
    "operand": operand,
    "roots": roots,
    "sign_of_a_transform": sign_of_a_transform,
}


def small(**changes: Value) -> Burnin:
    return Burnin(**{**mutation_case(1), **changes})  # type: ignore[arg-type]


def repeated(kernel: Burnin, state: cpu.State, times: int = 1) -> None:
    for _ in range(times):
        kernel.prepare(state)
        for phase in kernel.phases():
            phase.run(state)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_exact_products_are_those_of_python(n: int) -> None:
    state = small(n=n).setup(MPI.COMM_SELF)
    width = products.integer_bits(n)
    a, b = (reference.integers(int(stream_key(1, k)), n * n, width) for k in (0, 1))
    wanted = reference.product(n, a, b)
    assert max(abs(one) for column in wanted for one in column) <= 2**53
    words = state.products.compute("exact", 0)
    np.testing.assert_array_equal(words.view(np.float64).reshape(n, -1)[:, :n], wanted)
    np.testing.assert_array_equal(words, state.products.answers["exact"].words)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 31, 1024, 1025, 2**14])
def test_integers_are_as_large_as_exact_sums_allow(order: int) -> None:
    width = products.integer_bits(order)
    assert order * 2 ** (2 * width) <= 2**53 < order * 2 ** (2 * (width + 1))
    drawn = np.empty(5000, np.int64)
    fill_integers(drawn, np.uint64(3), width)
    assert -(2**width) <= drawn.min() < -(2 ** (width - 1)) < 2 ** (width - 1) < drawn.max()


@pytest.mark.parametrize("points", [2, 4, 8, 16, 32, 128, 1024, 2048])
def test_transforms_are_those_of_the_definition(points: int) -> None:
    state = small(points=points).setup(MPI.COMM_SELF)
    found = state.transforms.compute(0).view(np.float64).reshape(2, points)
    wanted = reference.transform(state.transforms.x)
    assert np.abs(found - wanted).max() < 1e-12 * np.sqrt(points)
    assert transforms.difference(state.transforms.x, found) < 0.5 * transforms.allowed(points)


@given(st.sampled_from(KINDS), st.integers(0, 2**64 - 1), st.booleans(), st.integers(0, 1000))
def test_patterns_are_those_of_python(kind: str, key: int, flipped: bool, start: int) -> None:
    key = key % 64 if kind == "walking" else key
    made = Pattern(KINDS.index(kind), key, flipped)
    words = np.zeros(130, np.uint64)
    generate(words, made.words, start)
    wanted = reference.pattern(kind, key, start + 130, flipped=flipped)[start:]
    assert words.tolist() == wanted


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_a_pass_reads_every_word_and_writes_every_word(size: int, down: bool) -> None:
    old, new = Pattern(3, 5), Pattern(1, 9, flipped=True)
    words, log = np.zeros(size, np.uint64), np.zeros((2, 3), np.uint64)
    generate(words, old.words, 0)
    wrong = sorted({0, size // 2, size - 1})
    for index in wrong:
        flip(words, index, index % 64)
    assert exchange(words, 0, size, down, old.words, new.words, log) == len(wrong)
    listed = sorted(wrong, key=lambda i: (-(i // BLOCK) if down else i // BLOCK, i))
    assert log[:, 0].tolist()[: len(wrong)] == listed[:2]
    assert int(log[0, 1] ^ log[0, 2]) == 1 << listed[0] % 64
    assert words.tolist() == reference.pattern("walking", 9, size, flipped=True)


@given(st.integers(0, 1999), st.integers(0, 63))
def test_any_bit_anywhere_is_seen(index: int, bit: int) -> None:
    wanted = np.random.default_rng(0).integers(0, 2**63, 2000).astype(np.uint64)
    found, log = wanted.copy(), np.zeros((2, 3), np.uint64)
    flip(found, index, bit)
    assert compare(found, wanted, log) == 1
    assert log[0].tolist() == [index, int(found[index]), int(wanted[index])]
    assert digest(found) != digest(wanted)
    assert compare(wanted, wanted.copy(), log) == 0


def bent(real: Callable[..., Any], at: int, bend: Callable[[Any], None]) -> Callable[..., Any]:
    """A function that is wrong in its call number ``at``, in its last argument but ``bend``."""
    calls = 0

    def call(*arguments: Any) -> Any:
        nonlocal calls
        result = real(*arguments)
        calls += 1
        if calls == at:
            bend(arguments)
        return result

    return call


def test_a_product_that_is_wrong_once_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = small(products=5)
    state = kernel.setup(MPI.COMM_SELF)
    wrong = bent(products.multiply, 9, lambda given: flip_at(given[2], 4, 13))
    monkeypatch.setattr(products, "multiply", wrong)
    repeated(kernel, state, 3)
    (line,) = kernel.found(state)
    here = "|".join(f"CPU {one}:" for one in sorted(os.sched_getaffinity(0)))
    assert line.split(" dgemm")[0] in here
    assert "dgemm, repetition 1: row 13, column 4 of C: 1 bit differs, found 0x" in line
    assert line.endswith("XOR 0x0000000000000001")
    check = kernel.verify(state, MPI.COMM_SELF)
    assert (check.error, check.passed) == (1.0, False)
    assert kernel.found(state) == (), "told once"


def flip_at(matrix: Any, column: int, row: int) -> None:
    matrix[column, row] = np.nextafter(matrix[column, row], np.inf)
    word = matrix[column : column + 1, row : row + 1].view(np.uint64)
    word[...] = (
        (word - np.uint64(1)) ^ np.uint64(1)
        if matrix[column, row] > 0
        else (word + np.uint64(1)) ^ np.uint64(1)
    )


def test_a_product_that_is_not_computed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = small()
    state = kernel.setup(MPI.COMM_SELF)
    monkeypatch.setattr(products, "multiply", lambda a, b, c: None)
    repeated(kernel, state)
    assert not kernel.verify(state, MPI.COMM_SELF).passed


def test_what_changed_in_memory_is_not_blamed_on_the_core() -> None:
    kernel = small()
    state = kernel.setup(MPI.COMM_SELF)
    flip(state.products.answers["stress"].words, 3, 12)
    flip(state.transforms.x, 2, 60)
    repeated(kernel, state)
    dgemm, *fft = kernel.found(state)
    assert len(fft) == NOTED
    assert "where the copy of the expected answer had changed in memory: 1 bit differs" in dgemm
    assert "computed from the input, which had changed in memory" in fft[0]
    assert fft[-1].endswith("more words differ")
    repeated(kernel, state)
    assert kernel.found(state) == (), "both were made anew"


def test_memory_that_changes_while_the_cores_compute_is_found_by_the_next_pattern() -> None:
    kernel = small()
    state = kernel.setup(MPI.COMM_SELF)
    repeated(kernel, state, 2)
    flip(state.memory.parts[0], 1234, 5)
    repeated(kernel, state)
    (line,) = kernel.found(state)
    address = state.memory.parts[0].ctypes.data + 8 * 1234
    assert f"moving inversions, repetition 2: offset 9872 B (address 0x{address:x})" in line
    assert "which held complement of random: 1 bit differs" in line


def test_broken_memory_does_not_fill_the_disk() -> None:
    kernel = small()
    state = kernel.setup(MPI.COMM_SELF)
    for _ in range(30):
        state.memory.parts[0][:] ^= np.uint64(1)
        repeated(kernel, state)
    lines = kernel.found(state)
    assert len(lines) == 65
    assert "words differ" in lines[3]
    assert lines[-1] == "56 more findings were counted and are not listed"
    assert kernel.verify(state, MPI.COMM_SELF).error == 30 * 6251


def test_the_first_answers_are_chosen_by_most_and_by_what_is_sound() -> None:
    lone = Vote((1, 1, 1), 0.1, 0)
    assert choose([lone]).digest == 1
    assert choose([Vote((2, 2, 2), 0.1, 1), lone, lone]).digest == 1
    assert choose([Vote((3, 1, 1), 0.1, 1)]).digest == 1, "one was wrong by chance"
    unsound = Vote((2, 2, 2), 1e9, 1)
    assert choose([unsound, unsound, lone]).digest == 1
    tie = choose([Vote((2, 2, 2), 0.1, 1), lone])
    assert tie.doubt == " (only 3 of 6 first answers had the expected bits)"
    assert choose([lone, lone, Vote((2, 2, 2), 0.1, 1)]).doubt == ""


def test_a_core_that_is_always_wrong_is_outvoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers, of which the last has another lowest bit in every product from the start."""
    real = products.Products.compute

    def compute(self: products.Products, kind: str, worker: int) -> Any:
        words = real(self, kind, worker)
        if worker == 2:
            flip(words, 1, 0)
        return words

    monkeypatch.setattr(products.Products, "compute", compute)
    kernel = small(cores=3)
    state = kernel.setup(MPI.COMM_SELF)
    (line,) = kernel.found(state)
    assert "dgemm, set-up: row 1, column 0 of C: 1 bit differs" in line
    repeated(kernel, state)
    assert len(kernel.found(state)) == 3


def test_bits_in_words() -> None:
    assert bits(0b1011, 0b1000).startswith("2 bits differ, found 0x000000000000000b expected 0x")
    found = Findings()
    found.begin(0)
    found.wrong(7, "fft", "it is off")
    assert found.taken() == ("CPU 7: fft, warm-up: it is off",)


def test_counts_and_sizes() -> None:
    kernel = Burnin(filled=1003, n=10, products=4, points=16, transforms=3, cores=2)
    works = {phase.name: phase.work(3) for phase in kernel.phases()}
    assert works["dgemm"].flop == 2 * 1000 * 5 * 2 * 3
    assert works["fft"].flop == 5 * 16 * 4 * 3 * 2 * 3
    assert works["moving_inversions"].bytes_moved == 2 * 3 * 1000 * 3
    assert [works[name].bytes_moved for name in PASSES][1:] == [2 * 2 * 1000 * 3] * 3
    with pytest.raises(IllegalParameter, match="power of 2"):
        Burnin(filled=8, n=8, points=24, cores=1).check_geometry(1)


def test_fit_fills_what_the_matrices_leave() -> None:
    for ranks, cores in ((1, 1), (4, 1), (2, 3)):
        chosen = Burnin.fit({"cores": cores}, memory_B=2**33, llc_B=0, ranks=ranks)
        kernel = Burnin(cores=cores, **chosen)  # type: ignore[arg-type]
        assert 2**33 - 8 * ranks <= ranks * kernel.memory_B(ranks) <= 2**33
    with pytest.raises(IllegalParameter, match="matrices and transforms of a rank take"):
        Burnin.fit({"n": 1024}, memory_B=2**25, llc_B=0, ranks=1)
    given = {"filled": 80, "n": 10, "points": 16, "cores": 1}
    assert Burnin.fit(given, memory_B=1, llc_B=0, ranks=1) == {}


def test_a_small_memory_has_smaller_matrices() -> None:
    chosen = Burnin.fit({"cores": 1}, memory_B=2**25, llc_B=0, ranks=2)
    kernel = Burnin(cores=1, **chosen)  # type: ignore[arg-type]
    assert kernel.n < 1024
    assert 2 * kernel.filled >= kernel.memory_B(2)
