"""Tests of this folder run under mpirun: every rank runs every test, in the same order.

A failure on one rank would leave the others waiting in a collective, so it ends all of them, after
printing its report.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Generator

import pytest
from mpi4py import MPI

# Each rank its own folder: pytest clears old ones away, and ranks would do so in each other's way.
_FOLDER = tempfile.mkdtemp(prefix=f"qyran-rank{MPI.COMM_WORLD.rank}-")
os.environ["PYTEST_DEBUG_TEMPROOT"] = _FOLDER
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """One rank speaks for all; the others say something only when they fail."""
    plugins = session.config.pluginmanager
    if MPI.COMM_WORLD.rank > 0 and plugins.hasplugin("terminalreporter"):
        plugins.unregister(name="terminalreporter")


@pytest.fixture
def comm() -> MPI.Intracomm:
    return MPI.COMM_WORLD


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and MPI.COMM_WORLD.size > 1:
        print(f"\nrank {MPI.COMM_WORLD.rank}: {item.nodeid} failed\n{report.longreprtext}")
        sys.stdout.flush()
        MPI.COMM_WORLD.Abort(1)
    return report
