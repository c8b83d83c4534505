"""Memory that is kept for the next repetition, and grows to the most that was needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernels._support.memory import aligned


class Room:
    """Arrays of any shape in the same memory: the newest is valid."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._memory = np.empty(0, dtype)

    def array(self, *shape: int) -> NDArray[Any]:
        """An array of unknown content; its pages are touched as far as it is used."""
        size = math.prod(shape)
        if self._memory.size < size:
            self._memory = np.empty(0, self._memory.dtype)  # given back before more is taken
            self._memory = aligned(size, self._memory.dtype)
        return self._memory[:size].reshape(shape)

    def give_back(self) -> None:
        """Let the operating system have it."""
        self._memory = np.empty(0, self._memory.dtype)
