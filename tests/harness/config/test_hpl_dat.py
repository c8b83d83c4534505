"""An HPL.dat as a suite: its combinations in order, and the line of whatever is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import hpl_dat
from harness.errors import ConfigError
from harness.plan.expand import Overrides, drafts
from kernels._support.hpl_dat import HplDat, write

FILE = Path("site/HPL.dat")
VALUES = HplDat(
    ns=(100, 200), nbs=(16, 24), grids=((1, 2), (2, 2)), bcasts=("1rg", "LnM"), depths=(0,)
)


def test_every_combination_is_a_case_with_the_ranks_of_its_grid() -> None:
    suite, document = hpl_dat.suite(VALUES, FILE, "hpl")
    found = drafts(suite, document, Overrides())
    assert len(found) == VALUES.count == 16
    assert [one.ranks for one in found] == [2] * 8 + [4] * 8
    names = ("p", "n", "nb", "bcast")
    assert [tuple(one.given[name] for name in names) for one in found[:5]] == [
        (1, 100, 16, "1rg"),
        (1, 100, 16, "LnM"),
        (1, 100, 24, "1rg"),
        (1, 100, 24, "LnM"),
        (1, 200, 16, "1rg"),
    ]
    assert set(found[0].given) == set(hpl_dat.PARAMETERS)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"depths": (0, 2)}, "site/HPL.dat:25: depth"),
        ({"ns": (0,)}, "site/HPL.dat:6: n"),
    ],
)
def test_a_value_that_the_kernel_refuses_has_its_line(
    change: dict[str, tuple[int, ...]], where: str
) -> None:
    suite, document = hpl_dat.suite(replace(VALUES, **change), FILE, "hpl")  # type: ignore[arg-type]
    with pytest.raises(ConfigError) as error:
        drafts(suite, document, Overrides())
    assert error.value.where == where
    if "depths" in change:
        assert "at least 0, at most 1" in error.value.known


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "HPL.dat"
    path.write_text(write(VALUES))
    assert hpl_dat.read(path) == VALUES
    path.write_text(write(VALUES).replace("16.0 ", "-1.0 "))
    with pytest.raises(ConfigError) as error:
        hpl_dat.read(path)
    assert error.value.where == f"{path}:13"
    assert "a result without a check is no result" in error.value.known
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        hpl_dat.read(tmp_path / "none")


@pytest.mark.parametrize("flag", ["--set", "--sweep"])
def test_a_flag_for_what_the_file_gives(flag: str) -> None:
    with pytest.raises(ConfigError) as error:
        hpl_dat.refuse_changes(VALUES, FILE, {flag: ["seed", "nb"]}, None)
    assert error.value.where == f"{flag} nb"
    assert "site/HPL.dat:8" in error.value.found
    hpl_dat.refuse_changes(VALUES, FILE, {flag: ["seed"]}, None)


@pytest.mark.parametrize("ranks", [(2,), (4,), (2, 4)])
def test_ranks_that_are_not_those_of_a_grid(ranks: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="leave --ranks out") as error:
        hpl_dat.refuse_changes(VALUES, FILE, {}, ranks)
    assert "site/HPL.dat:11 has a grid" in error.value.found


def test_ranks_that_are_those_of_every_grid() -> None:
    hpl_dat.refuse_changes(replace(VALUES, grids=((1, 2), (2, 1))), FILE, {}, (2,))


def test_what_has_no_effect_is_said_once() -> None:
    assert hpl_dat.without_effect(VALUES, FILE) == (
        "site/HPL.dat:28-31: form of L1 and U, equilibration and alignment have no effect here"
    )
    said = hpl_dat.without_effect(replace(VALUES, threshold=1.0), FILE)
    assert said.endswith("nor has the threshold: residuals are checked against 16.0")


def test_more_combinations_than_anyone_runs() -> None:
    many = replace(VALUES, ns=(100,) * 20, nbs=(16,) * 20, nbmins=(4,) * 20)
    with pytest.raises(ConfigError, match=f"{many.count} combinations"):
        hpl_dat.suite(many, FILE, "hpl")
