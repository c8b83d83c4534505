"""Reads /proc and /sys below a root folder, and remembers why a fact is not known.

The root is ``/`` on a real machine; a test gives a folder with a fake tree.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

_MOST_CPUS: Final = 2**20


class Unavailable(Exception):
    """The machine does not give the fact; the text says why."""


@dataclass(frozen=True)
class Tree:
    """The files below ``root``, named by their absolute path on a real machine ("/proc/stat").

    Every file is read once at most: one Tree is one look at the machine.
    """

    root: Path = Path("/")
    _texts: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Whether this is the machine itself, which libraries can be asked about too."""
        return self.root == Path("/")

    def path(self, name: str) -> Path:
        """Where the file of that absolute name lies."""
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str:
        """What the file holds, stripped. Unavailable: no such file, not readable, or empty."""
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def _read(self, name: str) -> str:
        try:
            text = self.path(name).read_text(encoding="utf-8", errors="replace").strip("\0\n\t ")
        except OSError as error:
            raise Unavailable(f"{name}: {error.strerror or error}") from None
        if not text:
            raise Unavailable(f"{name}: empty")
        return text

    def integer(self, name: str) -> int:
        """The whole number in the file. Unavailable also if it holds something else."""
        text = self.text(name)
        try:
            return int(text, 0)
        except ValueError:
            raise Unavailable(f"{name}: {text!r} is no number") from None

    def chosen(self, name: str) -> str:
        """The word in brackets: "always [madvise] never" -> "madvise"."""
        text = self.text(name)
        _, bracket, rest = text.partition("[")
        if not bracket or "]" not in rest:
            raise Unavailable(f"{name}: no choice is marked in {text!r}")
        return rest.partition("]")[0]

    def cpus(self, name: str) -> frozenset[int]:
        """The CPU numbers listed in the file ("0-3,8")."""
        text = self.text(name)
        try:
            return parse_cpus(text)
        except ValueError:
            raise Unavailable(f"{name}: {text!r} is no list of CPUs") from None

    def names(self, pattern: str) -> list[str]:
        """The absolute names that fit a glob pattern, sorted; Unavailable if there are none."""
        found = sorted(self.root.glob(pattern.lstrip("/")))
        if not found:
            raise Unavailable(f"{pattern}: none found")
        return [f"/{path.relative_to(self.root)}" for path in found]

    def exists(self, name: str) -> bool:
        """Whether there is such a file or folder, as far as this user can see."""
        return os.access(self.path(name), os.F_OK)


class Asker:
    """Asks for facts one at a time; keeps the reason for each one that is not known."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.unknown: dict[str, str] = {}

    def __call__(self, name: str, question: Callable[[Tree], T]) -> T | None:
        """The answer, or None with the reason kept under ``name``.

        A file that holds something unexpected makes one fact unknown, it does not end the run.
        """
        try:
            return question(self.tree)
        except Unavailable as why:
            self.unknown[name] = str(why)
        except (ValueError, LookupError) as error:
            self.unknown[name] = f"not understood: {error}"
        return None


def parse_cpus(text: str) -> frozenset[int]:
    """CPU numbers of the kernel's list format: "0-2,8" -> {0, 1, 2, 8}. Raises ValueError."""
    cpus: set[int] = set()
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        end = int(last if dash else first)
        if end > _MOST_CPUS:
            raise ValueError(f"CPU number {end} is beyond {_MOST_CPUS}")
        cpus.update(range(int(first), end + 1))
    return frozenset(cpus)


def format_cpus(cpus: frozenset[int]) -> str:
    """The kernel's list format of CPU numbers: {0, 1, 2, 8} -> "0-2,8"."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
