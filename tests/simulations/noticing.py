"""Critical values of the dip, and how often it and the drift err.

``python -m tests.simulations.noticing`` prints them.
"""

from __future__ import annotations

import sys

import numpy as np

from harness.judge.stats import drift, modes

SIZES = (12, 14, 17, 20, 25, 30, 40, 50, 70, 100, 200, 500)


def critical(n: int, samples: int, level: float = 1.0 - modes.FALSE) -> float:
    """The quantile of the dip of uniform samples, times the square root of their number."""
    generator = np.random.default_rng([7, n])
    ordered = np.sort(generator.random((samples, n)), axis=-1)
    return float(np.quantile([modes.dip(one) for one in ordered], level) * np.sqrt(n))


def called_bimodal(kind: str, n: int, samples: int) -> float:
    """How often samples of a kind are said to have two modes."""
    generator = np.random.default_rng([8, n])
    made = {
        "uniform": lambda: generator.random(n) + 1.0,
        "normal": lambda: 1.0 + 0.02 * generator.standard_normal(n),
        "log-normal": lambda: 1.0 + 0.02 * np.exp(generator.standard_normal(n)),
        "bimodal": lambda: (
            np.where(generator.random(n) < 0.4, 0.9, 1.0)
            * np.exp(0.01 * generator.standard_normal(n))
        ),
    }[kind]
    return sum(modes.two(made()) is not None for _ in range(samples)) / samples


def called_drifting(slope: float, launches: int, n: int, samples: int) -> float:
    """How often launches that change by a fraction from begin to end are said to drift."""
    generator = np.random.default_rng([9, n])
    trend = 1.0 + slope * np.linspace(0.0, 1.0, n)
    called = 0
    for _ in range(samples):
        found = drift.drift(trend * np.exp(0.02 * generator.standard_normal((launches, n))))
        called += found is not None and found.matters
    return called / samples


def _print(samples: int) -> None:
    say = sys.stdout.write
    for n in SIZES:
        say(f"    ({n}, {critical(n, samples if n <= 100 else samples // 4):.4f}),\n")
    for kind in ("uniform", "normal", "log-normal", "bimodal"):
        rates = ", ".join(f"n = {n}: {called_bimodal(kind, n, 2000):.4f}" for n in (12, 20, 50))
        say(f"called bimodal, {kind}: {rates}\n")
    for slope in (0.0, 0.05):
        rates = [
            f"{k} x {n}: {called_drifting(slope, k, n, 2000):.4f}" for k, n in ((1, 20), (5, 10))
        ]
        say(f"called drifting, {slope:.0%} at 2 % noise, launches x repetitions: {rates}\n")


if __name__ == "__main__":
    _print(int(sys.argv[1]) if sys.argv[1:] else 40_000)
