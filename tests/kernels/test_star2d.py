"""star2d against its NumPy twin and PRK's rules, its code, its strips and its verifier."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.contract import IllegalParameter, Value, values
from kernels.stencil.star2d import cpu, layout, reference, row, wave
from kernels.stencil.star2d.kernel import Star2d

GIB = 2**30
VARIANTS: list[dict[str, Value]] = [
    {"variant": "spatial", "depth": 1},
    {"variant": "temporal", "depth": 3},
    {"variant": "temporal", "depth": 16},
]
TEMPORAL: dict[str, Value] = {"variant": "temporal", "depth": 4, "tile": 16}


def case(nx: int, ny: int, radius: int, steps: int, **more: Value) -> dict[str, Value]:
    sizes: dict[str, Value] = {"n": 8, "nx": nx, "ny": ny, "radius": radius, "steps": steps}
    return {**sizes, "variant": "spatial", "depth": 1, **more}


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        case(3, 3, 1, 2),
        case(9, 9, 4, 3, **TEMPORAL),
        case(5, 47, 2, 5),
        case(47, 5, 2, 5, **TEMPORAL),
        case(61, 53, 3, 7),
        case(61, 53, 3, 7, **TEMPORAL),
        case(130, 40, 2, 9, variant="temporal", depth=2),
        case(75, 64, 1, 11, dtype="float32", **TEMPORAL),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(41, 37, 2, 5, **TEMPORAL)


def owner(comm: MPI.Intracomm) -> bool:
    return comm.rank == comm.size - 1


def flip_one_point(state: cpu.State, comm: MPI.Intracomm) -> None:
    if owner(comm):
        state.own[1][-3, -3] *= 1.0 + 1e-12


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if owner(comm):
        state.own[1][0, 0] = np.nan


def write_beyond_the_active_points(state: cpu.State, comm: MPI.Intracomm) -> None:
    """PRK's own check does not look there."""
    if owner(comm):
        state.own[1][-1, -1] = 1e-9


def exchange_two_values(state: cpu.State, comm: MPI.Intracomm) -> None:
    """A sum of magnitudes, as PRK's is, cannot notice that."""
    if owner(comm):
        out = state.own[1]
        out[-3, -3] += 1.0
        out[-4, -4] -= 1.0


def forget_an_increment(state: cpu.State, comm: MPI.Intracomm) -> None:
    if owner(comm):
        state.own[0][:, -1] -= 1.0


def skip_an_iteration(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.restore()
    state.sweep(4, 4)


def leave_a_border_stale(state: cpu.State, comm: MPI.Intracomm) -> None:
    """A row is a step behind when the last iteration reads it; afterwards it is right again."""
    state.restore()
    state.sweep(4, 4)
    middle = state.u.shape[0] // 2
    state.u[middle] -= 1.0
    state.sweep(1, 1)
    state.u[middle] += 1.0


MUTATIONS = {
    "flip_one_point": flip_one_point,
    "not_a_number": not_a_number,
    "write_beyond_the_active_points": write_beyond_the_active_points,
    "exchange_two_values": exchange_two_values,
    "forget_an_increment": forget_an_increment,
    "skip_an_iteration": skip_an_iteration,
    "leave_a_border_stale": leave_a_border_stale,
}


def run(given: dict[str, Value], comm: MPI.Intracomm = MPI.COMM_SELF) -> cpu.State:
    kernel = Star2d(**given)  # type: ignore[arg-type]
    kernel.check_geometry(comm.size)
    state = kernel.setup(comm)
    kernel.prepare(state)
    kernel.phases()[0].run(state)
    return state


def rough(state: cpu.State, steps: int, depth: int) -> None:
    """Iterate a field without any pattern: in and out have the bits of the twin."""
    own, out = state.own
    own[...] = np.random.default_rng(1).standard_normal(own.shape)
    wanted, added = own.copy(), out.copy()
    state.sweep(steps, depth)
    reference.iterate(wanted, added, state.radius, steps)
    np.testing.assert_array_equal(own, wanted)
    np.testing.assert_array_equal(out, added)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: f"depth{one['depth']}")
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("radius", reference.RADII)
def test_bits_are_those_of_numpy(radius: int, threads: int, variant: dict[str, Value]) -> None:
    for dtype in ("float64", "float32"):
        for nx, ny, tile in [(9, 9, 0), (41, 37, 16), (75, 61, 24), (17, 90, 0), (130, 11, 32)]:
            kernel = Star2d(**case(nx, ny, radius, 7, tile=tile, dtype=dtype, **variant))  # type: ignore[arg-type]
            rough(_with_threads(kernel, threads), 7, kernel.depth)


def _with_threads(kernel: Star2d, threads: int) -> cpu.State:
    """A state cut for so many threads, however many there are."""
    sizes = kernel._sizes(kernel.points)
    own = layout.place(kernel.points, (1, 1, 1), 0)
    return cpu.allocate(kernel.points, own, sizes, kernel.dtype, MPI.COMM_SELF, threads)


def test_in_and_out_are_known_and_prk_accepts_them() -> None:
    kernel = Star2d(**mutation_case(1))  # type: ignore[arg-type]
    state = run(values(kernel))
    source, out = state.own
    np.testing.assert_array_equal(source, reference.initial(37, 41) + 5.0)
    assert np.abs(out[2:-2, 2:-2] - 10.0).max() <= kernel.tolerance(5)
    assert (out[:2] == 0.0).all()
    check = kernel.verify(state, MPI.COMM_SELF)
    assert check.passed
    assert "PRK's L1 norm is 10 of 10" in check.what


@pytest.mark.parametrize("radius", reference.RADII)
def test_weights_are_those_of_a_divergence(radius: int) -> None:
    """PRK's: each axis gives the derivative of x + y, which is 1, as radius equal shares."""
    shares = [2 * k * reference.weight(radius, k) for k in range(1, radius + 1)]
    np.testing.assert_allclose(shares, 1.0 / radius)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("radius", reference.RADII)
def test_rounding_stays_within_the_tolerance(radius: int, dtype: str) -> None:
    kernel = Star2d(**case(23, 21, radius, 300, dtype=dtype))  # type: ignore[arg-type]
    check = kernel.verify(run(values(kernel)), MPI.COMM_SELF)
    assert check.passed, check


def test_flop_are_counted_as_prk_counts_them() -> None:
    work = Star2d(**case(10, 12, 2, 5)).phases()[0].work(2)  # type: ignore[arg-type]
    assert work.flop == (2 * 9 + 1) * 6 * 8 * 5
    assert work.items == 6 * 8 * 5
    assert work.traffic == 32 * 10 * 12 * 5
    once = Star2d(**case(10, 12, 2, 5, variant="temporal", depth=4))  # type: ignore[arg-type]
    assert once.phases()[0].work(2).traffic == 32 * 10 * 12 * 2


def test_says_flop_and_updates() -> None:
    (phase,) = Star2d(**case(10, 12, 2, 5)).phases()  # type: ignore[arg-type]
    assert [one.name for one in phase.metrics] == ["flop_rate", "update_rate"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (case(8, 9, 4, 1), r"radius = 4: at most 3 on 8 x 9 points"),
        (case(99, 99, 2, 1, depth=2), r"depth = 2: 1 with variant = spatial"),
        (case(99, 99, 2, 10**6, dtype="float32"), r"steps = 1000000: at most \d\d\d on 99 x 99"),
        (case(2**24, 99, 2, 1, dtype="float32"), r"steps = 1: at most 0 on 16777216 x 99"),
    ],
)
def test_refuses_what_it_cannot_run(given: dict[str, Value], said: str) -> None:
    with pytest.raises(IllegalParameter, match=said):
        Star2d(**given).check_geometry(1)  # type: ignore[arg-type]


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 7, 12, 64])
@pytest.mark.parametrize("radius", [1, 4])
@pytest.mark.parametrize("points", [(1, 9, 9), (1, 9, 1000), (1, 100, 11), (1, 200, 200)])
def test_every_point_has_one_owner_whose_block_is_deep_enough(
    points: tuple[int, int, int], radius: int, ranks: int
) -> None:
    grid = layout.rank_grid(points, radius, ranks)
    seen = np.zeros(points[1:], dtype=int)
    for rank in range(ranks):
        own = layout.place(points, grid, rank)
        _, y, x = own.blocks
        seen[y.start : y.stop, x.start : x.stop] += 1
        for size, beside in zip(own.shape, own.neighbours, strict=True):
            assert size >= radius or beside == (None, None)
    assert (seen == 1).all()


def test_ranks_make_a_square_grid() -> None:
    assert layout.rank_grid((1, 800, 800), 2, 4) == (1, 2, 2)
    assert layout.rank_grid((1, 800, 800), 2, 2) == (1, 2, 1)
    assert layout.rank_grid((1, 5, 800), 2, 2) == (1, 1, 2)
    assert layout.rank_grid((1, 9, 9), 4, 64) == (1, 2, 2)


@pytest.mark.parametrize("beside", [(None, None), (None, 1), (0, None), (0, 2)])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("rows", [4, 7, 8, 12, 13, 100])
def test_strips_cover_the_rows_and_the_core_needs_no_halo(
    rows: int, threads: int, beside: tuple[int | None, int | None]
) -> None:
    radius = 4
    found = layout.strips(rows, radius, beside, threads)
    assert found.cuts[0] == radius
    assert found.cuts[-1] == radius + rows
    assert all(stop - start >= radius for start, stop in itertools.pairwise(found.cuts))
    core = range(*found.core)
    assert sorted([*core, *(i for one in found.shell for i in range(*one))]) == list(
        range(found.count)
    )
    if core:
        assert beside[0] is None or found.cuts[core[0]] >= 2 * radius
        assert beside[1] is None or found.cuts[core[-1] + 1] <= rows
        assert len(core) <= threads


@pytest.mark.parametrize("radius", reference.RADII)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_tile_stays_in_a_private_cache(dtype: str, radius: int) -> None:
    for depth in (1, 8, 16):
        item_B = np.dtype(dtype).itemsize
        sizes = layout.Sizes(8000, 8000, radius, depth, item_B, 0)
        under_way = 2 * radius * depth + layout.BLOCK
        assert sizes.width % sizes.margin == 0
        assert 0.8 < 2 * under_way * sizes.width * item_B / layout.TILE_B <= 1 or depth == 1


def loop_of(radius: int, count: int, real: Any) -> list[str]:
    """The instructions of the loop over the vectors of so many rows."""

    def update(one: Any, out: Any, rows: Any, vectors: Any) -> None:
        row.update_rows(radius, count, one, out, rows, 0, vectors)

    rows, pair = (numba.types.UniTuple(numba.int64, one) for one in (row.ROWS, 2))
    signature = numba.void(real, pair, rows, numba.int64)
    (code,) = numba.njit(signature, error_model="numpy")(update).inspect_asm().values()
    body: list[str] = []
    label = ""
    for line in (one.strip() for one in str(code).splitlines()):
        if re.match(r"^\.LBB\w+:", line):
            label, body = line.partition(":")[0], []
        elif line and not line.startswith((".", "#")):
            body.append(line)
            if label and line.split()[-1] == label:
                return body
    raise AssertionError("no loop")


@pytest.mark.parametrize("real", [numba.float64, numba.float32])
@pytest.mark.parametrize("radius", reference.RADII)
@pytest.mark.parametrize("count", [1, wave.TOGETHER])
def test_the_loop_of_rows_has_vectors_and_nothing_else(radius: int, count: int, real: Any) -> None:
    body = loop_of(radius, count, real)
    names = [line.split()[0] for line in body]
    kind = "pd" if real is numba.float64 else "ps"
    products = [one for one in names if re.match(rf"v?mul{kind}|fmul", one)]
    vectors = len(products) // (radius * count)
    assert vectors in (1, 2, 4), names  # a line of the cache is one vector, or more narrow ones
    assert len(products) == radius * count * vectors
    assert not [one for one in names if re.match(r"call|bl$|v?(add|sub|mul)s[sd]|v?fn?madd", one)]
    jumps = [one for one in names if re.match(r"j|b\.|cb|tb", one)]
    assert len(jumps) == 1, "a branch in the loop: an index is tested"


def test_memory_is_what_is_allocated() -> None:
    numba.set_num_threads(1)
    for radius, dtype in ((1, "float64"), (3, "float32")):
        kernel = Star2d(**case(100, 200, radius, 5, dtype=dtype, **TEMPORAL))  # type: ignore[arg-type]
        state = kernel.setup(MPI.COMM_SELF)
        arrays = (state.u, state.out, state.borders, state.edges, state.rings, state.weights)
        assert kernel.memory_B(1) == sum(array.nbytes for array in arrays)


def test_fit_fills_the_caches_four_times() -> None:
    found = Star2d.fit({}, memory_B=64 * GIB, llc_B=480 * 2**20, ranks=2)
    assert found["n"] == found["nx"] == found["ny"]
    assert found["depth"] == 1
    assert int(found["n"]) ** 2 * 8 >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    found = Star2d.fit({}, memory_B=GIB // 8, llc_B=480 * 2**20, ranks=3)
    kernel = Star2d(**found)  # type: ignore[arg-type]
    assert 0.9 * GIB / 8 < 3 * kernel.memory_B(3) <= GIB / 8
    with pytest.raises(IllegalParameter, match="n = 1 needs"):
        Star2d.fit({}, memory_B=100, llc_B=0, ranks=1)


def test_fit_keeps_what_is_given() -> None:
    given: dict[str, Value] = {"n": 70, "nx": 90, "variant": "temporal", "radius": 4}
    assert Star2d.fit(given, GIB, 0, 1) == {"ny": 70, "depth": 8}
    assert Star2d.fit({"nx": 20, "ny": 80, "depth": 1}, GIB, 0, 1) == {"n": 40}


def test_weak_scaling_lets_the_shorter_edge_grow() -> None:
    square: dict[str, Value] = {"n": 100, "nx": 100, "ny": 100}
    assert Star2d.weak(square, 1) == {"n": 100, "ny": 100, "nx": 100}
    assert Star2d.weak(square, 2) == {"n": 100, "ny": 200, "nx": 100}
    assert Star2d.weak(square, 4) == {"n": 100, "ny": 200, "nx": 200}
    assert Star2d.weak(square, 6) == {"n": 100, "ny": 300, "nx": 200}


def test_what_is_tried_can_be_run() -> None:
    tuning = Star2d.tuning({}, 2)
    for stage in tuning.stages.values():
        for one in stage:
            Star2d(**{"variant": "temporal", "depth": 4, **tuning.sizes, **one}).check_geometry(2)  # type: ignore[arg-type]


class Laps:
    """A watch that remembers."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.passes: list[tuple[int, int]] = []

    def lap(self, part: str) -> None:
        self.parts.append(part)

    def progress(self, done: int, total: int, share: float) -> None:
        self.passes.append((done, total))

    def note(self, series: str, value: float) -> None:
        raise AssertionError(series)


def test_tells_its_parts_and_its_passes() -> None:
    kernel = Star2d(**case(41, 37, 2, 10, **TEMPORAL))  # type: ignore[arg-type]
    state, laps = kernel.setup(MPI.COMM_SELF), Laps()
    kernel.watch(state, laps)
    kernel.phases()[0].run(state)
    assert set(laps.parts) == {"exchange", "core", "shell"}
    assert laps.passes == [(1, 3), (2, 3), (3, 3)]
