"""What the judgement of histories reaches: `python tests/simulations/history.py [SERIES] [SEED]`.

Prints the table of docs/history.md: how often noise alone is suspected or confirmed in a life of 60
runs, and how often, and when, a step is. Each series is judged after every run, as in use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from harness.judge.history.course import Change, Point, follow

Array = NDArray[np.float64]
NOISE = 0.01
LIFE = 60
LAUNCHES = 5


def normal(rng: Generator, n: int) -> Array:
    """Normal noise."""
    drawn: Array = rng.standard_normal(n)
    return NOISE * drawn


def log_normal(shape: float) -> Callable[[Generator, int], Array]:
    """Log-normal noise with standard deviation `NOISE`; its longer tail is on the worse side."""

    def made(rng: Generator, n: int) -> Array:
        drawn = np.exp(shape * rng.standard_normal(n))
        middle = np.exp(shape**2 / 2.0)
        found: Array = (drawn - middle) / (middle * np.sqrt(np.exp(shape**2) - 1.0))
        return NOISE * found

    return made


def correlated(rho: float) -> Callable[[Generator, int], Array]:
    """AR(1) noise."""

    def made(rng: Generator, n: int) -> Array:
        shocks = rng.standard_normal(n)
        found = np.empty(n)
        found[0] = shocks[0]
        for t in range(1, n):
            found[t] = rho * found[t - 1] + np.sqrt(1.0 - rho**2) * shocks[t]
        return NOISE * found

    return made


NOISES = {
    "normal": normal,
    "log-normal, shape 0.25": log_normal(0.25),
    "log-normal, shape 0.5": log_normal(0.5),
    "log-normal, shape 1": log_normal(1.0),
    "AR(1), 0.6": correlated(0.6),
}


def _elsewhere(name: str, rng: Generator, _run: int) -> Array:
    """New launches that have nothing in common with the suspicious run."""
    return NOISES[name](rng, LAUNCHES)


def _at_once(values: Array, rng: Generator, run: int) -> Array:
    """New launches that share what disturbed the suspicious run."""
    found: Array = values[run] + NOISE / 2 * rng.standard_normal(LAUNCHES)
    return found


def lived(values: Array, again: Callable[[int], Array] | None = None) -> list[Change]:
    """The changes of a life in which each suspicion of a regression is measured again at once.

    again : launches of the re-measurement after this run, relative; None: nobody measures again.
    """
    points = [Point(float(value), str(i)) for i, value in enumerate(values)]
    asked: set[str] = set()
    while True:
        found = list(follow(points).changes)
        wanted = [one.id for one in found if one.worse and one.id not in asked]
        if again is None or not wanted:
            return found
        asked.add(wanted[0])
        at = next(i for i, one in enumerate(points) if one.run == wanted[0]) + 1
        launches = tuple(again(int(wanted[0])).tolist())
        points.insert(at, Point(0.0, f"{wanted[0]}.again", launches, frozenset(wanted[:1])))


def false_rates(name: str, series: int, rng: Generator) -> dict[str, float]:
    """Fractions of series of noise alone with any such finding in a life."""
    counts = dict.fromkeys(("suspect", "better", "confirmed", "same hour", "unattended"), 0)
    for _ in range(series):
        values = NOISES[name](rng, LIFE)
        plain = lived(values)
        counts["suspect"] += any(one.worse for one in plain)
        counts["better"] += any(not one.worse for one in plain)
        counts["unattended"] += any(_confirmed(one) for one in plain)
        if any(one.worse for one in plain):
            later = lived(values, partial(_elsewhere, name, rng))
            counts["confirmed"] += any(_confirmed(one) for one in later)
            hour = lived(values, partial(_at_once, values, rng))
            counts["same hour"] += any(_confirmed(one) for one in hour)
    return {key: count / series for key, count in counts.items()}


def _confirmed(one: Change) -> bool:
    return one.worse and one.status in ("confirmed", "fixed")


def found_rates(
    step: float, at: int, within: int, series: int, rng: Generator
) -> tuple[float, float]:
    """Fractions of series with normal noise in which a step is suspected in time, and confirmed."""
    suspected = confirmed = 0
    for _ in range(series):
        values = normal(rng, at + within)
        values[at:] += step
        made = lived(values, lambda _: step + normal(rng, LAUNCHES))
        mine = [one for one in made if one.worse and one.raised >= at]
        suspected += bool(mine)
        confirmed += any(one.status == "confirmed" for one in mine)
    return suspected / series, confirmed / max(suspected, 1)


def spikes(series: int, rng: Generator) -> tuple[float, float]:
    """Fractions of series with one run of +30 % in which it is suspected, and confirmed."""
    suspected = confirmed = 0
    for _ in range(series):
        values = normal(rng, 45)
        values[40] += 0.3
        made = lived(values, lambda _: normal(rng, LAUNCHES))
        mine = [one for one in made if one.worse and 40 in one.runs]
        suspected += bool(mine)
        confirmed += any(_confirmed(one) for one in made)
    return suspected / series, confirmed / series


def of_noise(series: int, rng: Generator) -> None:
    """The first table of docs/history.md."""
    print("noise alone, 60 runs: percent of series")
    for name in NOISES:
        rates = false_rates(name, series, rng)
        print(f"{name:24s}", {key: round(100 * one, 2) for key, one in rates.items()}, flush=True)


def of_steps(series: int, rng: Generator) -> None:
    """The second."""
    print("a step with normal noise of 1 %: percent suspected in time, of those confirmed")
    for at in (12, 20, 30, 40):
        for step, within in ((0.05, 2), (0.03, 5)):
            rates = (100 * one for one in found_rates(step, at, within, series, rng))
            words = ", ".join(f"{one:.1f}" for one in rates)
            print(f"{step:.0%} after {at} runs, within {within}: {words}", flush=True)
    words = ", ".join(f"{100 * one:.1f}" for one in spikes(series, rng))
    print("one run of +30 %: percent suspected with the run after it, confirmed:", words)


def main() -> None:
    """Print the tables."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261128
    of_noise(series, np.random.default_rng(seed))
    of_steps(series // 3, np.random.default_rng(seed + 1))


if __name__ == "__main__":
    main()
