"""Many files of results, read one after the other, or by processes beside this one.

What a file holds is checked and decoded in Python, so that threads would take turns, not help; and
on a shared file system each file is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# The processes take half a second to start: as long as some thousand files are read in.
FEW: Final = 2000


def answers(work: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """The answer to each item, in their order; from other processes if there are many items.

    work : a function of a module, or a `partial` of one, that depends on its item alone; what it
    raises is raised here. Where no process can be started, or one is killed, it is called here.
    """
    if len(items) < FEW:
        return map(work, items)
    from harness.record import pool  # what it loads is time of every command

    return pool.answers(work, items)
