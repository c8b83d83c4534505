"""Patterns in memory: written to most of it, read back, compared word by word.

    moving inversions   a constant and its complement, upwards twice and downwards once
    walking ones        one bit in each word, next to that of its neighbours; then one zero
    address             each word holds its own address and the number of its rank; then complements
    random              splitmix64 of a counter, and its complement, which stays while the cores
                        compute: memory that forgets is found in the next repetition

(A. J. van de Goor, Testing Semiconductor Memories, 1991; Memtest86.) Every pass reads what the pass
before has written and replaces it: 8 B read and 8 B written a word. What is found is no longer
there when it is told; a repetition later it is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kernels._support.memory import aligned
from kernels._support.splitmix import random_bits
from kernels.endurance.burnin.findings import Findings, log
from kernels.endurance.burnin.words import (
    ADDRESS,
    CONSTANT,
    RANDOM,
    WALKING,
    Words,
    exchange,
    write,
)
from kernels.endurance.burnin.workers import Workers, current_cpu

CONSTANTS: Final = (
    0x0000000000000000, 0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F,
    0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF,
)  # fmt: skip
"""Of moving inversions, one a repetition: runs of 64, 1, 2, 4 ... 32 equal bits."""
_ALL: Final = 2**64 - 1
_RANK_SHIFT: Final = 48
"""Addresses of user space have 47 bits where no more are asked for."""
_NAMES: Final = {CONSTANT: "constant", WALKING: "walking", ADDRESS: "address", RANDOM: "random"}


@dataclass(frozen=True)
class Pattern:
    """What the words of a worker's part are: kind, and key, of which all bits are flipped or not.

    key : the constant, the shift, the address of the first word, the key of the generator.
    """

    kind: int
    key: int
    flipped: bool = False

    @property
    def complement(self) -> Pattern:
        """Every bit the other way."""
        return Pattern(self.kind, self.key, not self.flipped)

    @property
    def words(self) -> Words:
        """As compiled code takes it: (kind, key, mask)."""
        return np.array([self.kind, self.key, _ALL if self.flipped else 0], np.uint64)

    def __str__(self) -> str:
        """``walking ones``, ``complement of random``."""
        if self.kind == WALKING:
            return f"walking {'zeros' if self.flipped else 'ones'}"
        name = _NAMES[self.kind]
        if self.kind == CONSTANT:
            name = f"0x{self.key:016x}"
        return f"complement of {name}" if self.flipped else name


@dataclass
class Memory:
    """The memory of a rank, a part for each worker, which touches it first.

    held : the pattern that each part holds now; words : of a rank; rank, seed : of the patterns.
    """

    words: int
    rank: int
    seed: int
    workers: Workers
    findings: Findings
    repetition: int = 0
    parts: list[Words] = field(default_factory=list)
    held: list[Pattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Allocate, and write a random pattern."""
        count = self.workers.count
        self.parts = [np.empty(0, np.uint64)] * count
        self.held = [self._random(worker).complement for worker in range(count)]
        self.workers.each(self._allocate)

    def _allocate(self, worker: int) -> None:
        count = self.workers.count
        low, high = self.words * worker // count, self.words * (worker + 1) // count
        part = aligned(high - low, np.uint64)
        write(part, 0, part.size, self.held[worker].words)
        self.parts[worker] = part

    def moving_inversions(self, worker: int) -> None:
        """Three passes: a constant, its complement, and the constant downwards."""
        one = Pattern(CONSTANT, CONSTANTS[self.repetition % len(CONSTANTS)])
        self._pass(worker, one, "moving inversions")
        self._pass(worker, one.complement, "moving inversions")
        self._pass(worker, one, "moving inversions", down=True)

    def walking_ones(self, worker: int) -> None:
        """Two passes: ones that walk, then zeros; the next repetition begins a bit further."""
        one = Pattern(WALKING, self.repetition % 64)
        self._pass(worker, one, "walking ones")
        self._pass(worker, one.complement, "walking ones")

    def address(self, worker: int) -> None:
        """Two passes: addresses upwards, their complements downwards."""
        start = int(self.parts[worker].ctypes.data)
        one = Pattern(ADDRESS, (start + (self.rank << _RANK_SHIFT)) & _ALL)
        self._pass(worker, one, "address")
        self._pass(worker, one.complement, "address", down=True)

    def random(self, worker: int) -> None:
        """Two passes: random numbers, and their complements, which stay."""
        one = self._random(worker)
        self._pass(worker, one, "random")
        self._pass(worker, one.complement, "random")

    def verify(self, worker: int) -> None:
        """Compare what is held once more."""
        self._pass(worker, self.held[worker], "last reading")

    def _random(self, worker: int) -> Pattern:
        place = (self.rank * self.workers.count + worker) << 32 | self.repetition
        return Pattern(RANDOM, int(random_bits(np.uint64(self.seed), np.uint64(place))))

    def _pass(self, worker: int, new: Pattern, part: str, *, down: bool = False) -> None:
        """Read the pattern that a part holds, and write another."""
        words, old, noted = self.parts[worker], self.held[worker], log()
        count = int(exchange(words, 0, words.size, down, old.words, new.words, noted))
        self.held[worker] = new

        def place(index: int) -> str:
            offset_B = 8 * (self.words * worker // self.workers.count + index)
            address = int(words.ctypes.data) + 8 * index
            return f"offset {offset_B} B (address 0x{address:x}), which held {old}"

        cpu = current_cpu() if count else -1
        self.findings.compared(cpu, part, count, noted, place)
