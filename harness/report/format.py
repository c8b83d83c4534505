"""In which form a run is printed."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What ``--format`` takes."""

    TEXT = "text"
    JSON = "json"
    HPL = "hpl"
