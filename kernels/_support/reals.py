"""The two binary formats of IEEE 754 in which kernels compute."""

from __future__ import annotations

from typing import Final

ITEM_B: Final = {"float64": 8, "float32": 4}
"""Bytes of a number."""
ROUNDOFF: Final = {"float64": 2.0**-53, "float32": 2.0**-24}
"""Unit roundoff: the relative error of one rounded operation is at most that."""
