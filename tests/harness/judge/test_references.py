"""The reference of a case is the most specific one that fits; none is its own outcome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import references as files
from harness.errors import ConfigError
from harness.judge import references, verdict
from harness.judge.references import Site
from harness.outcome import Outcome
from harness.plan.case import Case, Expected, from_dict

SITE = Site("laptop", "a1b2", "AMD EPYC 9654")
ENTRY = "- {{kernel: stream, metric: triad_bandwidth, value: {value}, source: s, {more}}}\n"


@pytest.fixture
def case(made: Any) -> Case:
    found: Case = made.case()
    return found


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Entries, the value of each one more than that of the one before, as a file of the site."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "references").mkdir()

    def write(*more: str) -> list[files.Placed]:
        lines = [ENTRY.format(value=i + 1, more=one) for i, one in enumerate(more)]
        (tmp_path / "references" / "lab.yaml").write_text("references:\n" + "".join(lines))
        return files.load()

    return write


ANY = "tolerance: 0.1"
CLUSTER = "system: {cluster: laptop}"
CPU = "system: {cpu: '*epyc*'}"
KEY = "system: {hardware_key: a1b2}"
EXACT = "parameters: {n: 4096}"
RANGE = "parameters: {n: '>= 1000'}"


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ((ANY, CLUSTER), 2),
        ((CLUSTER, ANY), 1),
        ((CPU, CLUSTER), 1),
        ((KEY, CPU, CLUSTER, ANY), 1),
        ((f"{CLUSTER}, {EXACT}", CPU), 2),
        ((RANGE, EXACT), 2),
        ((EXACT, RANGE), 1),
        ((RANGE, f"{RANGE}, geometry: {{ranks: '>= 2'}}"), 2),
        ((RANGE, "geometry: {ranks: 2}"), 2),
        (("system: {cluster: other}", ANY), 2),
        (("parameters: {n: '< 1000'}", ANY), 2),
        (("date: 2026-01-01", "date: 2025-01-01"), 1),
        ((ANY, "date: 2025-01-01"), 2),
    ],
)
def test_the_most_specific_entry_wins(
    write: Any, case: Case, more: tuple[str, ...], value: int
) -> None:
    (found,) = references.applied([case], write(*more), SITE)
    assert found.references["triad_bandwidth"].value == value


def test_what_was_used_is_kept_with_the_case(write: Any, case: Case) -> None:
    entries = write(f"{CPU}, {EXACT}, below: 3 %, above: 9 %, date: 2026-11-28, n: 16")
    (found,) = references.applied([case], entries, SITE)
    used = found.references["triad_bandwidth"]
    assert used == Expected(
        1.0, 0.05, "s", 0.03, 0.09, "2026-11-28", 16, "references/lab.yaml:2",
        "cpu *epyc*, n 4096",
    )  # fmt: skip
    assert from_dict(found.as_dict()) == found


def test_a_suite_speaks_before_all_files(write: Any, case: Case) -> None:
    mine = {"triad_bandwidth": Expected(9.0, 0.1, "suite")}
    (found,) = references.applied([replace(case, references=mine)], write(KEY), SITE)
    assert found.references == mine


def test_nothing_fits_and_nothing_changes(write: Any, case: Case) -> None:
    other = write("system: {cluster: other}", "system: {hardware_key: ffff}")
    assert references.applied([case], other, SITE) == (case,)
    assert references.applied([case], write(KEY), Site("laptop")) == (case,)


def test_two_that_are_equal_in_everything_are_refused(write: Any, case: Case) -> None:
    with pytest.raises(ConfigError, match=r"lab\.yaml:3: is as specific as references/lab\.yaml:2"):
        references.applied([case], write(CLUSTER, CLUSTER), SITE)


def test_a_metric_and_a_unit_are_those_of_the_kernel(write: Any, case: Case) -> None:
    entries = write(ANY)
    path = Path("references/lab.yaml")
    path.write_text(path.read_text().replace("triad_bandwidth", "triad"))
    with pytest.raises(ConfigError, match=r"lab\.yaml:2: references\.0\.metric: unknown metric"):
        references.applied([case], files.load(), SITE)
    entries = write(ANY)
    path.write_text(path.read_text().replace("value: 1", "value: 1 Gflop/s"))
    with pytest.raises(ConfigError, match="is in flop/s, and triad_bandwidth in B/s"):
        references.applied([case], files.load(), SITE)
    assert entries


def test_what_nearly_fits_is_ordered_by_what_it_lacks(write: Any, case: Case) -> None:
    other = "system: {cluster: x}"
    entries = write(f"{other}, parameters: {{n: 1}}", KEY, other)
    found = references.near(entries, references.subject(case), SITE, "triad_bandwidth")
    assert [one.failed for one in found] == [
        (),
        ("cluster x (here laptop)",),
        ("cluster x (here laptop)", "n 1 (here 4096)"),
    ]


def judged(made: Any, expected: Expected | None, **fields: Any) -> Any:
    """Six repetitions of triad between 0.1 and 0.15 s."""
    given = {} if expected is None else {"triad_bandwidth": expected}
    return made.result(made.case(references=given, **fields))


def test_no_reference_is_an_outcome_only_where_one_is_required(made: Any) -> None:
    assert judged(made, None).outcome is Outcome.PASS
    found = judged(made, None, reference_required=True)
    assert found.outcome is Outcome.NO_REFERENCE
    assert found.reason == "no reference of triad_bandwidth fits this case"
    assert found.metrics
    assert judged(made, Expected(1.0, 0.1, "s"), reference_required=True).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("below", "above", "factor", "outcome", "noted"),
    [
        (None, None, 1.0, Outcome.PASS, False),
        (None, None, 2.0, Outcome.SLOW, False),
        (0.6, None, 2.0, Outcome.PASS, False),
        (0.5, 0.5, 0.4, Outcome.PASS, True),
        (None, None, 0.4, Outcome.PASS, False),
    ],
)
def test_tolerances_of_both_sides(
    made: Any, below: float | None, above: float | None, factor: float, outcome: Any, noted: bool
) -> None:
    found = judged(made, None).metrics["triad_bandwidth"]
    expected = Expected(found.value * factor, 0.3, "s", below, above)
    again = judged(made, expected)
    assert again.outcome is outcome
    assert any("better than its reference allows" in one for one in again.notes) is noted


def test_the_limit_is_on_the_worse_side() -> None:
    expected = Expected(100.0, 0.05, "s", below=0.1)
    assert verdict.limit_of(expected, "higher") == pytest.approx(90.0)
    assert verdict.limit_of(expected, "lower") == pytest.approx(105.0)
    assert expected.highest("higher") is None
    assert expected.lowest("lower") == pytest.approx(90.0)
