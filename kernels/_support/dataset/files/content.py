"""The bytes of a file, by place: any rank reads any of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels._support.dataset.files.source import Source


class Content:
    """The bytes of a file that must not change. size : how many there are."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.size = source.size

    def fill(self, start: int, out: NDArray[np.uint8]) -> None:
        """Fill out with the bytes from ``start`` on; CannotRun if they are not there any more."""
        self.source.unchanged()
        rest = memoryview(out.data)
        try:
            with Path(self.source.path).open("rb", buffering=0) as file:
                while rest:
                    read_B = os.preadv(file.fileno(), [rest], start)
                    if read_B == 0:
                        break
                    rest, start = rest[read_B:], start + read_B
        except OSError as error:
            raise self.source.error(f"cannot be read: {error.strerror}") from error
        if rest:
            self.source.unchanged()
            raise self.source.error(f"it ends at byte {start}")

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from ``start`` on, or those up to the end."""
        found = np.empty(max(0, min(size, self.size - start)), np.uint8)
        self.fill(start, found)
        return found.tobytes()
