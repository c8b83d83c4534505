"""The verification of the ladder: plain loops that compute again what every call should have left.

Nothing is rounded: elements are integers below 2^20, scalars below 2^15.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels.memory.ladder.cpu import LINE, State, alone, element, fma_steps, scalar
from kernels.memory.ladder.steps import Step

Array = NDArray[Any]


@njit("i8(f8[:,::1])", parallel=True, cache=True, error_model="numpy")
def wrong_source(source: Array) -> int:
    """Elements that are read and are not what `fill` wrote: (sets, items)."""
    found = np.zeros(len(source), np.int64)
    for row in prange(len(source)):
        for i in range(source.shape[1]):
            found[row] += source[row, i] != element(i)
    return int(found.sum())


@njit("i8[::1](i8[:,::1], i8, i8)", parallel=True, cache=True, error_model="numpy")
def bit_sums(bits: Array, first: int, items: int) -> Array:
    """Sums modulo 2^64 of the items from ``first`` on: (sets,) of (sets, items)."""
    sums = np.zeros(len(bits), np.int64)
    for row in prange(len(bits)):
        for i in range(first, first + items):
            sums[row] += bits[row, i]
    return sums


@njit("i8(f8[:,::1], i8, i8, i8, f8, i8, f8)", parallel=True, cache=True, error_model="numpy")
def wrong_targets(target: Array, low: int, high: int, x: int, a: float, y: int, b: float) -> int:
    """Elements low to high that are not a element(x + i) + b element(y + i): (sets, items)."""
    found = np.zeros(len(target), np.int64)
    for row in prange(len(target)):
        for i in range(low, high):
            found[row] += target[row, i] != a * element(x + i) + b * element(y + i)
    return int(found.sum())


def wrong(state: State) -> int:
    """Results of this rank that differ from their exact values; a call that never came is one."""
    return (
        wrong_source(state.source)
        + sum(_wrong_chains(state, phase) for phase in state.chains)
        + sum(_wrong_step(state, i) for i in range(len(state.steps)))
    )


def _wrong_chains(state: State, phase: str) -> int:
    """Ends of chains that are not start + steps x term."""
    if alone(phase) and state.rank != 0:
        return 0
    if phase not in state.seeds:
        return 1
    chains, seed = state.chains[phase], state.seeds[phase]
    expected = seed + np.arange(chains.shape[1]) + fma_steps(chains) * (1 + seed)
    return int(np.count_nonzero(chains != expected))


def _wrong_step(state: State, index: int) -> int:
    """What a call left, as far as the next, smaller one of its curve has not overwritten it."""
    step = state.steps[index]
    if step not in state.seeds:
        return 1
    seed = state.seeds[step]
    first = seed * LINE
    if step.operation == "load":
        one = bit_sums(state.source.view(np.int64), first, step.items)
        return int(np.count_nonzero(state.sums[step] != step.passes * one))
    ring = (_overwritten(state.steps[index + 1 :], step), step.items)
    last = scalar(step, seed) + step.passes - 1
    if step.operation == "store":
        return int((state.targets[step.curve][:, ring[0] : ring[1]] != last).sum())
    x, a, y, b = first, 1.0, first + step.second, last if step.operation == "triad" else 0.0
    return int(wrong_targets(state.targets[step.curve], *ring, x, a, y, b))


def _overwritten(later: list[Step], step: Step) -> int:
    """Elements that the next call of the same curve writes."""
    return next((one.items for one in later if one.curve == step.curve), 0)
