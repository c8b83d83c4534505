"""`qyran gate`: a suite is measured and compared with the baseline, and the exit code says it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from harness.report import schema
from harness.report.gate_document import GateDoc

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

SLOWER = {"FAULTY_SLOWER": "1.5"}


def gate(qyran: Qyran, suite: str, *flags: str, **environment: str) -> Done:
    flags = ("--threshold=10%", *flags, "--json", "--results", str(qyran.results))
    done = qyran("gate", suite, "--ranks", "1", *flags, **environment)
    assert qyran.left() == []
    return done


def parsed(done: Done) -> Any:
    shown = done.json
    jsonschema.validate(shown, json.loads(schema.file(GateDoc).read_text()))
    assert shown["exit_code"] == done.rc
    return shown


@pytest.fixture
def suite(broken: Qyran) -> str:
    """A suite with a baseline."""
    made = broken.suite(broken.faulty(nap_s=0.1, repetitions=3))
    done = broken.run(made, "--ranks", "1", "--launches", "5", "--tag", "baseline")
    assert done.outcomes == ["pass"]
    return made


def test_the_same_again_is_good_and_slower_is_not(broken: Qyran, suite: str) -> None:
    same = parsed(gate(broken, suite))
    assert same["comparison"]["counts"]["same"] == 1
    assert same["exit_code"] == 0
    file = broken.folder / "junit.xml"
    slower = parsed(gate(broken, suite, "--junit", str(file), **SLOWER))
    assert (slower["exit_code"], slower["run"]["exit_code"]) == (1, 0)
    (metric,) = slower["comparison"]["metrics"]
    assert metric["verdict"] == "slower"
    assert metric["ratio"] == pytest.approx(1 / 1.5, rel=0.05)
    (tests,) = ET.parse(file).getroot()
    assert {key: tests.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "1", "errors": "0", "skipped": "0",
    }  # fmt: skip


def test_a_wrong_answer_outweighs_the_comparison(broken: Qyran, suite: str) -> None:
    wrong = broken.suite(broken.faulty("wrong", nap_s=0.1, repetitions=3))
    shown = parsed(gate(broken, wrong))
    assert shown["exit_code"] == 5
    assert shown["run"]["outcome"] == "wrong"


def test_without_a_baseline_nothing_is_measured(broken: Qyran) -> None:
    suite = broken.suite(broken.faulty())
    gate(broken, suite).complains(4, "there is no baseline", "--tag baseline")
    assert not broken.files()


def test_the_baseline_of_another_suite_is_none(broken: Qyran, suite: str) -> None:
    other = broken.suite(broken.faulty(nap_s=0.02), name="other")
    before = broken.files()
    gate(broken, other).complains(4, "selects no recorded case")
    assert broken.files() == before


def test_the_baseline_can_be_any_selection(broken: Qyran, suite: str) -> None:
    shown = parsed(gate(broken, suite, "--against", "last", "--launches", "5"))
    assert shown["exit_code"] == 0
    assert shown["baseline"] == "last,suite:trial"
