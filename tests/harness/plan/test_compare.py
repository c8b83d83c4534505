"""``compare:`` of a suite: names that exist, and metrics of one kind."""

from __future__ import annotations

import pytest

from harness.config import suite as suites
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.plan.compare import compared
from harness.plan.expand import Overrides
from harness.plan.resolve import plan
from harness.plan.resources import Resources

CASES = (
    "cases:\n  - {kernel: hpl, parameters: {n: 100}}\n  - {kernel: hpcc, parameters: {n: 100}}\n"
)
NODE = Resources(
    nodes=1,
    cores=2,
    memory_B=2**33,
    llc_B=2**20,
    flop_rate=None,
    bandwidth=None,
    source="c.yaml",
    here=False,
)


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    document = parse(f"compare:\n{text}{CASES}", "s.yaml")
    suite = validated(suites.Suite, document, suites.SCHEMA)
    return compared(suite, document, plan(suite, document, Overrides(), NODE))


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        pairs(text)
    return str(caught.value)


def test_pairs_of_metrics() -> None:
    text = "  - [hpl.flop_rate, hpcc.hpl_flop_rate]\n  - [hpcc.fft_flop_rate, hpl.flop_rate]\n"
    assert pairs(text) == (
        ("hpl.flop_rate", "hpcc.hpl_flop_rate"),
        ("hpcc.fft_flop_rate", "hpl.flop_rate"),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "  - [hpl.flop_rate, hpc.hpl_flop_rate]\n",
            ["'hpc'", "did you mean 'hpcc'"],
        ),
        ("  - [hpl.flop_rate, dgemm.flop_rate]\n", ["kernel of this suite", "known: hpl, hpcc"]),
        ("  - [hpl.rate, hpcc.hpl_flop_rate]\n", ["compare.0.0", "metric of hpl", "flop_rate"]),
        ("  - [hpl.flop_rate, hpcc.pingpong_latency]\n", ["in flop/s with", "in s", "one unit"]),
        ("  - [hpl.flop_rate]\n", ["compare.0", "write two metrics"]),
        ("  - hpl.flop_rate\n", ["write two metrics"]),
        ("  - [hpl, hpcc]\n", ["write two metrics"]),
        ("  - [1, 2]\n", ["write two metrics"]),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_line(text: str, words: list[str]) -> None:
    message = refused(text)
    for word in ["s.yaml:2", *words]:
        assert word in message
