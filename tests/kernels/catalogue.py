"""The contract tests' view of tests/kernels/test_<kernel>.py: found by listing, like the kernels.

Every such file defines

    def cases(ranks: int) -> list[dict[str, Value]]
        small parameter sets to run on that many ranks: odd sizes, sizes below the block or below
        the number of ranks, and the ordinary one;
    MUTATIONS: dict[str, Callable[[State, Intracomm], None]]
        at least three corruptions of a finished state, called on all ranks; the verifier must
        reject each of them for MUTATION_CASE(ranks);
    def mutation_case(ranks: int) -> dict[str, Value]

Programs of others run in no process of ours; tests/kernels/test_programs.py holds their contract.
Their files define

    RECORDED: dict[str, tuple[dict[str, Value], int]]
        file in data/ with a real output -> the parameters and ranks that it was asked for with;
    CORRUPTIONS: dict[str, Callable[[str], str]]
        at least three corruptions of such an output which may not pass.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

from kernels import listing
from kernels.program import Program

HERE = Path(__file__).parent


@cache
def tests_of(kernel: str) -> ModuleType:
    """The test module of a kernel; FileNotFoundError names the file that is missing."""
    path = HERE / f"test_{kernel}.py"
    if not path.is_file():
        raise FileNotFoundError(f"kernel {kernel!r} has no tests: write {path}")
    spec = importlib.util.spec_from_file_location(f"kernel_tests_{kernel}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def programs() -> tuple[str, ...]:
    """The kernels that are somebody else's binary."""
    return tuple(one for one in listing.names() if issubclass(listing.load(one), Program))


def kernels_with_tests() -> tuple[str, ...]:
    """The kernels that run in our processes, which the contract tests run under mpirun."""
    return tuple(one for one in listing.names() if one not in programs())
