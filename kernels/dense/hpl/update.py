"""Update of trailing columns: row interchanges, U12 <- L11^-1 A12, A22 <- A22 - L21 U12.

The columns are cut into chunks so that the broadcast of the next panel is polled between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels._support.blas import gemm, trsm_lower_unit
from kernels.dense.hpl.panel import Panel
from kernels.dense.hpl.swap import RowExchange, swap_local

CHUNK = 512
"""Columns between two polls: 10 ms of gemm at 80 Gflop/s, 4000 rows and nb = 192."""


@dataclass(frozen=True)
class Update:
    """Applies panels to the local part of the matrix."""

    a: NDArray[np.float64]  # (local columns, lda), [column, row]
    exchange: RowExchange | None  # None where one process row holds all rows
    chunk: int

    def apply(self, panel: Panel, start: int, stop: int, poll: Callable[[], None]) -> None:
        """Bring columns start..stop-1 up to date with a panel."""
        if self.exchange is None:
            for first, last in self._chunks(start, stop):
                swap_local(self.a, first, last, panel.step.row0, panel.pivots)
                self._multiply(panel, first, last, self._diagonal_rows(panel, first, last))
                poll()
            return
        u = self.exchange.swap(self.a, panel, start, stop)
        for first, last in self._chunks(start, stop):
            self._multiply(panel, first, last, u[first - start : last - start])
            poll()
        if panel.step.top:
            self._diagonal_rows(panel, start, stop)[:] = u

    def _chunks(self, start: int, stop: int) -> list[tuple[int, int]]:
        return [(at, min(at + self.chunk, stop)) for at in range(start, stop, self.chunk)]

    def _diagonal_rows(self, panel: Panel, first: int, last: int) -> NDArray[np.float64]:
        row0 = panel.step.row0
        return self.a[first:last, row0 : row0 + panel.step.width]

    def _multiply(self, panel: Panel, first: int, last: int, u: NDArray[np.float64]) -> None:
        step = panel.step
        trsm_lower_unit(panel.top[:, : step.width], u)
        below = self.a[first:last, step.row0 + step.top : step.row0 + step.rows]
        gemm(-1.0, panel.w[:, step.top : step.rows], u, 1.0, below)
