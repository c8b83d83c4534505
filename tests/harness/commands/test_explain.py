"""`qyran explain` says what a case was held against, and what to type next."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from harness.commands import explain as command
from harness.config import references as files
from harness.errors import ConfigError
from harness.judge import references
from harness.judge.references import Site
from harness.outcome import Outcome
from harness.record import store
from harness.report import schema
from harness.report.explain_document import ExplainDoc
from tests.harness.commands.runs import STEADY, passed, put

LAB = """\
references:
- {kernel: stream, metric: triad_bandwidth, value: VALUE, source: acceptance, n: 16,
   date: 2026-11-01, system: {cpu: 'EPYC*'}}
- {kernel: stream, metric: triad_bandwidth, value: 7, source: other, system: {cluster: sunway}}
- {kernel: stream, metric: triad_bandwidth, value: 8, source: general}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "references").mkdir()
    return tmp_path


def explained(made: Any, site: Path, factor: float) -> ExplainDoc:
    """A run of stream judged by a reference of a factor times its triad."""
    value = passed(made, made.case(), STEADY).metrics["triad_bandwidth"].value
    (site / "references" / "lab.yaml").write_text(LAB.replace("VALUE", str(factor * value)))
    (case,) = references.applied([made.case()], files.load(), Site("laptop", "h1", "EPYC 9654"))
    put(made, site / "results", 1, [passed(made, case, STEADY)])
    return command.document(store.find(site / "results", "last"), None)


def test_the_reference_that_was_used_is_named_with_those_nearby(made: Any, site: Path) -> None:
    found = explained(made, site, 1.0).cases[0]
    assert found.outcome == "pass"
    triad = next(one for one in found.metrics if one.metric == "triad_bandwidth")
    assert triad.standing == "within"
    used = triad.reference
    assert used is not None
    assert (used.place, used.why) == ("references/lab.yaml:2", "cpu EPYC*")
    assert (used.source, used.date, used.n) == ("acceptance", "2026-11-01", 16)
    assert used.lowest == pytest.approx(0.95 * used.value)
    assert used.highest is None
    assert [(one.place, one.failed) for one in triad.near] == [
        ("references/lab.yaml:5", []),
        ("references/lab.yaml:4", ["cluster sunway (here laptop)"]),
    ]


def test_what_is_slow_says_why_and_what_to_type(
    made: Any, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explained(made, site, 2.0)
    assert found.cases[0].outcome == "slow"
    assert found.cases[0].metrics[0].standing == "missed"
    assert found.cases[0].next[0] == "qyran run quick --launches 5"
    command.explain("last", "stream", site / "results", as_json=False)
    text = capsys.readouterr().out
    assert "the whole interval misses the limit" in text
    assert "from references/lab.yaml:2, for cpu EPYC*" in text
    command.explain("last", None, site / "results", as_json=True)
    jsonschema.validate(json.loads(capsys.readouterr().out), json.loads(schema.text(ExplainDoc)))


def test_today_s_files_do_not_change_what_was_judged(made: Any, site: Path) -> None:
    explained(made, site, 1.0)
    (site / "references" / "lab.yaml").unlink()
    found = command.document(store.find(site / "results", "last"), None)
    triad = found.cases[0].metrics[0]
    assert triad.reference is not None
    assert triad.near == []


def test_without_a_reference_one_is_proposed_that_fits(made: Any, site: Path) -> None:
    case = replace(made.case(), reference_required=True)
    put(made, site / "results", 1, [passed(made, case, STEADY)])
    found = command.document(store.find(site / "results", "last"), None)
    only = found.cases[0]
    assert only.outcome == "no-reference"
    assert only.metrics[0].standing == "no reference"
    (site / "references" / "new.yaml").write_text(f"references:\n{only.proposal}\n")
    assert yaml.safe_load(only.proposal)[0]["metric"] == "triad_bandwidth"
    (again,) = references.applied([case], files.load(), Site("laptop", "h1", "EPYC 9654"))
    assert passed(made, again, STEADY).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("outcome", "command_"),
    [(Outcome.INFRA, "qyran resume "), (Outcome.KILLED, "less "), (Outcome.WRONG, "less ")],
)
def test_what_has_no_number_has_a_next_step(
    made: Any, site: Path, outcome: Outcome, command_: str
) -> None:
    put(made, site / "results", 1, [made.failed(outcome=outcome)])
    only = command.document(store.find(site / "results", "last"), None).cases[0]
    assert only.metrics == []
    assert only.next[0].startswith(command_)
    if command_ == "less ":
        assert only.next[1].startswith("qyran run ")
    assert only.proposal == ""


def test_a_kernel_that_was_not_run_is_refused(made: Any, site: Path) -> None:
    explained(made, site, 1.0)
    with pytest.raises(ConfigError, match="unknown kernel 'strem'; did you mean 'stream'"):
        command.document(store.find(site / "results", "last"), "strem")
