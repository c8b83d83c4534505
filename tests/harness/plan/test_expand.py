"""From a suite to drafts: sweeps and what the command line changes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from harness.config import suite as suites
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.plan.expand import Draft, Overrides, drafts


def expand(text: str, **overrides: Any) -> list[Draft]:
    document = parse("cases:\n" + text, "s.yaml")
    suite = validated(suites.Suite, document, suites.SCHEMA)
    return drafts(suite, document, Overrides(**overrides))


def refused(text: str, **overrides: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        expand(text, **overrides)
    return caught.value


def test_the_product_of_a_sweep_in_the_order_of_the_file() -> None:
    found = expand("  - kernel: hpl\n    sweep: {nb: [64, 128], n: [300, 100, 200]}\n")
    assert [(one.given["nb"], one.given["n"]) for one in found] == [
        (64, 300),
        (64, 100),
        (64, 200),
        (128, 300),
        (128, 100),
        (128, 200),
    ]


def test_geometry_is_the_outer_loop() -> None:
    found = expand(
        "  - kernel: dgemm\n    nodes: [1, 2]\n    ranks: [2, 4]\n    threads: [1, 3]\n"
        "    sweep: {n: [8, 9]}\n"
    )
    assert [(one.nodes, one.ranks, one.threads, one.given["n"]) for one in found] == [
        (nodes, ranks, threads, n)
        for nodes in (1, 2)
        for ranks in (2, 4)
        for threads in (1, 3)
        for n in (8, 9)
    ]


def test_cases_stay_in_order_and_auto_ranks_stay_open() -> None:
    found = expand("  - kernel: stream\n  - kernel: dgemm\n    ranks: auto\n    parameters: auto\n")
    assert [(one.entry.kernel, one.ranks, one.given) for one in found] == [
        ("stream", None, {}),
        ("dgemm", None, {}),
    ]


def test_a_sweep_wins_over_a_parameter_of_the_same_case() -> None:
    found = expand("  - kernel: dgemm\n    parameters: {n: 5}\n    sweep: {n: [6, 7]}\n")
    assert [one.given["n"] for one in found] == [6, 7]


def test_set_replaces_what_the_suite_says() -> None:
    text = "  - kernel: dgemm\n    sweep: {n: [6, 7]}\n  - kernel: stream\n"
    found = expand(text, set={"n": "1e3"})
    assert [(one.entry.kernel, one.given) for one in found] == [
        ("dgemm", {"n": 1000}),
        ("stream", {"n": 1000}),
    ]
    assert found[0].places["n"] == "--set n"


def test_set_reaches_only_the_kernels_that_have_the_parameter() -> None:
    found = expand("  - kernel: hpl\n  - kernel: stream\n", set={"nb": "64"})
    assert [one.given for one in found] == [{"nb": 64}, {}]


def test_sweep_replaces_set_and_suite() -> None:
    found = expand(
        "  - kernel: dgemm\n    parameters: {n: 5}\n", set={"n": "6"}, sweep={"n": ("7", "8")}
    )
    assert [one.given["n"] for one in found] == [7, 8]


def test_geometry_of_the_command_line_replaces_that_of_the_suite() -> None:
    found = expand(
        "  - kernel: dgemm\n    ranks: [1, 2]\n    threads: 4\n",
        ranks=(3,),
        threads=(1,),
        nodes=(3,),
    )
    assert [(one.nodes, one.ranks, one.threads) for one in found] == [(3, 3, 1)]


def test_several_sweeps_keep_the_order_of_the_command_line_in_every_process() -> None:
    script = (
        "from harness.config import suite as s\n"
        "from harness.plan.expand import Overrides, drafts\n"
        "o = Overrides(sweep={'seed': ('1', '2'), 'q': ('1',), 'nb': ('8', '9'), 'n': ('5',)})\n"
        "print([list(d.given.items()) for d in drafts(*s.of_kernel('hpl'), o)])\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(printed) == 1
    assert printed.pop().startswith("[[('seed', 1), ('q', 1), ('nb', 8), ('n', 5)], [('seed', 1)")


def test_unknown_kernel() -> None:
    error = refused("  - kernel: dgemm\n  - kernel: hlp\n")
    assert error.where == "s.yaml:3: cases.1.kernel"
    assert error.found == "unknown kernel 'hlp'; did you mean 'hpl'?"
    assert "dgemm" in error.known
    assert "hpl" in error.known


@pytest.mark.parametrize("block", ["parameters: {nn: 5}", "sweep: {nn: [5]}"])
def test_unknown_parameter_in_the_suite(block: str) -> None:
    error = refused(f"  - kernel: hpl\n    {block}\n")
    assert error.where == f"s.yaml:3: cases.0.{block.partition(':')[0]}.nn"
    assert error.found.startswith("unknown parameter of hpl 'nn'; did you mean")
    assert error.known.startswith("n, nb, p, q, seed, order, ")


@pytest.mark.parametrize("flag", ["set", "sweep"])
def test_unknown_parameter_on_the_command_line(flag: str) -> None:
    given: dict[str, Any] = {"stepps": "5" if flag == "set" else ("5",)}
    error = refused("  - kernel: jacobi3d\n", **{flag: given})
    assert error.where == f"--{flag}"
    assert error.found == "unknown parameter 'stepps'; did you mean 'steps'?"
    assert error.known == (
        "boundary, depth, dtype, n, nx, ny, nz, stencil, steps, stores, tile, variant"
    )


def test_illegal_values_name_their_place() -> None:
    error = refused("  - kernel: hpl\n    sweep:\n      n: [5, 0]\n")
    assert (error.where, error.found) == ("s.yaml:4: cases.0.sweep.n", "found 0")
    error = refused("  - kernel: hpl\n", sweep={"n": ("5", "x")})
    assert (error.where, error.found) == ("--sweep n", "found 'x'")


def test_an_empty_sweep() -> None:
    error = refused("  - kernel: hpl\n    sweep: {n: []}\n")
    assert error.where == "s.yaml:3: cases.0.sweep.n"
    assert "nothing to run" in error.found


def test_ranks_of_a_node_follow_the_number_of_nodes() -> None:
    case = "  - {kernel: stream, ranks_per_node: 4, nodes: [1, 3], threads: [1, 2]}\n"
    made = [(one.nodes, one.ranks, one.threads) for one in expand(case)]
    assert made == [(1, 4, 1), (1, 4, 2), (3, 12, 1), (3, 12, 2)]
    assert [one.ranks for one in expand(case, nodes=(5,))] == [20, 20]
    assert {one.ranks for one in expand(case, ranks=(7,))} == {7}


def test_ranks_of_a_node_are_given_once_and_make_no_series() -> None:
    both = refused("  - {kernel: stream, ranks_per_node: 4, ranks: 8}\n")
    assert "give ranks, or ranks_per_node, not both" in str(both)
    entry = "  - {kernel: stream, ranks_per_node: 4, nodes: [1, 2], scaling: weak}\n"
    series = refused(entry)
    assert "ranks_per_node makes no scaling series" in str(series)
