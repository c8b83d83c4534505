"""Which nodes of an allocation a launch gets: those that have done well so far come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


class Nodes:
    """The nodes that ranks may be started on; () for this machine alone."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = tuple(hosts)
        self._doubts: Counter[str] = Counter()

    def chosen(self, number: int) -> tuple[str, ...]:
        """So many of them: the least doubted, in the order of the allocation."""
        liked = sorted(self._hosts, key=lambda host: self._doubts[host])[:number]
        return tuple(host for host in self._hosts if host in liked)

    def doubt(self, hosts: Iterable[str]) -> None:
        """Remember that a launch on these nodes failed without a fault of its cases."""
        self._doubts.update(hosts)
