"""The BLAS of compiled code, on submatrices, against NumPy and SciPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from numba import njit

from kernels._support import blas

RNG = np.random.default_rng(1)


def part(columns: int, rows: int) -> np.ndarray:
    """A matrix [column, row] inside a larger one."""
    return RNG.uniform(-0.5, 0.5, (columns + 3, rows + 5))[2 : 2 + columns, 1 : 1 + rows]


@pytest.mark.parametrize(("m", "n", "k"), [(7, 5, 3), (1, 1, 1), (1, 6, 4), (6, 1, 4), (5, 4, 1)])
def test_dgemm_multiplies_submatrices_in_place(m: int, n: int, k: int) -> None:
    a, b, c = part(k, m), part(n, k), part(n, m)
    around = c.base.copy()
    expected = 2.0 * a.T @ b.T + 0.5 * c.T
    blas.dgemm(2.0, a, b, 0.5, c)
    np.testing.assert_allclose(c.T, expected, rtol=1e-14, atol=1e-14)
    c[:] = around[2 : 2 + n, 1 : 1 + m]
    np.testing.assert_array_equal(c.base, around)


@pytest.mark.parametrize(("m", "n", "k"), [(0, 4, 3), (4, 0, 3), (4, 3, 0), (0, 0, 0)])
def test_dgemm_of_nothing_does_nothing(m: int, n: int, k: int) -> None:
    a, b, c = part(k, m), part(n, k), part(n, m)
    before = c.copy()
    blas.dgemm(1.0, a, b, 1.0, c)
    np.testing.assert_array_equal(c, before)


def test_dtrsm_solves_with_the_unit_lower_triangle() -> None:
    lower, b = part(6, 6), part(4, 6)
    triangle = np.tril(lower.T, -1) + np.eye(6)
    expected = scipy.linalg.solve_triangular(triangle, b.T, lower=True)
    blas.dtrsm_lower_unit(lower, b)
    np.testing.assert_allclose(b.T, expected, rtol=1e-13)


def test_dtrsv_solves_with_the_upper_triangle() -> None:
    upper, x = part(6, 6) + 2.0 * np.eye(6), RNG.random(6)
    expected = scipy.linalg.solve_triangular(np.triu(upper.T), x)
    blas.dtrsv_upper(upper, x)
    np.testing.assert_allclose(x, expected, rtol=1e-13)


def test_dgemv_multiplies_a_submatrix() -> None:
    a, x, y = part(4, 7), RNG.random(4), RNG.random(7)
    expected = -2.0 * a.T @ x + 3.0 * y
    blas.dgemv(-2.0, a, x, 3.0, y)
    np.testing.assert_allclose(y, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("values", "index"), [([1.0, -3.0, 2.0], 1), ([2.0, -2.0], 0), ([0.0], 0), ([], -1)]
)
def test_idamax_counts_from_zero(values: list[float], index: int) -> None:
    assert blas.idamax(np.array(values)) == index


def test_idamax_stays_inside_a_vector_of_nan() -> None:
    assert 0 <= blas.idamax(np.full(9, np.nan)) < 9


def test_rows_must_be_contiguous() -> None:
    square = RNG.random((4, 4))
    with pytest.raises(ValueError, match="contiguous"):
        blas.dgemm(1.0, square.T, square, 0.0, square.copy())


def test_sizes_beyond_32_bits_are_refused() -> None:
    huge = np.lib.stride_tricks.as_strided(np.zeros(1), (1, 2**31), (8, 8))
    with pytest.raises(OverflowError, match="32-bit"):
        blas.dgemm(1.0, huge[:, :1], np.zeros((1, 1)), 0.0, huge)


def test_compiled_code_can_call_it() -> None:
    @njit
    def corner(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        blas.dgemm(1.0, a[1:, 1:], b[1:, 1:], 0.0, c[1:, 1:])

    a, b, c = RNG.random((4, 4)), RNG.random((4, 4)), np.zeros((4, 4))
    corner(a, b, c)
    np.testing.assert_allclose(c[1:, 1:].T, a[1:, 1:].T @ b[1:, 1:].T, rtol=1e-14)


def test_another_process_loads_it_from_the_cache(tmp_path: Path) -> None:
    program = (
        "import numpy as np; from kernels._support import blas\n"
        "c = np.zeros((1, 1)); blas.dgemm(1.0, c + 2, c + 3, 0.0, c); assert c[0, 0] == 6\n"
        "print(*blas.dgemm.stats.cache_hits.values())"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert outputs == [[], ["1"]]
