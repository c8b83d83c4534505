"""What a launch is asked to do, through its file."""

from __future__ import annotations

from pathlib import Path

from harness.measure.batch import Batch, raised_file, read
from harness.plan.case import Case, Expected, Geometry


def test_written_and_read(tmp_path: Path) -> None:
    case = Case(
        kernel="stream",
        version=1,
        parameters={"n": 10, "x": 0.1, "word": "қ", "flag": True},
        geometry=Geometry(1, 2, 1),
        repetitions=None,
        launches=2,
        budget_s=300.0,
        memory_B=5,
        estimated_s=0.1,
        fitted=("n",),
        references={"triad_bandwidth": Expected(1e9, 0.05, "a sheet")},
    )
    batch = Batch((case, case), tmp_path / "launch-000.journal", 1, (1, 2))
    batch.write(tmp_path / "b.json")
    assert read(tmp_path / "b.json") == batch


def test_where_a_rank_says_why_it_raised() -> None:
    assert raised_file(Path("/r/launch-003.journal"), 12) == Path("/r/launch-003.rank12.json")
