"""Numbers of threads, and processors that code is compiled for: this one, AVX2, plain x86-64."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
import pytest

from kernels._support.target import target

HERE: Final = Path(__file__).parent
Environment = dict[str, str]
PROCESSORS: Final[dict[str, Environment]] = {
    "host": {},
    "generic": {"NUMBA_CPU_NAME": "generic"},
}
if platform.machine() == "x86_64" and target().vector_B >= 32 and target().fused:
    PROCESSORS["haswell"] = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> int:
    """How many threads compiled code uses."""
    numba.set_num_threads(request.param)
    return int(request.param)


@pytest.fixture(params=PROCESSORS)
def processor(request: pytest.FixtureRequest) -> str:
    """One after another."""
    return str(request.param)


@pytest.fixture(scope="session")
def facts_on() -> Callable[[str, str], dict[str, Any]]:
    """What a script of this folder prints, as JSON, when Numba compiles for a processor."""

    @cache
    def facts(script: str, processor: str) -> dict[str, Any]:
        if processor not in PROCESSORS:
            pytest.skip("needs a processor with AVX2")
        printed = subprocess.run(
            [sys.executable, str(HERE / script)],
            cwd=HERE.parent.parent,
            env={**os.environ, "PYTHONPATH": str(HERE.parent.parent), **PROCESSORS[processor]},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found: dict[str, Any] = json.loads(printed)
        return found

    return facts
