"""The comparisons of a suite as a document and as a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.outcome import Outcome
from harness.report import compose, document, terminal
from harness.report.document import CaseDoc, RunDoc
from harness.report.ratios import of_cases

PAIR = ("stream.triad_bandwidth", "dgemm.flop_rate")


def launches(*seconds: float) -> list[list[list[float]]]:
    return [[[one, one]] for one in seconds]


def case(made: Any, kernel: str, *seconds: float, n: int = 400) -> CaseDoc:
    return compose.of_case(made.result(made.case(kernel, {"n": n}), launches(*seconds)))


def printed(shown: RunDoc) -> str:
    console = terminal.console()
    with console.capture() as said:
        console.print(terminal.run(shown))
    return said.get()


def test_pairs_are_launches(made: Any) -> None:
    ours = case(made, "hpl", 1.0, 2.0, 1.0, 1.0, 4.0)
    theirs = case(made, "dgemm", 2.0, 2.0, 2.0, 2.0, 2.0)
    (found,) = of_cases([("hpl.flop_rate", "dgemm.flop_rate")], [ours, theirs])
    works = 1e9 * ours.metrics["flop_rate"].launches[0] / 1e9
    scale = works / theirs.metrics["flop_rate"].launches[0] / 2.0
    assert (found.n, found.level) == (5, 0.9375)
    assert found.value is not None
    assert found.low is not None
    assert abs(found.value / scale - 2.0) < 1e-12
    assert abs(found.low / scale - 0.5) < 1e-12
    assert (found.first_case, found.second_case) == (ours.case, theirs.case)
    assert found.reason == ""


def test_of_several_cases_the_best_stands_for_its_kernel(made: Any) -> None:
    slow, fast = case(made, "dgemm", 4.0, n=40), case(made, "dgemm", 2.0, n=50)
    pair = ("dgemm.flop_rate", "dgemm.flop_rate")
    (found,) = of_cases([pair], [slow, fast])
    assert (found.first_case, found.second_case, found.value) == (fast.case, fast.case, 1.0)
    assert (found.verdict, found.reason) == (
        "undecided",
        "fewer than 5 pairs decide nothing: give more launches",
    )


def test_a_side_that_did_not_pass_leaves_no_ratio_and_says_so(made: Any) -> None:
    good = case(made, "dgemm", 1.0)
    bad = compose.of_case(made.failed(made.case("hpl", {"n": 400}), Outcome.ERROR))
    for cases in ([good, bad], [good]):
        (found,) = of_cases([("hpl.flop_rate", "dgemm.flop_rate")], cases)
        assert (found.value, found.n, found.verdict) == (None, 0, "none")
        assert found.reason == "not measured, or not passed: hpl.flop_rate"


def test_a_record_without_launches_has_no_pairs(made: Any) -> None:
    old = case(made, "dgemm", 1.0)
    old.metrics["flop_rate"].launches.clear()
    (found,) = of_cases([("dgemm.flop_rate", "dgemm.flop_rate")], [old])
    assert (found.verdict, found.reason) == ("none", "no launch of both was recorded")


def test_the_run_shows_them_behind_its_table(made: Any) -> None:
    run = replace(
        made.run(Path("/r")),
        compare=(("dgemm.flop_rate", "dgemm.flop_rate"), ("hpl.flop_rate", "dgemm.flop_rate")),
    )
    shown = compose.of_run(run, [case(made, "dgemm", 1.0, 1.1, 1.2, 1.3, 1.4)])
    assert RunDoc.model_validate_json(document.text(shown)) == shown
    text = printed(shown)
    assert "dgemm.flop_rate / dgemm.flop_rate  1.000  1.000 - 1.000 (94%)" in text
    assert "undecided" in text
    assert "not measured, or not passed: hpl.flop_rate\n" in text
    assert "compared" not in printed(compose.of_run(made.run(Path("/r")), shown.cases))
