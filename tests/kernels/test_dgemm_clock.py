"""The chain of dgemm's clock phase: every step is done, and the compiler keeps it a chain."""

from __future__ import annotations

import platform
import re

import numba
import numpy as np
import pytest

from kernels.dense.dgemm import clock

_MASK = 2**64 - 1


def steps(x: int, count: int) -> int:
    """The chain with Python's integers."""
    for _ in range(count):
        x = ((x << 13 | x >> 51) + 0x9E3779B97F4A7C15) & _MASK
    return x


@pytest.mark.parametrize("count", [0, 1, 2, 17, 1000])
def test_the_chain_is_what_it_says_and_runs_back(count: int) -> None:
    end = clock.forward(clock.START, count)
    assert int(end) == steps(int(clock.START), count)
    assert clock.backward(end, count) == clock.START


def test_every_thread_does_every_step() -> None:
    ends = np.full(2, clock.START)
    clock.run(ends, clock.CHAIN_STEPS)
    assert clock.complete(ends)
    for steps_off in (-1, 1):
        clock.run(ends, steps_off + clock.CHAIN_STEPS)
        assert not clock.complete(ends)
        ends[:] = clock.START
        clock.run(ends, clock.CHAIN_STEPS)
    ends[1] ^= np.uint64(1)
    assert not clock.complete(ends)


def test_the_compiler_keeps_two_dependent_instructions_a_step() -> None:
    """No copies of registers, no vectors, no step computed from another than the one before."""
    anew = numba.njit(clock.forward.signatures[0], error_model="numpy")(clock.forward.py_func)
    (code,) = anew.inspect_asm().values()
    chains = [body for body in _loops(code) if _rotations(body)]
    assert chains
    for body in chains:
        if platform.machine() == "x86_64":
            assert _chained(body)
        else:
            adds = [line for line in body if line.startswith("add")]
            assert len(adds) >= len(_rotations(body))


def _chained(body: list[str]) -> bool:
    """Whether rotations and additions take turns, each with the result of the one before."""
    first = x = re.findall(r"%\w+", _rotations(body)[0])[0]
    turn = "r"
    for line in body:
        registers = re.findall(r"%\w+", line)
        if turn == "r" and line in _rotations(body) and registers[0] == x:
            x, turn = registers[-1], "a"
        elif turn == "a" and line.startswith("add") and registers[-1] == x:
            turn = "r"
        elif registers[-1:] == [x] and not line.startswith(("cmp", "test")):
            return False
    return x == first and turn == "r"


def _rotations(body: list[str]) -> list[str]:
    return [line for line in body if re.match(r"(rol|ror|extr)", line)]


def _loops(code: str) -> list[list[str]]:
    """The instructions from a label to a jump back to it."""
    found: list[list[str]] = []
    body: list[str] = []
    label = ""
    for line in (one.strip() for one in code.splitlines()):
        if re.match(r"^\.LBB\w+:", line):
            label, body = line.partition(":")[0], []
        elif line and not line.startswith((".", "#")):
            body.append(line)
            if label and line.split()[-1] == label:
                found.append(list(body))
    return found
