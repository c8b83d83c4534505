"""Fixtures for all tests. MPI is started here once, because importing kernels no longer does."""

from __future__ import annotations

import os

# Before Numba is imported: two threads a process are available to every test.
os.environ.setdefault("NUMBA_NUM_THREADS", "2")

from mpi4py import MPI

import kernels  # noqa: F401 - sets mpi4py.rc before MPI is imported

if not MPI.Is_initialized():
    MPI.Init_thread(MPI.THREAD_FUNNELED)
