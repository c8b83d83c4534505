"""From drafts to cases: geometry, sizes that fit, and errors whose fix really works."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config import suite as suites
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.plan.case import Case, Geometry, from_dict
from harness.plan.expand import Overrides
from harness.plan.resolve import RANK_OVERHEAD_B, plan
from harness.plan.resources import Resources
from kernels import listing
from kernels.contract import AUTO, Value, parameters

GIB = 2**30
NODE = Resources(
    nodes=4,
    cores=8,
    memory_B=16 * GIB,
    llc_B=32 * 2**20,
    flop_rate=None,
    bandwidth=None,
    source="c.yaml: here",
    here=False,  # programs that cases name need not be on this machine
)


def resolve(text: str, resources: Resources = NODE, **overrides: Any) -> tuple[Case, ...]:
    document = parse("cases:\n" + text, "s.yaml")
    suite = validated(suites.Suite, document, suites.SCHEMA)
    return plan(suite, document, Overrides(**overrides), resources)


def refused(text: str, resources: Resources = NODE, **overrides: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        resolve(text, resources, **overrides)
    return caught.value


def flags(fix: str) -> dict[str, Any]:
    """The flags of a fix, as the command line would hand them on."""
    words = shlex.split(re.split(r",| \(", fix)[0])
    found: dict[str, Any] = {}
    for flag, value in zip(words[::2], words[1::2], strict=True):
        if flag == "--set":
            name, _, text = value.partition("=")
            found.setdefault("set", {})[name] = text
        else:
            found[flag.removeprefix("--")] = (int(value),)
    return found


@pytest.mark.parametrize(
    ("given", "geometry"),
    [
        ({}, Geometry(1, 8, 1)),
        ({"threads": (2,)}, Geometry(1, 4, 2)),
        ({"threads": (3,)}, Geometry(1, 2, 3)),
        ({"nodes": (4,)}, Geometry(4, 32, 1)),
        ({"nodes": (2,), "threads": (5,)}, Geometry(2, 2, 5)),
        ({"nodes": (3,), "threads": (3,)}, Geometry(3, 6, 3)),
        ({"nodes": (2,), "ranks": (6,)}, Geometry(2, 6, 1)),
        ({"threads": (9,), "oversubscribe": True}, Geometry(1, 1, 9)),
        ({"ranks": (20,), "oversubscribe": True}, Geometry(1, 20, 1)),
    ],
)
def test_geometry(given: dict[str, Any], geometry: Geometry) -> None:
    (case,) = resolve("  - kernel: dgemm\n    parameters: {n: 8}\n", **given)
    assert case.geometry == geometry


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"ranks": (9,)}, "9 ranks x 1 threads on 8 cores (c.yaml: here)"),
        ({"ranks": (3,), "threads": (3,)}, "3 ranks x 3 threads on 8 cores"),
        ({"ranks": (1,), "threads": (64,)}, "1 ranks x 64 threads on 8 cores"),
        ({"threads": (64,)}, "1 ranks x 64 threads on 8 cores"),
        ({"nodes": (2,), "ranks": (4,), "threads": (5,)}, "4 ranks x 5 threads on 16 cores"),
        ({"nodes": (2,), "ranks": (7,)}, "7 ranks do not divide evenly over 2 nodes"),
        ({"nodes": (4,), "ranks": (3,)}, "3 ranks do not divide evenly over 4 nodes"),
    ],
)
def test_an_impossible_geometry_and_its_fix(given: dict[str, Any], found: str) -> None:
    text = "  - kernel: dgemm\n    parameters: {n: 8}\n"
    error = refused(text, **given)
    assert error.where == "s.yaml:2: cases.0"
    assert found in error.found
    assert len(resolve(text, **{**given, **flags(error.fix)})) == 1


def test_too_many_nodes() -> None:
    error = refused("  - kernel: dgemm\n", nodes=(5,))
    assert error.found == "asks for 5 nodes, found 4 (c.yaml: here)"
    assert "--nodes" in error.fix


@pytest.mark.parametrize(
    ("kernel", "given", "ranks"),
    [
        ("hpl", {"n": "1e6"}, 4),
        ("hpl", {"n": "1e6", "p": "4", "q": "1"}, 4),
        ("hpl", {"n": "1e6", "nb": "1000"}, 8),
        ("dgemm", {"n": "1e6"}, 8),
        ("stream", {"n": "1e12"}, 3),
        ("jacobi3d", {"n": "20000"}, 8),
        ("jacobi3d", {"nx": "1e12", "ny": "1", "nz": "1"}, 2),
        ("reduce", {"rows": "1e13", "dtype": "float32"}, 8),
    ],
)
def test_too_big_for_the_memory_names_the_largest_size_that_fits(
    kernel: str, given: dict[str, str], ranks: int
) -> None:
    text = f"  - kernel: {kernel}\n"
    error = refused(text, set=given, ranks=(ranks,))
    assert error.where == "s.yaml:2: cases.0"
    assert f"{kernel} needs " in error.found
    assert "16 GiB are free (c.yaml: here)" in error.found
    assert "e+" not in error.found
    size = "rows" if kernel == "reduce" else "n"
    assert error.known.startswith(f"the size comes from {size} = ")
    fixed = flags(error.fix)["set"]
    assert set(fixed) <= set(given)
    assert fixed, error.fix
    (case,) = resolve(text, set={**given, **fixed}, ranks=(ranks,))
    assert case.memory_B <= NODE.memory_B
    if kernel == "hpl":  # the others stop growing where their rate does
        assert case.memory_B > 0.7 * NODE.memory_B


def test_no_memory_at_all() -> None:
    small = replace(NODE, memory_B=RANK_OVERHEAD_B)
    for kernel in listing.names():
        error = refused(f"  - kernel: {kernel}\n", small)
        assert error.exit_code == 2
        assert "s.yaml:2" in error.where


def test_a_grid_that_does_not_fit_the_ranks() -> None:
    error = refused("  - kernel: hpl\n    parameters: {n: 100, p: 2, q: 3}\n", ranks=(4,))
    assert error.where.startswith("s.yaml:3: cases.0.parameters.")
    assert error.known == "p x q must be 4: 1 x 4, 2 x 2"
    error = refused("  - kernel: hpl\n", ranks=(4,), set={"p": "4", "q": "4", "n": "100"})
    assert (error.where, error.found) == ("--set p", "found 4")
    assert "p x q must be 4" in error.known


@settings(max_examples=25, deadline=None)
@given(
    st.integers(RANK_OVERHEAD_B * 9, 64 * GIB),
    st.integers(0, 2**30),
    st.integers(1, 8),
    st.sampled_from(listing.names()),
)
def test_auto_always_fits(memory_B: int, llc_B: int, ranks: int, kernel: str) -> None:
    node = replace(NODE, memory_B=memory_B, llc_B=llc_B)
    ranks = 1 if kernel == "stream_c" else max(ranks, listing.load(kernel).least_ranks)
    (case,) = resolve(f"  - kernel: {kernel}\n    ranks: {ranks}\n", node)
    assert 0 < case.memory_B <= memory_B
    kernel_of_case = case.instance()
    kernel_of_case.check_geometry(ranks)
    declared = {one.name for one in parameters(type(kernel_of_case)) if one.default == AUTO}
    assert set(case.fitted) == declared
    assert case.estimated_s > 0.0


def test_a_kernel_that_counts_threads_is_told_how_many_there_are() -> None:
    (case,) = resolve("  - {kernel: ladder, ranks: 2, threads: 3}\n")
    assert case.parameters["sets"] == 3
    assert case.parameters["cache"] == NODE.llc_B // 6
    (case,) = resolve("  - {kernel: ladder, ranks: 2, threads: 3, parameters: {sets: 1}}\n")
    assert case.parameters["sets"] == 1
    assert "sets" not in case.fitted


def test_given_parameters_are_not_fitted() -> None:
    (case,) = resolve("  - kernel: hpl\n    parameters: {n: 500, p: auto}\n", ranks=(4,))
    chosen = {name: case.parameters[name] for name in ("n", "nb", "p", "q", "seed")}
    assert chosen == {"n": 500, "nb": 64, "p": 2, "q": 2, "seed": 100}
    assert case.fitted == ("nb", "p", "q")


def test_the_identity_is_that_of_kernel_parameters_and_geometry() -> None:
    text = "  - kernel: dgemm\n    parameters: {n: 8}\n"
    (one,) = resolve(text)
    (same,) = resolve(text, repetitions=9, launches=3, budget_s=5.0)
    assert one.id == same.id
    assert re.fullmatch(r"dgemm-[0-9a-f]{10}", one.id)
    changed: list[dict[str, Any]] = [
        {"set": {"n": "9"}},
        {"set": {"seed": "9"}},
        {"ranks": (2,)},
        {"threads": (2,)},
        {"nodes": (2,)},
    ]
    others = {resolve(text, **one)[0].id for one in changed}
    assert len(others | {one.id}) == 6
    assert replace(one, version=one.version + 1).id != one.id


def test_the_identity_is_known() -> None:
    """Changing it would cut every history in two: do so on purpose only."""
    geometry = Geometry(nodes=1, ranks=2, threads=1)
    values: dict[str, Value] = {"n": 4000, "nb": 192}
    case = Case("hpl", 1, values, geometry, None, 1, 1.0, 1, 1.0)
    assert case.id == "hpl-bfd617d603"


def test_identities_stay_when_a_sweep_grows_or_is_reordered() -> None:
    def ids(values: str) -> dict[Value, str]:
        found = resolve(f"  - kernel: dgemm\n    sweep: {{n: {values}}}\n")
        return {one.parameters["n"]: one.id for one in found}

    assert ids("[8, 9]") == {n: i for n, i in ids("[7, 9, 8]").items() if n != 7}


def test_a_case_listed_twice_runs_once() -> None:
    found = resolve("  - kernel: dgemm\n    sweep: {n: [8, 9, 8]}\n  - kernel: dgemm\n", set={})
    assert [one.parameters["n"] for one in found[:2]] == [8, 9]
    assert len(found) == 3
    assert len(resolve("  - kernel: dgemm\n  - kernel: dgemm\n", set={"n": "8"})) == 1


def test_rules_of_a_case() -> None:
    text = "  - kernel: dgemm\n    parameters: {n: 8}\n"
    (case,) = resolve(text)
    assert (case.repetitions, case.launches, case.budget_s) == (None, 1, 300.0)
    (case,) = resolve(text + "    repetitions: 3\n    launches: 2\n    budget: 90\n")
    assert (case.repetitions, case.launches, case.budget_s) == (3, 2, 90.0)
    (case,) = resolve(text + "    repetitions: 3\n", repetitions=5, launches=4, budget_s=7.0)
    assert (case.repetitions, case.launches, case.budget_s) == (5, 4, 7.0)


def test_references_name_metrics() -> None:
    text = "  - kernel: stream\n    parameters: {n: 8}\n    references:\n"
    (case,) = resolve(text + "      triad_bandwidth: {value: 37.0e+9, source: a data sheet}\n")
    assert case.references["triad_bandwidth"].value == 37e9
    assert case.references["triad_bandwidth"].tolerance == 0.05
    error = refused(text + "      triad_bandwith: {value: 1}\n")
    assert error.found == "unknown metric 'triad_bandwith'; did you mean 'triad_bandwidth'?"
    assert "copy_bandwidth" in error.known


@pytest.mark.parametrize("kernel", listing.names())
def test_a_case_survives_json(kernel: str) -> None:
    (case,) = resolve(
        f"  - kernel: {kernel}\n    repetitions: 3\n",
        ranks=(listing.load(kernel).least_ranks,),
        set={},
        budget_s=1.5,
    )
    written = json.loads(json.dumps(case.as_dict()))
    assert from_dict(written) == case
    assert written["id"] == case.id
