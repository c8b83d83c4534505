"""JUnit XML, as CI servers read it: failures, errors and skips apart, numbers as properties.

A case that fails is slow or wrong: the machine or the code is to blame. An error could not be
measured. What is skipped was not decided. After the schema that Jenkins' xunit plugin checks
(junit-10.xsd): properties stand in front of the outcome.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from harness.errors import CannotMeasure

State = Literal["passed", "failure", "error", "skipped"]
_CONTROL: Final = {one: "?" for one in range(32) if chr(one) not in "\t\n\r"}


@dataclass(frozen=True)
class Test:
    """One line of a report. kind : the word for its outcome; seconds : how long it ran."""

    name: str
    group: str
    state: State = "passed"
    kind: str = ""
    message: str = ""
    seconds: float = 0.0
    properties: Mapping[str, object] = field(default_factory=dict)


def text(suite: str, tests: Sequence[Test], began: float | None = None) -> str:
    """The document. began : when, s since 1970."""
    root = ET.Element("testsuites")
    element = ET.SubElement(root, "testsuite", _counts(suite, tests))
    if began is not None:
        stamp = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        element.set("timestamp", stamp)
    for one in tests:
        _test(element, one)
    ET.indent(root, " ")
    written: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def refuse_unwritable(path: Path) -> None:
    """CannotMeasure where no file can be: said before hours are spent on what goes into it."""
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CannotMeasure(str(path), "cannot be written", fix="--junit FILE in another folder")


def write(path: Path, suite: str, tests: Sequence[Test], began: float | None = None) -> None:
    """The document as a file; CannotMeasure if it cannot be written."""
    try:
        path.write_text(text(suite, tests, began), encoding="utf-8")
    except OSError as error:
        raise CannotMeasure(str(path), f"cannot be written: {error.strerror}") from error


def _counts(suite: str, tests: Sequence[Test]) -> dict[str, str]:
    states = [one.state for one in tests]
    return {
        "name": _clean(suite),
        "tests": str(len(tests)),
        "failures": str(states.count("failure")),
        "errors": str(states.count("error")),
        "skipped": str(states.count("skipped")),
        "time": f"{sum(one.seconds for one in tests):.6f}",
    }


def _test(suite: ET.Element, one: Test) -> None:
    named = {"name": _clean(one.name), "classname": _clean(one.group)}
    element = ET.SubElement(suite, "testcase", {**named, "time": f"{one.seconds:.6f}"})
    if one.properties:
        inside = ET.SubElement(element, "properties")
        for name, value in one.properties.items():
            said = repr(value) if isinstance(value, float) else str(value)
            ET.SubElement(inside, "property", {"name": _clean(name), "value": _clean(said)})
    if one.state == "passed":
        return
    outcome = ET.SubElement(element, one.state, {"message": _clean(one.message)})
    if one.state != "skipped":
        outcome.set("type", _clean(one.kind))
        outcome.text = _clean(f"{one.kind}: {one.message}" if one.message else one.kind)


def _clean(words: str) -> str:
    """XML 1.0 has no control characters, not even as references, and no lone surrogates."""
    plain = words.translate(_CONTROL).encode("utf-8", "replace").decode("utf-8")
    return plain.replace("\ufffe", "?").replace("\uffff", "?")
