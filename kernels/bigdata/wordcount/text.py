"""The text: a file, or words drawn from a vocabulary. Any rank may read any bytes of it.

Generated text consists of blocks of `BLOCK_B`, each a function of the seed and of its number alone:
words with a space behind each, a line feed behind every 16th, and spaces where the next word
would not fit. The last block is shorter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.dataset.column import Strings
from kernels._support.dataset.files.content import Content
from kernels._support.dataset.files.source import Source
from kernels._support.dataset.generate import LAW, Law, key
from kernels.bigdata.wordcount.scan import next_space

Bytes = NDArray[np.uint8]
BLOCK_B: Final = 2**16
WORDS_A_LINE: Final = 16
_PIECE_B: Final = 2**16
_SPACE, _NEWLINE = np.uint8(0x20), np.uint8(0x0A)
OVERLAP_B: Final = 2
"""A character of white space may begin so many bytes before the end of what is read."""


class Text(Protocol):
    """Bytes by place. size : of all of them."""

    size: int

    def read(self, start: int, out: Bytes) -> None:
        """Fill out with the bytes from ``start`` on."""

    def boundary(self, near: int) -> int:
        """The first place from ``near`` on where no word goes on: text may be cut there."""


class FileText:
    """The bytes of a file."""

    def __init__(self, path: str) -> None:
        """IllegalParameter if it cannot be read."""
        self._content = Content(Source(Path(path), ""))
        self._content.source.opening = False
        self._path = path
        self.size = self._content.size

    def __str__(self) -> str:
        return self._path

    def read(self, start: int, out: Bytes) -> None:
        """CannotRun if the file has become another since it was opened."""
        self._content.fill(start, out)

    def boundary(self, near: int) -> int:
        """Where white space begins, or the file ends."""
        if near <= 0:
            return 0
        buffer = np.empty(_PIECE_B + OVERLAP_B, np.uint8)
        while near < self.size:
            piece = buffer[: min(buffer.size, self.size - near)]
            self.read(near, piece)
            last = near + piece.size == self.size
            stop = piece.size if last else piece.size - OVERLAP_B
            found = next_space(piece, 0, stop)
            if found < stop:
                return near + int(found)
            near += stop
        return self.size


class GeneratedText:
    """Blocks of words. law : which words (`kernels._support.dataset.generate.key`)."""

    def __init__(self, size: int, words: Strings, law: Law) -> None:
        self.size, self._words, self._law = size, words, law

    def read(self, start: int, out: Bytes) -> None:
        """Generate the blocks that hold these bytes."""
        buffer = np.empty(BLOCK_B, np.uint8)
        stop = start + out.size
        for number in range(start // BLOCK_B, -(-stop // BLOCK_B)):
            first = number * BLOCK_B
            block = buffer[: min(BLOCK_B, self.size - first)]
            write_block(number, block, self._law, self._words.data, self._words.starts)
            low, high = max(start, first), min(stop, first + block.size)
            out[low - start : high - start] = block[low - first : high - first]

    def boundary(self, near: int) -> int:
        """The next beginning of a block."""
        return min(-(-near // BLOCK_B) * BLOCK_B, self.size)


@njit(
    types.void(types.int64, types.uint8[::1], LAW, types.uint8[::1], types.int64[::1]),
    cache=True,
    error_model="numpy",
    nogil=True,
)
def write_block(number: int, out: Bytes, law: Any, words: Bytes, starts: NDArray[np.int64]) -> None:
    """Words law(number * BLOCK_B + 0), law(... + 1), ... as long as they fit."""
    end, i = 0, 0
    out[:] = _SPACE
    while True:
        k = key(law, np.uint64(number * BLOCK_B + i))
        length = starts[k + 1] - starts[k]
        if end + length + 1 > out.size:
            break
        for j in range(length):
            out[end + j] = words[starts[k] + j]
        end, i = end + length + 1, i + 1
        if i % WORDS_A_LINE == 0:
            out[end - 1] = _NEWLINE
    out[out.size - 1] = _NEWLINE
