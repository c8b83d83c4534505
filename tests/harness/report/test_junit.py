"""JUnit XML: counts, order and escapes as CI servers expect them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.report import junit
from harness.report.junit import Test as Line  # pytest collects what is called Test

TESTS = (
    Line("a", "hpl n=8", seconds=1.25, properties={"value": 0.1 + 0.2, "unit": "flop/s"}),
    Line("b", "hpl n=8", "failure", "slow", "9 % below", 2.0),
    Line("c", "hpl n=8", "error", "killed", "by SIGKILL"),
    Line("d", "hpl n=8", "skipped", "undecided", "2 more"),
    Line("e", "hpl n=8", "skipped", "no-reference"),
)


def parsed(text: str) -> ET.Element:
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    return root[0]


def test_failures_errors_and_skips_are_counted_apart() -> None:
    suite = parsed(junit.text("qyran run hpl", TESTS, 0.0))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    assert suite.get("time") == "3.250000"
    assert suite.get("timestamp") == "1970-01-01T00:00:00"
    states = [[child.tag for child in one if child.tag != "properties"] for one in suite]
    assert states == [[], ["failure"], ["error"], ["skipped"], ["skipped"]]


def test_counts_are_those_of_the_elements() -> None:
    suite = parsed(junit.text("s", TESTS))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(name) == str(len(suite.findall(f"testcase/{tag}")))
    assert all(set(one.attrib) == {"name", "classname", "time"} for one in suite)


def test_numbers_are_properties_in_full_precision_before_the_outcome() -> None:
    first = parsed(junit.text("s", TESTS))[0]
    found = {one.get("name"): one.get("value") for one in first.findall("properties/property")}
    assert found == {"value": "0.30000000000000004", "unit": "flop/s"}
    both = Line("f", "g", "failure", "slower", properties={"ratio": 0.9})
    assert [one.tag for one in parsed(junit.text("s", [both]))[0]] == ["properties", "failure"]


def test_a_failure_says_what_it_is() -> None:
    failure = parsed(junit.text("s", TESTS)).find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {"message": "9 % below", "type": "slow"}
    assert failure.text == "slow: 9 % below"


@pytest.mark.parametrize("words", ['<&">', "a\x00b\x1b[31m", "қыран", "a\ud800b", "\uffff"])
def test_whatever_a_program_printed_can_be_said(words: str) -> None:
    made = junit.text(words, [Line(words, words, "error", words, words, 0.0, {words: words})])
    suite = parsed(made.encode("utf-8").decode("utf-8"))
    assert suite[0].get("name") == suite.get("name")


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    junit.write(tmp_path / "x.xml", "s", TESTS)
    assert parsed((tmp_path / "x.xml").read_text(encoding="utf-8")).get("tests") == "5"
    with pytest.raises(CannotMeasure, match=r"none/x\.xml: cannot be written"):
        junit.write(tmp_path / "none" / "x.xml", "s", TESTS)


def test_a_file_that_cannot_be_is_refused_before_the_run(tmp_path: Path) -> None:
    junit.refuse_unwritable(tmp_path / "report.xml")
    for path in (tmp_path, tmp_path / "none" / "report.xml"):
        with pytest.raises(CannotMeasure, match="cannot be written"):
            junit.refuse_unwritable(path)
