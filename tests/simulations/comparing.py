"""How often comparisons err, by simulation: ``python -m tests.simulations.comparing``.

Launches vary, and repetitions within them (a quarter as much). `docs/compare.md` cites the figures
that this prints; `tests/harness/judge/test_rates.py` holds smaller ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.judge.compare import Judged, Verdict, judged
from harness.judge.stats import bootstrap, spread
from harness.judge.stats.difference import Centres, difference
from harness.measure.interval import median_interval
from tests.harness.judge.examples import pair

Array = NDArray[np.float64]
KINDS: Final = ("normal", "log-normal", "bimodal")
ALL_KINDS: Final = (*KINDS, "bimodal, half")
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


def by_history(
    kind: str, runs: int, n: int, tables: int, drop: float = 0.0, seed: int = 7
) -> tuple[float, float]:
    """Comparisons of two runs of n launches each, with earlier runs; runs differ as launches do.

    The share of tables that show any slower among the metrics without change, and how often the
    one that became slower by ``drop`` is found.
    """
    generator = np.random.default_rng([seed, runs, n])
    alarms_ = found = 0
    for _ in range(tables):
        weather = draws(kind, (METRICS, runs + 2, 1), generator, 0.01)
        all_runs = weather * launches("normal", (METRICS, runs + 2, n), generator, 0.01)
        all_runs[0, -1] *= 1.0 - drop
        centres = np.exp(np.log(all_runs).mean(axis=-1))
        rows = [
            pair(one[-2].tolist(), one[-1].tolist(), spread=spread.of_runs(earlier[:-1].tolist()))
            for one, earlier in zip(all_runs, centres, strict=True)
        ]
        verdicts = [one.verdict for one in judged(rows)]
        alarms_ += Verdict.SLOWER in verdicts[1:]
        found += verdicts[0] is Verdict.SLOWER
    return alarms_ / tables, found / tables


def table(first: Iterable[Array], second: Iterable[Array]) -> list[Judged]:
    """The verdicts on metrics that have these launches: [metric][launch]."""
    return judged([pair(a.tolist(), b.tolist()) for a, b in zip(first, second, strict=True)])


def _intervals() -> Iterator[str]:
    yield "interval of a median, 20,000 samples: least coverage over n = 6 ... 50"
    for kind in KINDS:
        worst = min((covered_median(kind, n, 20_000)[0], n) for n in range(6, 51))
        yield f"  {kind}: {worst[0]:.4f} at n = {worst[1]}"
    yield "interval of a ratio by Welch's t; of a side by nested bootstrap (2,000 samples)"
    for n, kind in product((3, 5, 10), ALL_KINDS):
        ratio, nested = covered_ratio(kind, n, 100_000), covered_bootstrap(kind, n, 2000)
        yield f"  {n} launches, {kind}: ratio {ratio:.4f}, bootstrap {nested:.3f}"


def _tables() -> Iterator[str]:
    yield "tables of 50 metrics without change, 2000 of each: share with any slower"
    for n, kind in product((5, 6, 10), ALL_KINDS):
        share, faster = alarms(kind, n, 2000)
        yield f"  {n} launches, {kind}: {share:.4f} (any faster {faster / 2000:.4f})"
    yield "one of 50 metrics became slower, 2000 tables: share found"
    for n, (noise, drop) in product((5, 6, 10), ((0.01, 0.1), (0.02, 0.1), (0.01, 0.05))):
        share = power("normal", n, 2000, noise, drop)
        yield f"  {n} launches, {drop:.0%} at {noise:.0%} noise: {share:.4f}"
    yield "runs differ by 1 %, launches too; 1000 tables: any slower; a drop of 10 % found"
    for n, runs, kind in product((1, 5), (5, 10, 20), ALL_KINDS):
        false, true = by_history(kind, runs, n, 1000, 0.10)
        yield f"  {n} launches, {runs} earlier runs, {kind}: {false:.4f}; {true:.4f}"


if __name__ == "__main__":
    for line in chain(_intervals(), _tables()):
        sys.stdout.write(f"{line}\n")
