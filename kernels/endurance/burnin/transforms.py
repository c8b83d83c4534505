"""Fourier transforms in a burn-in: strided access and additions where DGEMM has neither.

A Stockham transform of 2^m complex numbers, in steps of radix 4 and one of radix 2 where m is odd
(C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, 1.7). Real and
imaginary parts lie apart, so that the inner loops become vector code. Nothing is reassociated or
fused: every processor that has the same table of roots computes the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.memory import touched
from kernels._support.splitmix import stream_key
from kernels.endurance.burnin.answers import Answer, Input, words_of
from kernels.endurance.burnin.findings import Findings
from kernels.endurance.burnin.words import Words, fill_reals, spoil
from kernels.endurance.burnin.workers import Workers

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Complex = NDArray[np.float64]
"""(2, n): real parts, imaginary parts."""
PART: Final = "fft"
_SPOILT: Final = np.uint64(0x7FF8_0000_0000_0001)
_SEED_STREAM: Final = 4


@njit("void(f8[:,::1], f8[:,::1], f8[:,::1], i8, i8)", cache=True, error_model="numpy", nogil=True)
def radix_4(x: Any, y: Any, roots: Any, n: int, s: int) -> None:
    """One step of radix 4, from x to y.

    n : length of the transforms that are left; s : of those done; roots : exp(-2 pi i k / (n s)).
    """
    quarter = n // 4
    for p in range(quarter):
        w1r, w1i = roots[0, p * s], roots[1, p * s]
        w2r, w2i = roots[0, 2 * p * s], roots[1, 2 * p * s]
        w3r, w3i = roots[0, 3 * p * s], roots[1, 3 * p * s]
        at, to = s * p, 4 * s * p
        far = s * quarter
        for q in range(s):
            a_r, a_i = x[0, at + q], x[1, at + q]
            b_r, b_i = x[0, at + far + q], x[1, at + far + q]
            c_r, c_i = x[0, at + 2 * far + q], x[1, at + 2 * far + q]
            d_r, d_i = x[0, at + 3 * far + q], x[1, at + 3 * far + q]
            even_r, even_i = a_r + c_r, a_i + c_i
            odd_r, odd_i = b_r + d_r, b_i + d_i
            y[0, to + q], y[1, to + q] = even_r + odd_r, even_i + odd_i
            h_r, h_i = even_r - odd_r, even_i - odd_i
            y[0, to + 2 * s + q] = w2r * h_r - w2i * h_i
            y[1, to + 2 * s + q] = w2r * h_i + w2i * h_r
            less_r, less_i = a_r - c_r, a_i - c_i
            turned_r, turned_i = d_i - b_i, b_r - d_r  # i (b - d)
            u_r, u_i = less_r - turned_r, less_i - turned_i
            y[0, to + s + q] = w1r * u_r - w1i * u_i
            y[1, to + s + q] = w1r * u_i + w1i * u_r
            v_r, v_i = less_r + turned_r, less_i + turned_i
            y[0, to + 3 * s + q] = w3r * v_r - w3i * v_i
            y[1, to + 3 * s + q] = w3r * v_i + w3i * v_r


@njit("void(f8[:,::1], f8[:,::1], i8)", cache=True, error_model="numpy", nogil=True)
def radix_2(x: Any, y: Any, s: int) -> None:
    """The last step where the number of doublings is odd: transforms of length 2."""
    for q in range(s):
        a_r, a_i, b_r, b_i = x[0, q], x[1, q], x[0, s + q], x[1, s + q]
        y[0, q], y[1, q] = a_r + b_r, a_i + b_i
        y[0, s + q], y[1, s + q] = a_r - b_r, a_i - b_i


@njit("i8(f8[:,::1], f8[:,:,::1], f8[:,::1])", cache=True, error_model="numpy", nogil=True)
def transform(x: Any, room: Any, roots: Any) -> int:
    """The transform of x (2, n), which is kept; room : (2, 2, n). Which half of room holds it."""
    left, done, to = x.shape[1], 1, 0
    source = x
    while left >= 4:
        radix_4(source, room[to], roots, left, done)
        source, to = room[to], 1 - to
        left, done = left // 4, done * 4
    if left == 2:
        radix_2(source, room[to], done)
        to = 1 - to
    return 1 - to


@dataclass
class Transforms:
    """The input of a rank, the table of roots, and room for each worker.

    half : of the room, that which holds a result: it follows from the number of points.
    """

    x: Complex
    roots: Complex
    room: list[NDArray[np.float64]]  # (2, 2, n) each
    answer: Answer
    half: int = 0

    def compute(self, worker: int) -> Words:
        """One transform of a worker; the words of its result."""
        room = self.room[worker]
        spoil(words_of(room), _SPOILT)
        self.half = transform(self.x, room, self.roots)
        return self.words(worker)

    def words(self, worker: int) -> Words:
        """The last result of a worker."""
        return words_of(self.room[worker][self.half])

    def run(self, worker: int, count: int) -> None:
        """So many transforms, each compared."""
        for _ in range(count):
            self.answer.check(self.compute(worker))

    def error(self, words: Words) -> float:
        """The largest difference from SciPy's transform, as a share of `allowed`."""
        return difference(self.x, words.view(np.float64).reshape(self.x.shape)) / allowed(
            self.x.shape[1]
        )


def difference(x: Complex, y: Complex) -> float:
    """The largest difference of y from SciPy's transform of x over its root mean square."""
    from scipy.fft import fft

    with np.errstate(all="ignore"):
        wanted = fft(x[0] + 1j * x[1])
        worst = float(np.abs(y[0] + 1j * y[1] - wanted).max())
        error = worst / float(np.sqrt(np.mean(np.abs(wanted) ** 2)))
    return error if np.isfinite(error) else np.inf


def allowed(n: int) -> float:
    """What rounding may change, relative to the root mean square, in both transforms together.

    Errors grow with log2 n at worst, by a few epsilon each (Higham, 2002, 24.1).
    """
    return float(8.0 * (np.log2(n) + 1.0) * np.finfo(np.float64).eps)


def prepare(
    points: int, seed: int, workers: Workers, findings: Findings, group: Intracomm
) -> Transforms:
    """Make the input, and find out what its transform must be. Collective on the group."""
    room: list[NDArray[np.float64]] = [np.empty(0)] * workers.count

    def touch(worker: int) -> None:
        room[worker] = touched((2, 2, points))

    workers.each(touch)
    x, roots, expected = (touched((2, points)) for _ in range(3))
    key = stream_key(seed, _SEED_STREAM)

    def fill_x() -> None:
        fill_reals(x.reshape(-1), key)

    def fill_roots() -> None:
        angle = -2.0 * np.pi * np.arange(points) / points
        roots[0], roots[1] = np.cos(angle), np.sin(angle)

    inputs = [
        Input("the input", words_of(x), fill_x),
        Input("the roots of unity", words_of(roots), fill_roots),
    ]
    answer = Answer(PART, words_of(expected), _place(points), inputs, findings)
    transforms = Transforms(x, roots, room, answer)
    answer.agree(workers, transforms.compute, transforms.error, group)
    return transforms


def _place(points: int) -> Callable[[int], str]:
    def place(index: int) -> str:
        which = "imaginary" if index >= points else "real"
        return f"{which} part of point {index % points}"

    return place
