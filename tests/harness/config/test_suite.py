"""Suites: all that ship, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import files, suite
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.plan.expand import Overrides, drafts
from kernels import listing


def load(text: str) -> suite.Suite:
    return validated(suite.Suite, parse(text, "s.yaml"), suite.SCHEMA)


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return str(caught.value)


@pytest.mark.parametrize("name", [path.stem for path in files.shipped("jobs").glob("*.yaml")])
def test_shipped(name: str) -> None:
    loaded, document = suite.load(name)
    assert loaded.title
    assert document.data["schema"] == suite.SCHEMA
    assert drafts(loaded, document, Overrides())


def test_found_by_name_in_the_working_folder_and_by_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jobs").mkdir()
    Path("jobs/quick.yaml").write_text("title: mine\ncases: [{kernel: hpl}]\n")
    Path("other.yml").write_text("title: other\ncases: [{kernel: hpl}]\n")
    assert suite.load("quick")[0].title == "mine"
    assert suite.load("./other.yml")[0].title == "other"
    assert suite.load("other.yml")[0].title == "other"
    assert set(files.suites()) >= {"quick"}
    with pytest.raises(ConfigError, match="unknown suite 'quik'; did you mean 'quick'") as caught:
        suite.load("quik")
    assert "quick" in caught.value.known


def test_defaults() -> None:
    one = load("cases:\n  - kernel: hpl\n").cases[0]
    assert (one.ranks, one.threads, one.nodes, one.launches) == (None, (1,), (1,), 1)
    assert (one.repetitions, one.budget, one.parameters, one.sweep) == (None, None, {}, {})


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("ranks: 4", "ranks", (4,)),
        ("ranks: [1, 2, 4]", "ranks", (1, 2, 4)),
        ("ranks: auto", "ranks", None),
        ("threads: [1, 2]", "threads", (1, 2)),
        ("nodes: 2", "nodes", (2,)),
        ("repetitions: 1.0e+1", "repetitions", 10),
        ("budget: 15 min", "budget", 900.0),
        ("parameters: auto", "parameters", "auto"),
        ("sweep: {n: [1, 2]}", "sweep", {"n": [1, 2]}),
    ],
)
def test_read(line: str, field: str, value: object) -> None:
    assert getattr(load(f"cases:\n  - kernel: hpl\n    {line}\n").cases[0], field) == value


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ranks: 1e6", "s.yaml:3: cases.0.ranks: found '1e6' (YAML reads this as text); write a"),
        ("ranks: 0", "cases.0.ranks: found 0; write a whole number from 1 on, or a list of them"),
        ("ranks: []", "found []; write a whole number"),
        ("ranks: [1, auto]", "found [1, 'auto']; write a whole number"),
        ("ranks: 2.0", "found 2.0; write"),
        ("ranks: true", "found True; write"),
        ("threads: auto", "found 'auto'"),
        ("nodes: -1", "found -1"),
        (
            "budget: 12:30",
            "s.yaml:3: cases.0.budget: '12:30' is no quantity in s: write it as '90'",
        ),
        ("budget: 0", "greater than 0"),
        ("repetitions: 1e3", "found '1e3' (YAML reads this as text: write 1000)"),
        ("repetitions: 0", "greater than or equal to 1, found 0"),
        ("launches: 1.5", "cases.0.launches: input should be a valid integer, found 1.5"),
        ("sweep: {n: 5}", "s.yaml:3: cases.0.sweep.n: input should be a valid list, found 5"),
        ("sweep: 5", "cases.0.sweep: input should be a valid dictionary, found 5"),
        ("parameters: 5", "s.yaml:3: cases.0.parameters: input should be"),
        ("repetition: 5", "unknown key 'repetition'; did you mean 'repetitions'?"),
        ("scaling: steady", "cases.0.scaling: input should be 'strong' or 'weak', found 'steady'"),
        ("references: {flop_rate: {value: .nan}}", "cases.0.references.flop_rate.value: "),
        ("references: {flop_rate: {value: .inf}}", "cases.0.references.flop_rate.value: "),
        ("references: {flop_rate: {value: 0}}", "greater than 0, found 0"),
        ("references: {flop_rate: {value: 1, tolerance: 1}}", "less than 1, found 1"),
        ("references: {flop_rate: {values: 1}}", "unknown key 'values'; did you mean 'value'?"),
        ("references: {flop_rate: {source: x}}", "references.flop_rate.value: key 'value' is miss"),
    ],
)
def test_an_illegal_value(line: str, message: str) -> None:
    assert message in refused(f"cases:\n  - kernel: hpl\n    {line}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases: 1\n", "s.yaml:1: cases: input should be a valid list, found 1"),
        ("cases: []\n", "s.yaml:1: cases: list should have at least 1 item"),
        ("title: x\n", "s.yaml:1: cases: key 'cases' is missing"),
        ("cases: [5]\n", "s.yaml:1: cases.0: input should be a valid dictionary"),
        ("cases:\n  - {}\n", "s.yaml:2: cases.0.kernel: key 'kernel' is missing"),
        ("cases:\n  - kernel: 5\n", "s.yaml:2: cases.0.kernel: input should be a valid string"),
        ("schema: qyran.cluster/1\ncases: 1\n", "is of schema 'qyran.cluster/1'"),
        ("name: x\ncases: [{kernel: a}]\n", "s.yaml:1: name: unknown key 'name'"),
        ("- a\n", "s.yaml: holds a list"),
    ],
)
def test_a_wrong_shape(text: str, message: str) -> None:
    assert message in refused(text)


@pytest.mark.parametrize("kernel", listing.names())
def test_a_kernel_is_a_suite_of_one_case(kernel: str) -> None:
    made, document = suite.of_kernel(kernel)
    (draft,) = drafts(made, document, Overrides())
    assert (draft.entry.kernel, draft.given) == (kernel, {})
    assert document.where(("cases", 0)) == kernel
