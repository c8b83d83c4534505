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
from kernels.external.hpcc.kernel import Hpcc

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


def test_the_race_with_hpcc_has_the_same_ranks_and_sizes_on_both_sides() -> None:
    suite, document = suites.load("race-hpcc")
    cases = {one.kernel: one for one in plan(suite, document, Overrides(), NODE)}
    hpcc = cases["hpcc"].instance()
    assert isinstance(hpcc, Hpcc)
    assert {one.geometry for one in cases.values()} == {cases["hpcc"].geometry}
    assert {one.launches for one in cases.values()} == {5}
    sizes = {name: cases[name].parameters["n"] for name in ("hpl", "dgemm", "stream")}
    assert sizes == {"hpl": hpcc.n, "dgemm": hpcc.product(), "stream": hpcc.elements()}
    pairs = compared(suite, document, cases.values())
    assert {one for one, _ in pairs} >= {"hpl.flop_rate", "stream.triad_bandwidth"}
    assert all(other.startswith("hpcc.") for _, other in pairs)
