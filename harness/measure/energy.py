"""Energy around the timed phases: the first rank of each node reads its counters.

Nothing is read inside a phase. Where no node of the job has counters, nothing is done at all: a
phase is then timed exactly as without this module.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.machine.energy import meter
from harness.machine.tree import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi4py.MPI import Intracomm

    from harness.machine.energy.meter import Meter, Reading


class Gauge:
    """The meters of a job. Collective in all that it does, if any node has one.

    about : on rank 0 what each node has, JSON-ready: host, source, domains, resolution_s, unknown.
    """

    def __init__(self, comm: Intracomm, host: str, root: Path = Path("/")) -> None:
        self._comm = comm
        self._first, self._meter, why = self._mine(root)
        gathered = comm.gather(_about(host, self._meter, why) if self._first else None)
        self.about: list[dict[str, Any]] = [one for one in gathered or () if one is not None]
        self.active: bool = comm.allreduce(int(self._meter is not None)) > 0
        self._before: Reading | None = None
        self._began = 0.0

    def _mine(self, root: Path) -> tuple[bool, Meter | None, str]:
        """Whether this is the first rank of its node, its meter, and why it has none."""
        from mpi4py import MPI

        node = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        first = node.rank == 0
        node.Free()
        if not first:
            return False, None, ""
        try:
            return True, meter.found(root), ""
        except Unavailable as why:
            return True, None, str(why)

    def begin(self) -> None:
        """Read, before the barrier from which a phase is timed."""
        if self.active:
            self._before = self._read()
            self._began = time.perf_counter()

    def end(self) -> float | None:
        """Joules of this node since `begin`, after all its ranks have ended; None if not known."""
        if not self.active:
            return None
        self._comm.Barrier()
        after, window_s = self._read(), self.window_s()
        if self._meter is None or self._before is None or after is None:
            return None
        try:
            return self._meter.between_J(self._before, after, window_s)
        except Unavailable:
            return None

    def _read(self) -> Reading | None:
        try:
            return self._meter.read() if self._meter else None
        except Unavailable:
            return None

    def window_s(self) -> float:
        """Seconds between the readings; to be asked right after `end`."""
        return time.perf_counter() - self._began if self.active else 0.0

    def gathered(self, joules: Sequence[float | None]) -> list[list[float | None]]:
        """[phase][node] on rank 0 from the numbers of each phase of this rank; else []."""
        if not self.active:
            return []
        mine = list(joules) if self._first else None
        all_ = self._comm.gather(mine)
        nodes = [one for one in all_ or () if one is not None]
        return [list(phase) for phase in zip(*nodes, strict=True)]


def _about(host: str, found: Meter | None, unknown: str) -> dict[str, Any]:
    if found is None:
        return {
            "host": host,
            "source": None,
            "domains": [],
            "resolution_s": None,
            "unknown": unknown,
        }
    domains = list(found.domains)
    return {
        "host": host,
        "source": found.source,
        "domains": domains,
        "resolution_s": found.resolution_s,
        "unknown": "",
    }
