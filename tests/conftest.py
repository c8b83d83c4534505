"""What all tests share. MPI is started here, because importing kernels keeps it from starting."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from harness.launch.environment import numba_cache

# Before Numba is imported: two threads a process, and compiled code where `qyran run` keeps it.
os.environ.setdefault("NUMBA_NUM_THREADS", "2")
os.environ.setdefault("NUMBA_CACHE_DIR", str(numba_cache()))
# No TOP500 list that the user has added counts here; a test that adds one has a folder of its own.
os.environ["XDG_DATA_HOME"] = "/nonexistent/qyran-tests"

from mpi4py import MPI

if not MPI.Is_initialized():
    MPI.Init_thread(MPI.THREAD_FUNNELED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed (QYRAN_CI), a test that is skipped has failed."""
    report = yield
    if report.skipped and "QYRAN_CI" in os.environ:
        report.outcome = "failed"
    return report
