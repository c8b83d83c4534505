"""The timeline of a case: of which repetition it is, and what comes back from the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import assemble
from harness.measure.observation import Observation
from harness.record import details, hdf5, timeline
from harness.record.result import Timeline
from harness.report import compose

GOLDEN = Path(__file__).parent / "golden"


def told(seconds: float) -> dict[str, Any]:
    """Of a repetition of so many seconds: two intervals, and what came after."""
    return {
        "done": [4, 8, 8],
        "seconds": [0.5 * seconds, 0.8 * seconds, seconds],
        "mean": {"panel": [0.1, 0.2, 0.0], "update": [0.4, 0.1, 0.0]},
        "maximum": {"panel": [0.2, 0.3, 0.0], "update": [0.5, 0.1, 0.0]},
    }


def observed(*times: float, timelines: bool = True) -> Observation:
    """A launch of two ranks, the slower one this slow in each repetition."""
    return Observation(
        "c",
        samples=[[[0.5 * one, one]] for one in times],
        timelines=[told(one) if timelines else {} for one in times],
    )


@pytest.mark.parametrize(
    ("launches", "expected"),
    [
        ([(3.0, 1.0, 2.0)], (0, 2)),
        ([(4.0, 1.0, 2.0, 3.0)], (0, 2)),  # the lower one of two
        ([(5.0, 1.0), (2.0, 3.0, 4.0)], (1, 1)),
        ([(7.0,)], (0, 0)),
    ],
)
def test_it_is_that_of_the_median_repetition(
    made: Any, launches: list[tuple[float, ...]], expected: tuple[int, int]
) -> None:
    case = made.case("hpl", {"n": 8})
    found = assemble.result(case, [observed(*one) for one in launches], None).timeline
    assert found is not None
    assert (found.launch, found.repetition) == expected
    launch, repetition = expected
    assert found.seconds[-1] == launches[launch][repetition]


def test_launches_that_told_none_have_no_say(made: Any) -> None:
    case = made.case("hpl", {"n": 8})
    older, newer = observed(1.0, timelines=False), observed(9.0, 8.0)
    found = assemble.result(case, [older, newer], None).timeline
    assert found is not None
    assert (found.launch, found.repetition) == (1, 1)
    assert assemble.result(case, [older], None).timeline is None
    assert assemble.result(case, [], None).timeline is None


def recorded(made: Any, result: Any, path: Path) -> details.CaseDetails:
    path.write_bytes(hdf5.encoded(made.run(path), result, compose.of_case(result).model_dump()))
    return details.of_case(path)


def test_what_is_written_is_read(made: Any, tmp_path: Path) -> None:
    at = Timeline(launch=1, repetition=2, **told(3.0))
    result = replace(made.result(made.case("hpl", {"n": 8})), timeline=at)
    found = recorded(made, result, tmp_path / "a.h5").timeline
    assert found is not None
    assert (found.launch, found.repetition, found.done) == (1, 2, (4, 8, 8))
    assert found.seconds == tuple(at.seconds)
    for read, written in ((found.mean, at.mean), (found.maximum, at.maximum)):
        assert read.keys() == written.keys()
        for name, values in read.items():
            assert values == pytest.approx(written[name], rel=1e-6)


def test_a_case_without_one_is_read(made: Any, tmp_path: Path) -> None:
    assert recorded(made, made.result(), tmp_path / "a.h5").timeline is None
    for path in (GOLDEN / "1.1").glob("*.h5"):
        assert details.of_case(path).timeline is None


def test_its_sums_are_the_recorded_parts() -> None:
    """Of a file that a run has written."""
    (path,) = (GOLDEN / "1.2").glob("hpl-*.h5")
    found = details.of_case(path)
    at = found.timeline
    assert at is not None
    assert at.done[-1] == found.record["parameters"]["n"]
    assert set(at.mean) == set(found.parts)
    for name, mean in at.mean.items():
        ranks = found.parts[name][at.launch, at.repetition]
        assert sum(mean) == pytest.approx(ranks.mean(), rel=1e-6)
        assert sum(at.maximum[name]) >= ranks.max() * (1 - 1e-6)
    seconds = found.seconds["solve"].max(axis=-1)
    assert at.seconds[-1] == pytest.approx(seconds[at.launch, at.repetition], abs=1e-9)
    ordered = sorted(seconds.ravel().tolist())
    assert seconds[at.launch, at.repetition] == ordered[(len(ordered) - 1) // 2]


def test_its_name_is_that_in_the_docs() -> None:
    docs = Path(__file__).parents[3] / "docs" / "results.md"
    assert f"| `/entry/{timeline.NAME}` |" in docs.read_text(encoding="utf-8")
