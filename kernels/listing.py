"""The registry of kernels is the folder listing: ``kernels/<group>/<name>/kernel.py``.

It is read once: a plan of ten thousand cases asks for its kernels fifty thousand times.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from kernels.contract import Kernel

_ROOT = Path(__file__).parent


@cache
def _groups() -> dict[str, str]:
    """The group of each kernel."""
    found = sorted(_ROOT.glob("[!_]*/[!_]*/kernel.py"), key=lambda path: path.parent.name)
    return {path.parent.name: path.parent.parent.name for path in found}


def names() -> tuple[str, ...]:
    """The names of all kernels, sorted."""
    return tuple(_groups())


def group(name: str) -> str:
    """The group (folder) of a kernel; KeyError if there is none of that name."""
    return _groups()[name]


@cache
def load(name: str) -> type[Kernel[Any]]:
    """The kernel class of that name; imports its ``kernel.py`` and nothing heavy."""
    module = part(name, "kernel")
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, Kernel) and _is_own(thing, module):
            return thing
    raise TypeError(f"{module.__file__}: defines no Kernel")


def part(name: str, furniture: str) -> ModuleType:
    """A module of a kernel's folder: "kernel", "cpu" or "reference"."""
    return importlib.import_module(f"kernels.{group(name)}.{name}.{furniture}")


def _is_own(thing: type, module: ModuleType) -> bool:
    return thing.__module__ == module.__name__
