"""What all tests share. MPI is started here, because importing kernels keeps it from starting."""

from __future__ import annotations

import os

# Before Numba is imported: two threads a process are available to every test.
os.environ.setdefault("NUMBA_NUM_THREADS", "2")

from mpi4py import MPI

if not MPI.Is_initialized():
    MPI.Init_thread(MPI.THREAD_FUNNELED)
