"""What queries give back of a recorded case, and its raw samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from harness.errors import CorruptStore
from harness.record import hdf5, recorded, samples, store, versions
from harness.record.result import CaseResult, Run
from harness.report import compose
from tests.harness.judge.examples import named_anew

GOLDEN = Path(__file__).parent / "golden"


def read(path: Path) -> recorded.Recorded:
    return recorded.of(store.record(path), path, lambda: store.header(path.parent))


def members(run: Run, result: CaseResult) -> dict[str, Any]:
    origin = recorded.as_members(recorded.origin(run, 3))
    return {**compose.of_case(result).model_dump(), **origin}


def never() -> Any:
    raise AssertionError("a file of today says all by itself")


def test_a_file_says_which_run_it_belongs_to(made: Any, tmp_path: Path) -> None:
    environment = {
        "fingerprint": {"hardware": {"key": "h1"}, "software": {"key": "s1"}},
        "software": {"git": {"commit": "abc", "dirty": True}},
    }
    begun = replace(made.run(tmp_path), environment=environment, tags=("rack3",), confirms="x")
    found = recorded.of(members(begun, made.result()), tmp_path / "a.h5", never)
    assert found.origin == recorded.Origin(
        begun.id, "laptop", "quick", begun.started, 3, "h1", "s1", "abc", True, ("rack3",), "x"
    )
    assert found.hosts == ("node1",)
    assert found.path == tmp_path / "a.h5"


def test_a_file_of_schema_1_0_leaves_a_part_to_the_run(made: Any) -> None:
    for path in (GOLDEN / "1.0").glob("*.h5"):
        found = read(path)
        assert found.origin.run == "20261128T192529Z-golden-d7f9f7"
        assert found.origin.planned == 2
        assert len(found.origin.hardware_key) == len(found.origin.software_key) == 16
        assert found.metrics[found.primary].n > 0


def test_the_series_is_the_case_without_fitted_values(made: Any, tmp_path: Path) -> None:
    one = read(next((GOLDEN / "1.0").glob("dgemm-*.h5")))

    def series(**changes: Any) -> str:
        return named_anew(replace(one, **changes)).series

    other = {**one.parameters, "n": 201}
    assert series() == one.series == one.case  # nothing was fitted
    assert series(parameters=other) != one.series
    assert series(parameters=other, fitted=("n",)) == series(fitted=("n",)) != one.series
    assert series(version=99) != one.series
    assert series(threads=2) != one.series


def test_there_is_a_golden_file_of_every_version() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(versions.HISTORY)


def test_a_file_of_schema_1_1_says_all_by_itself() -> None:
    for path in (GOLDEN / "1.1").glob("*.h5"):
        found = recorded.of(store.record(path), path, never)
        assert (found.origin.planned, found.origin.tags) == (2, ("golden",))
        assert len(found.origin.hardware_key) == len(found.origin.software_key) == 16


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*/*.h5")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_raw_samples_give_the_summaries_again(path: Path) -> None:
    found, raw = read(path), samples.of(path)
    assert raw.keys() == found.metrics.keys()
    for name, one in found.metrics.items():
        flat = [value for launch in raw[name] for value in launch]
        assert len(flat) == one.n
        assert median(flat) == pytest.approx(one.value, rel=1e-12)
        assert [median(launch) for launch in raw[name]] == pytest.approx(one.launches, rel=1e-12)


def test_raw_samples_of_a_curve_with_fewer_repetitions(
    made: Any, curved: CaseResult, tmp_path: Path
) -> None:
    shown = compose.of_case(curved)
    content = hdf5.encoded(made.run(tmp_path), curved, shown.model_dump())
    raw = samples.raw(content, "f")
    assert raw.keys() == shown.metrics.keys()
    for name, one in shown.metrics.items():
        assert median(v for launch in raw[name] for v in launch) == pytest.approx(one.value)


def test_samples_of_a_damaged_file_are_refused(tmp_path: Path) -> None:
    content = bytearray(next((GOLDEN / "1.0").glob("dgemm-*.h5")).read_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(CorruptStore, match="damaged"):
        samples.raw(bytes(content), "f")
    with pytest.raises(CorruptStore, match="No such file"):
        samples.of(tmp_path / "none.h5")
