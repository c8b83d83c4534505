"""Cases of a results folder are found by what is known of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.record.library import Selection, find

GOLDEN = Path(__file__).parent / "golden" / "1.0"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in ("20261128T192529Z-golden-d7f9f7", "20261129T000000Z-golden-eeeeee"):
        shutil.copytree(GOLDEN, tmp_path / "laptop" / name)
    return tmp_path


def test_everything_is_found_without_a_wish(results: Path) -> None:
    found = find(results, Selection())
    assert [one.kernel for one in found.cases] == ["dgemm", "dgemm", "pingpong", "pingpong"]
    assert not found.skipped


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Selection(kernel="dgemm"), 2),
        (Selection(kernel="dgemm", cluster="laptop"), 2),
        (Selection(cluster="elsewhere"), 0),
        (Selection(tag="baseline"), 0),
        (Selection(commit="1234"), 0),
        (Selection(since=1795893929.0), 4),
        (Selection(until=1795893929.0), 0),
        (Selection(run="none"), 0),
    ],
)
def test_a_selection_is_all_that_it_says(results: Path, wanted: Selection, count: int) -> None:
    assert len(find(results, wanted).cases) == count


def test_a_damaged_file_is_named_and_left_out(results: Path) -> None:
    path = next(results.glob("*/*eeeeee/dgemm-*.h5"))
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[1000] ^= 4
    path.write_bytes(content)
    found = find(results, Selection())
    assert [one.path for one in found.skipped] == [path]
    assert "damaged" in found.skipped[0].reason
    assert len(found.cases) == 3
