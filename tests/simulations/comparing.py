"""How often comparisons err, by simulation: ``python -m tests.simulations.comparing``.

Launches vary, and repetitions within them (a quarter as much). `docs/compare.md` cites the figures
that this prints; `tests/harness/judge/test_rates.py` holds smaller ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.judge.compare import Judged, Verdict, judged
from harness.judge.stats import bootstrap
from harness.judge.stats.difference import Centres, difference
from harness.measure.interval import median_interval
from tests.harness.judge.examples import pair

Array = NDArray[np.float64]
KINDS: Final = ("normal", "log-normal", "bimodal")
REPETITIONS: Final = 10
METRICS: Final = 50
# Rates of a launch: one in five, or every second one, falls into a mode that is 10 % slower.
_SLOW_MODE: Final = {"bimodal": 0.2, "bimodal, half": 0.5}
_WITHIN: Final = 0.25


def draws(kind: str, shape: tuple[int, ...], generator: np.random.Generator, noise: float) -> Array:
    """Positive numbers about 1; the log-normal ones are skewed as times are."""
    normal = generator.standard_normal(shape)
    if kind == "normal":
        return np.maximum(1.0 + noise * normal, 1e-3)
    if kind == "log-normal":
        return 1.0 / (1.0 + noise * np.exp(normal))
    slow = generator.random(shape) < _SLOW_MODE[kind]
    return np.asarray(np.where(slow, 0.9, 1.0) * np.exp(noise * normal))


def launches(
    kind: str, shape: tuple[int, ...], generator: np.random.Generator, noise: float
) -> Array:
    """Medians of launches [..., launch]: each has luck of its own, shared by its repetitions."""
    luck = draws(kind, shape, generator, noise)
    within = generator.standard_normal((*shape, REPETITIONS)) * noise * _WITHIN
    return np.asarray(luck * np.exp(np.median(within, axis=-1)))


def covered_median(kind: str, n: int, samples: int, seed: int = 1) -> tuple[float, float]:
    """How often the interval of a median holds it, and the level that it claims."""
    generator = np.random.default_rng([seed, n])
    ordered = np.sort(draws(kind, (samples, n), generator, 0.05), axis=-1)
    true = float(np.median(draws(kind, (1_000_000,), np.random.default_rng(seed), 0.05)))
    ranks = median_interval([float(one) for one in range(n)])  # it knows only the order
    low, high = ordered[:, int(ranks.low)], ordered[:, int(ranks.high)]
    return float(((low <= true) & (true <= high)).mean()), ranks.level


def covered_ratio(kind: str, n: int, samples: int, noise: float = 0.01, seed: int = 2) -> float:
    """How often the interval of a comparison of n with n launches holds the true ratio."""
    generator = np.random.default_rng([seed, n])
    sides = [np.log(launches(kind, (samples, n), generator, noise)) for _ in "AB"]
    found = difference(*map(_centres, sides))
    return float(((found.low <= 0.0) & (found.high >= 0.0)).mean())


def _centres(logs: Array) -> Centres:
    n = logs.shape[-1]
    freedom = np.full(logs.shape[:-1], n - 1.0)
    return Centres(logs.mean(axis=-1), logs.var(axis=-1, ddof=1) / n, freedom)


def covered_bootstrap(kind: str, n: int, samples: int, resamples: int = 1000) -> float:
    """How often the nested bootstrap interval of one side holds its median."""
    generator = np.random.default_rng([3, n])
    many = draws(kind, (1_000_000,), np.random.default_rng(4), 0.01)
    true, held = float(np.median(many)), 0
    for _ in range(samples):
        luck = draws(kind, (n, 1), generator, 0.01)
        within = np.exp(generator.standard_normal((n, REPETITIONS)) * 0.01 * _WITHIN)
        found = bootstrap.median_of((luck * within).tolist(), resamples)
        held += found.low <= true <= found.high
    return held / samples


def alarms(kind: str, n: int, tables: int, noise: float = 0.01, seed: int = 5) -> tuple[float, int]:
    """The share of tables of 50 metrics without change that show any slower; and all faster ones.

    n : launches of each side.
    """
    generator = np.random.default_rng([seed, n])
    slower = faster = 0
    for _ in range(tables):
        sides = [launches(kind, (METRICS, n), generator, noise) for _ in "AB"]
        found = [one.verdict for one in table(*sides)]
        slower += Verdict.SLOWER in found
        faster += Verdict.FASTER in found
    return slower / tables, faster


def power(kind: str, n: int, tables: int, noise: float, drop: float, seed: int = 6) -> float:
    """How often the one metric of 50 that became slower is found."""
    generator = np.random.default_rng([seed, n])
    found = 0
    for _ in range(tables):
        one, other = (launches(kind, (METRICS, n), generator, noise) for _ in "AB")
        other[0] *= 1.0 - drop
        found += table(one, other)[0].verdict is Verdict.SLOWER
    return found / tables


def table(first: Iterable[Array], second: Iterable[Array]) -> list[Judged]:
    """The verdicts on metrics that have these launches: [metric][launch]."""
    return judged([pair(a.tolist(), b.tolist()) for a, b in zip(first, second, strict=True)])


def _print() -> None:
    say = sys.stdout.write
    say("interval of a median, 20,000 samples: least coverage over n = 6 ... 50\n")
    for kind in KINDS:
        worst = min((covered_median(kind, n, 20_000)[0], n) for n in range(6, 51))
        say(f"  {kind}: {worst[0]:.4f} at n = {worst[1]}\n")
    say("interval of a ratio by Welch's t; of a side by nested bootstrap (2,000 samples)\n")
    for n in (3, 5, 10):
        for kind in (*KINDS, "bimodal, half"):
            ratio, nested = covered_ratio(kind, n, 100_000), covered_bootstrap(kind, n, 2000)
            say(f"  {n} launches, {kind}: ratio {ratio:.4f}, bootstrap {nested:.3f}\n")
    say("tables of 50 metrics without change, 2000 of each: share with any slower\n")
    for n in (5, 6, 10):
        for kind in (*KINDS, "bimodal, half"):
            share, faster = alarms(kind, n, 2000)
            say(f"  {n} launches, {kind}: {share:.4f} (any faster {faster / 2000:.4f})\n")
    say("one of 50 metrics became slower, 2000 tables: share found\n")
    for n in (5, 6, 10):
        for noise, drop in ((0.01, 0.10), (0.02, 0.10), (0.01, 0.05), (0.02, 0.05)):
            share = power("normal", n, 2000, noise, drop)
            say(f"  {n} launches, {drop:.0%} at {noise:.0%} noise: {share:.4f}\n")


if __name__ == "__main__":
    _print()
