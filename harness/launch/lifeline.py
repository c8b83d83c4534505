"""Processes that the kernel ends when the one that started them is gone, however it went."""

from __future__ import annotations

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(number: signal.Signals) -> None:
    """Let the kernel send this signal to the calling process when its parent ends; Linux only.

    It holds beyond `exec`: a program that this process becomes is ended too.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
