"""The buffers of one size, and the two ends between which messages travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kernels.network.pingpong import plan

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm


@dataclass(frozen=True)
class Lane:
    """Messages of one size. outgoing, incoming : (window slot_B,) uint8, a place for each."""

    size: int
    outgoing: NDArray[np.uint8]
    incoming: NDArray[np.uint8]

    @property
    def window(self) -> int:
        """Messages in flight at once."""
        return plan.window(self.size)

    @property
    def slot_B(self) -> int:
        """From one place to the next, B."""
        return plan.slot_B(self.size)

    def places(self, buffer: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """The messages of a window, each in its place."""
        starts = range(0, self.window * self.slot_B, self.slot_B)
        return [buffer[start : start + self.size] for start in starts]


@dataclass(frozen=True)
class Side:
    """One end: whom it talks to, and whether it speaks first."""

    comm: Intracomm
    partner: int
    leads: bool
