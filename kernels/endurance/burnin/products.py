"""DGEMM in a burn-in: products through the BLAS, of which every bit of every element is known.

Two products of different operands:

    exact    C = A B of integers so small that every sum is a float64 without rounding: what C must
             be is computed in integer arithmetic, and holds for any processor and any order
    stress   C = A B of numbers with 53 random bits, which keep all of a multiplier busy: what C
             must be is agreed on (`answers`), and checked by C x = A (B x)

A repetition is one exact product and so many stress products, on every core at once with operands
that the cores of a rank share. An element of every cache line of C is spoilt before a product, so
that one that is not written shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blas import gemm
from kernels._support.leading import leading_dimension
from kernels._support.memory import touched
from kernels._support.splitmix import stream_key
from kernels.endurance.burnin.answers import Answer, Input, words_of
from kernels.endurance.burnin.findings import Findings
from kernels.endurance.burnin.words import Words, digest, fill_integers, fill_reals, spoil
from kernels.endurance.burnin.workers import Workers

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Matrix = NDArray[Any]
"""Indexed [column, row]: (n, leading dimension)."""
PART: Final = "dgemm"
_SPOILT: Final = np.uint64(0x7FF8_0000_0000_0001)
_TOLERANCE: Final = 16.0
"""Of the scaled residual, as of dgemm: sound products have some 0.1."""


@njit("void(i8[:,::1], i8[:,::1], i8[:,::1], i8, i8)", cache=True, nogil=True)
def multiply_integers(a: Matrix, b: Matrix, c: Matrix, low: int, high: int) -> None:
    """The columns low to high of C = A B, all n x n and stored by columns."""
    n = c.shape[1]
    for j in range(low, high):
        column = c[j]
        for k in range(n):
            factor, other = b[j, k], a[k]
            for i in range(n):
                column[i] += other[i] * factor


def integer_bits(n: int) -> int:
    """The b for which sums of n products of integers below 2^b are exact: n 2^2b <= 2^53."""
    return (53 - (n - 1).bit_length()) // 2


@dataclass
class Products:
    """The operands of a rank, the expected results, and a result for each worker."""

    n: int
    a: dict[str, Matrix]
    b: dict[str, Matrix]
    c: list[Matrix]
    answers: dict[str, Answer]

    def compute(self, kind: str, worker: int) -> Words:
        """One product of a worker; the words of its C."""
        c, n = self.c[worker], self.n
        words = words_of(c)
        spoil(words, _SPOILT)
        c[:, n:] = 0.0
        multiply(self.a[kind][:, :n], self.b[kind][:, :n], c[:, :n])
        return words

    def words(self, worker: int) -> Words:
        """The last result of a worker."""
        return words_of(self.c[worker])

    def run(self, worker: int, count: int, told: Callable[[int], None]) -> None:
        """One exact product and ``count`` others, each compared; told : how many are done."""
        for done in range(count + 1):
            kind = "stress" if done else "exact"
            self.answers[kind].check(self.compute(kind, worker))
            told(done + 1)

    def error(self, words: Words) -> float:
        """The residual of a stress product, scaled by what rounding allows."""
        n = self.n
        a, b = (one["stress"][:, :n] for one in (self.a, self.b))
        return residual(a, b, words.view(np.float64).reshape(self.c[0].shape)[:, :n]) / _TOLERANCE


def multiply(a: Matrix, b: Matrix, c: Matrix) -> None:
    """C = A B through the BLAS."""
    gemm(1.0, a, b, 0.0, c)


def residual(a: Matrix, b: Matrix, c: Matrix) -> float:
    """||C x - A (B x)|| / (sqrt(n) ||C|| ||x|| eps / 2), or infinite; without the BLAS.

    The largest absolute value for vectors, the largest 2-norm of a row for C; see dgemm's check.
    """
    x = np.linspace(0.5, 1.5, c.shape[0])
    with np.errstate(all="ignore"):
        bx = (b * x[:, None]).sum(axis=0)
        y = (c * x[:, None]).sum(axis=0) - (a * bx[:, None]).sum(axis=0)
        norm = np.sqrt((c * c).sum(axis=0).max()) * x.max()
        eps = np.finfo(np.float64).eps / 2.0
        error = float(np.abs(y).max() / (np.sqrt(c.shape[0]) * norm * eps))
    return error if np.isfinite(error) else np.inf


def prepare(n: int, seed: int, workers: Workers, findings: Findings, group: Intracomm) -> Products:
    """Make the operands, and find out what the products must be. Collective on the group."""
    shape = n, leading_dimension(n)
    c: list[Matrix] = [np.empty(0)] * workers.count

    def touch(worker: int) -> None:
        c[worker] = touched(shape)

    workers.each(touch)
    products = Products(n, {}, {}, c, {})
    for kind, first in (("exact", 0), ("stress", 2)):
        a, b = (touched(shape) for _ in range(2))
        products.a[kind], products.b[kind] = a, b
        inputs = [
            Input(name, words_of(one), _filling(one, n, kind, stream_key(seed, first + k)))
            for k, (name, one) in enumerate((("A", a), ("B", b)))
        ]
        words = words_of(touched(shape))
        answer = Answer(PART, words, _place(shape[1]), inputs, findings)
        products.answers[kind] = answer
    _know_exact(products, workers)
    stress = products.answers["stress"]
    stress.agree(workers, lambda worker: products.compute("stress", worker), products.error, group)
    return products


def _filling(matrix: Matrix, n: int, kind: str, key: np.uint64) -> Callable[[], None]:
    def restore() -> None:
        drawn: NDArray[Any]
        if kind == "exact":
            drawn = np.empty(n * n, np.int64)
            fill_integers(drawn, key, integer_bits(n))
        else:
            drawn = np.empty(n * n)
            fill_reals(drawn, key)
        matrix[:, :n] = drawn.reshape(n, n)
        matrix[:, n:] = 0.0

    return restore


def _place(leading: int) -> Callable[[int], str]:
    def place(index: int) -> str:
        return f"row {index % leading}, column {index // leading} of C"

    return place


def _know_exact(products: Products, workers: Workers) -> None:
    """Compute the exact product with integers, each worker some columns."""
    n, count = products.n, workers.count
    a, b = (
        np.ascontiguousarray(one["exact"][:, :n]).astype(np.int64)
        for one in (products.a, products.b)
    )
    c = np.zeros((n, n), np.int64)
    workers.each(
        lambda worker: multiply_integers(a, b, c, n * worker // count, n * (worker + 1) // count)
    )
    answer = products.answers["exact"]
    answer.words.view(np.float64).reshape(products.c[0].shape)[:, :n] = c
    answer.digest = int(digest(answer.words))
