"""Wrong answers that a kernel has found while it ran: which rank, on which host, and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """A line of `kernels.contract.Kernel.found`, with the rank that told it, and its host."""

    rank: int
    host: str
    what: str

    def __str__(self) -> str:
        """``rank 3 on node7, CPU 12: dgemm, repetition 41: ...``."""
        return f"rank {self.rank} on {self.host}, {self.what}"


def gathered(told: Sequence[Sequence[str]], hosts: Sequence[str]) -> list[dict[str, Any]]:
    """What the ranks told, JSON-ready. told : [rank]; hosts : [rank]."""
    return [
        asdict(Evidence(rank, hosts[rank], what))
        for rank, lines in enumerate(told)
        for what in lines
    ]


def of_event(event: Mapping[str, Any]) -> list[Evidence]:
    """The evidence in an event of a journal; most have none."""
    return [Evidence(**one) for one in event.get("wrong", ())]


def reason(found: Sequence[Evidence], *, then: str = "") -> str:
    """The first one, and how many more; then : how the run ended afterwards."""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]}{more}" + (f"; then: {then}" if then else "")
