"""The registry of kernels is the folder listing: ``kernels/<group>/<name>/kernel.py``."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from kernels.contract import Kernel

_ROOT = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The names of all kernels, sorted."""
    return tuple(sorted(path.parent.name for path in _ROOT.glob("[!_]*/[!_]*/kernel.py")))


def group(name: str) -> str:
    """The group (folder) of a kernel; KeyError if there is none of that name."""
    found = [path.parent.parent.name for path in _ROOT.glob(f"[!_]*/{name}/kernel.py")]
    if not found or name not in names():
        raise KeyError(name)
    return found[0]


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
