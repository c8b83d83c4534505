"""Refinement of the FP32 solution to FP64 accuracy.

Both methods start from the solution with the FP32 factors, take the residual in FP64 from the FP64
matrix, and end when the scaled residual is what a solution in FP64 reaches.

    classic   x <- x + (LU)^-1 (b - A x)
    gmres     flexible GMRES, right-preconditioned by the factors, restarted: the factors act in
              FP32, which a flexible method allows (Y. Saad, A flexible inner-outer preconditioned
              GMRES algorithm, SIAM J. Sci. Comput. 14, 1993; mixed precision: E. Carson, N. J.
              Higham, SIAM J. Sci. Comput. 40, 2018)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Check, Watch
from kernels.dense.hpl_mxp.kernel import RESTART
from kernels.dense.hpl_mxp.system import System

LIMIT: Final = 50
"""Steps allowed by the rules of HPL-MxP."""
ACCEPTED: Final = 16.0
"""Scaled residual below which the rules call a solution good."""
Vector = NDArray[np.float64]


@dataclass
class Progress:
    """The steps taken, and the scaled residual after the last of them."""

    n: int
    watch: Watch
    steps: int = -1  # the first residual is that of the FP32 solution
    scaled: float = math.inf
    first: float = math.nan  # of the FP32 solution
    stopped: bool = False

    def note(self, scaled: float) -> None:
        """Record the scaled residual of one step, and decide whether it was the last."""
        self.stopped = self.is_last(scaled)
        self.steps += 1
        self.scaled = scaled
        if self.steps == 0:
            self.first = scaled
        self.watch.note("residual", scaled)

    def is_last(self, scaled: float) -> bool:
        """Whether refinement would end after a step with that residual.

        The rounding errors of a product in FP64 come to a scaled residual of about n^(-1/2). It is
        also enough that steps no longer help, once the residual is accepted.
        """
        reached = scaled <= self.n**-0.5
        stagnates = self.scaled / 2.0 < scaled <= ACCEPTED
        return reached or stagnates or self.steps + 1 == LIMIT or not math.isfinite(scaled)

    def check(self, error: float) -> Check:
        """The verdict. error : scaled residual of the solution, from A and b generated anew.

        Refinement may heal a wrong factorisation. So the FP32 solution must be as good as FP32
        allows: its scaled residual with the eps of FP32 keeps to the same tolerance.
        """
        single = self.first / 2.0**29
        if not single <= ACCEPTED:
            return Check("scaled residual of the FP32 solution, eps = 2^-24", single, ACCEPTED)
        if self.scaled <= ACCEPTED:
            what = f"scaled residual after {self.steps} refinement steps"
        else:
            what = f"scaled residual, not refined to {ACCEPTED:g} in {self.steps} steps"
        return Check(what, error, ACCEPTED)


def classic(system: System, progress: Progress) -> None:
    """Refine the solution by corrections."""
    while True:
        r = system.residual()
        progress.note(system.scaled(r, system.x))
        if progress.stopped:
            return
        system.x += system.solve(r)


def gmres(system: System, progress: Progress) -> None:
    """Refine the solution by flexible GMRES."""
    r = system.residual()
    progress.note(system.scaled(r, system.x))
    while not progress.stopped:
        system.x[:] = _cycle(system, r, progress)
        r = system.residual()
        progress.note(system.scaled(r, system.x))


def _cycle(system: System, r: Vector, progress: Progress) -> Vector:
    """The solution after one cycle; all steps but the last are noted, from the recurrence.

    r : (local rows,), residual of the present solution.
    """
    v = np.zeros((RESTART + 1, r.size))  # orthonormal
    z = np.zeros((RESTART, system.x.size))  # A z[j] = h[j, 0] v[0] + ... + h[j, j + 1] v[j + 1]
    h = np.zeros((RESTART, RESTART + 1))
    length = system.norm(r)
    v[0] = r / length
    x = system.x
    for j in range(RESTART):
        z[j] = system.solve(v[j])
        w = system.multiply(z[j])
        h[j, : j + 2] = system.orthogonalise(w, v[: j + 1])
        v[j + 1] = w / (h[j, j + 1] or 1.0)
        y = _least_squares(h[: j + 1, : j + 2], length)
        x = system.x + y @ z[: j + 1]
        left = r - (y @ h[: j + 1, : j + 2]) @ v[: j + 2]
        scaled = system.scaled(left, x)
        if j + 1 == RESTART or progress.is_last(scaled):
            break
        progress.note(scaled)
    return x


def _least_squares(h: NDArray[np.float64], length: float) -> Vector:
    """The y with the smallest || length e1 - H^T y ||."""
    right = np.zeros(h.shape[1])
    right[0] = length
    return np.linalg.lstsq(h.T, right, rcond=None)[0].astype(np.float64)


METHODS: Final[dict[str, Callable[[System, Progress], None]]] = {"classic": classic, "gmres": gmres}
