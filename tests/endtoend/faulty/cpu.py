"""The faults themselves."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kernels.contract import CannotRun

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.memory.faulty.kernel import Faulty

FOREVER_S = 3600.0


class State:
    """Who is to break, and when."""

    def __init__(self, kernel: Faulty, comm: Intracomm) -> None:
        self._kernel = kernel
        self._mine = kernel.rank == comm.rank
        self._comm = comm
        self._dozed = 0

    def run(self) -> None:
        """One repetition."""
        self.at("run")
        time.sleep(self._kernel.nap_s * float(os.environ.get("FAULTY_SLOWER", "1")))

    def doze(self) -> None:
        """One call: longer on the last rank, and longest every other time."""
        self._dozed += 1
        last = self._comm.rank == self._comm.size - 1
        time.sleep(0.001 * (1 + last + 10 * (self._dozed % 2) * last))

    def at(self, stage: str) -> None:
        """Break, if it is time."""
        act = getattr(self, f"_{self._kernel.fault}", None)
        if self._mine and stage == self._kernel.stage and act is not None:
            act()

    def _raises(self) -> None:
        raise ValueError("the matrix [/is] singular")

    def _cannot(self) -> None:
        raise CannotRun("data.csv, line 7", "2 fields", known="3 columns", fix="mend it")

    def _garbles(self) -> None:
        raise ValueError("\x1b[31mred\0 and \udcff torn")

    def _kills(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _stops(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)

    def _leaves(self) -> None:
        os._exit(0)

    def _hangs(self) -> None:
        time.sleep(FOREVER_S)

    def _stubborn(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(FOREVER_S)

    def _lingers(self) -> None:
        atexit.register(time.sleep, FOREVER_S)

    def _allocates(self) -> None:
        np.ones(2**50)

    def _eats(self) -> None:
        eaten = []
        while True:
            eaten.append(np.ones(2**20))

    def _fills(self) -> None:
        with suppress(OSError), Path("ballast").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def _prints(self) -> None:
        sys.stdout.write("\x1b[31mnoise\0 [/x] \n" * 20_000)
