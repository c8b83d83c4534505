"""How often the verdict on simulated fleets is right: the figures of docs/accept.md.

``python -m tests.bench.fleets [--trials 1000]`` prints a line for each kind of fleet.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from harness.judge.fleet.pairs import Pairs, PairsJudged, judge
from harness.judge.fleet.table import Floats, Measurements, Metric
from harness.judge.fleet.thresholds import DEFAULT
from harness.judge.fleet.verdict import Anchors, Judged, Verdict, judged
from harness.judge.fleet.views import Anchor, Grade
from kernels.network.pairs.schedule import tournament

Fleet = Callable[[np.random.Generator], Floats]
"""(nodes,) or (nodes, metrics) or (nodes, metrics, repetitions) values."""


def table(value: Floats, better: Literal["higher", "lower"] = "higher") -> Measurements:
    """The long table of a full array; n0, n1 and so on, m0, m1 and so on."""
    full = np.asarray(value, float)
    full = full.reshape(full.shape + (1,) * (3 - full.ndim))
    node, metric, repetition = (one.ravel() for one in np.indices(full.shape))
    return Measurements(
        nodes=tuple(f"n{one}" for one in range(full.shape[0])),
        metrics=tuple(Metric(f"m{one}", "B/s", better) for one in range(full.shape[1])),
        node=node,
        metric=metric,
        repetition=repetition,
        rank=np.full(full.size, -1),
        value=full.ravel(),
    )


def normal(*shape: int, cv: float) -> Fleet:
    return lambda rng: 1.0 + cv * rng.standard_normal(shape)


def lognormal(*shape: int, cv: float) -> Fleet:
    return lambda rng: np.exp(np.sqrt(np.log1p(cv**2)) * rng.standard_normal(shape))


def slow(nodes: int, bad: int, to: float, cv: float) -> Fleet:
    """The first ``bad`` nodes have ``to`` of what the others have."""

    def made(rng: np.random.Generator) -> Floats:
        value = 1.0 + cv * rng.standard_normal(nodes)
        value[:bad] *= to
        return value

    return made


@dataclass(frozen=True)
class Rates:
    """Shares of the trials, and of the nodes.

    exact : the slow ones are rejected, and no other node; noticed : the slow ones are rejected or
    to be measured again, and no other node.
    """

    rejected: float
    flagged: float
    exact: float
    bimodal: float
    noticed: float


def rates(fleet: Fleet, trials: int, bad: int = 0, anchor: float = 0.0, seed: int = 0) -> Rates:
    """Judge so many fleets."""
    rng = np.random.default_rng(seed)
    anchors = Anchors({"m0": Anchor(anchor, "")}) if anchor else Anchors()
    found = np.array([_trial(judged(table(fleet(rng)), anchors), bad) for _ in range(trials)])
    return Rates(*found.mean(axis=0))


def _trial(found: Judged, bad: int) -> tuple[float, float, float, float, float]:
    rejected = [i for i, one in enumerate(found.verdicts) if one is Verdict.REJECT]
    flagged = sum(one is Verdict.RETEST for one in found.verdicts)
    bimodal = any(one is not None and one.groups is not None for one in found.fleets)
    exact = rejected == list(range(bad))
    noticed = [i for i, one in enumerate(found.verdicts) if one is not Verdict.ACCEPT]
    return (
        bool(rejected), flagged / len(found.verdicts), exact, bimodal, noticed == list(range(bad))
    )  # fmt: skip


def _healthy(trials: int) -> Iterator[str]:
    yield "healthy fleets: share with a rejection, share of nodes to re-test, share called bimodal"
    for cv in (0.01, 0.02, 0.05):
        for nodes in (5, 8, 16, 64, 500):
            for name, made in (("normal", normal), ("log-normal", lognormal)):
                one = rates(made(nodes, cv=cv), trials)
                yield (
                    f"  {name} {nodes} nodes CV {100 * cv:.0f} %: "
                    f"{one.rejected:.4f} {one.flagged:.4f} {one.bimodal:.4f}"
                )
    one = rates(normal(64, 20, cv=0.05), max(trials // 10, 1))
    yield f"  normal 64 nodes x 20 metrics CV 5 %: {one.rejected:.4f} {one.flagged:.4f}"


def _found(trials: int) -> Iterator[str]:
    yield "slow nodes: share of fleets in which they, and no others, are rejected; or suspected"
    cases = [(64, 1, 0.94, cv) for cv in (0.005, 0.01)]
    cases += [(8, 3, 0.94, cv) for cv in (0.0, 0.003, 0.005, 0.007, 0.01)]
    cases += [(5, 1, 0.7, cv) for cv in (0.0, 0.01, 0.02, 0.03)]
    cases += [(16, 1, 0.9, 0.01), (32, 4, 0.94, 0.01), (32, 10, 0.9, 0.01)]
    for nodes, bad, to, cv in cases:
        one = rates(slow(nodes, bad, to, cv), trials, bad)
        what = f"{bad} of {nodes} at {100 * to:.0f} %, CV {100 * cv:.1f} %"
        yield f"  {what}: {one.exact:.3f} {one.noticed:.3f}"


def _halves(trials: int) -> Iterator[str]:
    yield "half at 91 %: share called bimodal; share with that half rejected by an anchor of 0.95"
    for nodes in (6, 8, 16, 64):
        fleet = slow(nodes, nodes // 2, 0.91, 0.01)
        refused, anchored = rates(fleet, trials), rates(fleet, trials, nodes // 2, anchor=0.95)
        yield f"  {nodes} nodes, CV 1 %: {refused.bimodal:.3f} {anchored.exact:.3f}"


def pairs(nodes: int, seed: int, link: float = 1.0, node: float = 1.0, cv: float = 0.01) -> Pairs:
    """All pairs of some nodes; the link 3 - 7 and node 5 have a part of what others have."""
    ends = tournament(nodes).reshape(-1, 2)
    value = 1.0 + cv * np.random.default_rng(seed).standard_normal(len(ends))
    value[(ends[:, 0] == 3) & (ends[:, 1] == 7)] *= link
    value[(ends == 5).any(axis=1)] *= node
    return Pairs(table(value), ends)


def names(count: int) -> tuple[str, ...]:
    """n0, n1 and so on."""
    return tuple(f"n{i}" for i in range(count))


SWITCHES = {f"switch{i}": names(32)[8 * i : 8 * i + 8] for i in range(4)}
"""Four switches of eight nodes."""


def switched(
    seed: int, slow: dict[tuple[int, int], float] | None = None, node: float = 1.0
) -> Pairs:
    """All pairs of these 32 nodes at 1 % noise, across switches with 70 % of the bandwidth.

    slow : links with a part of what they should have; node 5 has such a part of all of its pairs.
    """
    made = pairs(32, seed, node=node)
    value = made.table.value.copy()
    value[made.ends[:, 0] // 8 != made.ends[:, 1] // 8] *= 0.7
    for (a, b), part in (slow or {}).items():
        value[(made.ends[:, 0] == a) & (made.ends[:, 1] == b)] *= part
    return replace(made, table=replace(made.table, value=value))


def _switches(trials: int) -> Iterator[str]:
    yield "four switches of 8 nodes, 30 % less across: share in which only what is slow is named"
    for part in (0.94, 0.92, 0.9, 0.8):
        links, nodes = 0, 0
        for seed in range(trials):
            two = switched(seed, {(1, 3): part, (4, 20): part})
            found = judge(two, names(32), DEFAULT, SWITCHES)
            links += _named(found) == ([], [(1, 3), (4, 20)])
            found = judge(switched(seed, node=part), names(32), DEFAULT, SWITCHES)
            nodes += _named(found) == ([5], [])
        yield f"  one link within and one across at {100 * part:.0f} %: {links / trials:.3f}"
        yield f"  one node at {100 * part:.0f} %: {nodes / trials:.3f}"
    flagged = [judge(switched(seed), names(32), DEFAULT, SWITCHES) for seed in range(trials)]
    share = np.mean([one.peers.grade >= Grade.RETEST for one in flagged])
    yield f"  healthy: nodes to re-test {share:.4f}"


def _pairs(trials: int) -> Iterator[str]:
    yield "32 nodes, all pairs, CV 1 %: share in which the link, or the node, alone is named"
    for part in (0.94, 0.92, 0.9, 0.8):
        links, nodes = 0, 0
        for seed in range(trials):
            links += _named(judge(pairs(32, seed, link=part), names(32), DEFAULT)) == ([], [(3, 7)])
            nodes += _named(judge(pairs(32, seed, node=part), names(32), DEFAULT)) == ([5], [])
        yield f"  at {100 * part:.0f} %: {links / trials:.3f} {nodes / trials:.3f}"


def _named(found: PairsJudged) -> tuple[list[int], list[tuple[int, int]]]:
    nodes = np.flatnonzero(found.peers.grade[:, 0] == Grade.REJECT).tolist()
    return nodes, [(one.a, one.b) for one in found.links if one.grade is Grade.REJECT]


def _speed() -> Iterator[str]:
    value = np.random.default_rng(0).normal(1.0, 0.01, (10_000, 20, 10))
    began = time.perf_counter()
    judged(table(value))
    yield f"10000 nodes x 20 metrics x 10 repetitions: {time.perf_counter() - began:.1f} s"
    began = time.perf_counter()
    tournament(1000)
    yield f"tournament of 1000 nodes: {time.perf_counter() - began:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    for part in (
        _healthy(trials),
        _found(trials),
        _halves(trials),
        _pairs(trials // 2),
        _switches(trials // 2),
        _speed(),
    ):
        for line in part:
            print(line, flush=True)


if __name__ == "__main__":
    main()
