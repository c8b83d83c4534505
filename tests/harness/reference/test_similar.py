"""Efficiency among similar systems and the nearest ones: held against a plain count by hand."""

import math
from datetime import date

import numpy as np
import pytest

from harness.reference import features, other_lists, similar, top500
from harness.reference.similar import Machine

NEWEST = top500.packaged()[-1]


def entry(of, rank):
    """A machine that is exactly a system of a list."""
    i = rank - 1
    return Machine(
        rmax=float(of.rmax[i]),
        rpeak=float(of.rpeak[i]),
        cores=float(of.cores[i]),
        accelerated=bool(similar.accelerated(of)[i]),
        network=features.NETWORKS[of.network[i]],
    )


@pytest.mark.parametrize("rank", [1, 86, 398, 500])
def test_the_nearest_system_of_a_listed_one_is_itself(rank):
    found = similar.nearest(entry(NEWEST, rank))[0]
    assert found.distance == 0.0
    assert found.figure("rmax") == NEWEST.rmax[rank - 1]
    assert found.figure("cores") == NEWEST.cores[rank - 1]


def test_neighbours_are_sorted_and_no_system_is_there_twice():
    near = similar.nearest(Machine(rmax=93e12, rpeak=120e12, cores=8192, accelerated=False), 8)
    away = [one.distance for one in near]
    assert away == sorted(away)
    assert len({(one.figure("rmax"), one.figure("cores")) for one in near}) == 8


def test_the_distance_is_what_the_formula_says():
    i = 99
    machine = Machine(rmax=2.0 * NEWEST.rmax[i], rpeak=4.0 * NEWEST.rmax[i],
                      cores=3.0 * NEWEST.cores[i],
                      accelerated=not similar.accelerated(NEWEST)[i])  # fmt: skip
    step = (0.5 - NEWEST.rmax[i] / NEWEST.rpeak[i]) / 0.1
    square = math.log(2) ** 2 + math.log(3) ** 2 / 4 + step**2 + 4
    assert similar.distances(machine, NEWEST)[i] == pytest.approx(math.sqrt(square))


def test_taihulight_is_known_by_its_name():
    of = next(one for one in top500.packaged() if one.date == (2016, 6))
    assert similar.nearest(entry(of, 1))[0].name == "Sunway TaihuLight"


def test_the_percentile_counts_those_that_are_less_efficient():
    machine = entry(NEWEST, 300)
    groups = {one.name: one for one in similar.groups(machine, NEWEST)}
    kind = "accelerated" if machine.accelerated else "CPU only"
    mine = similar.accelerated(NEWEST) == machine.accelerated
    values = NEWEST.rmax[mine] / NEWEST.rpeak[mine]
    ours = machine.rmax / machine.rpeak
    assert groups[kind].systems == int(mine.sum())
    assert groups[kind].below == pytest.approx(np.mean(values < ours) + np.mean(values == ours) / 2)
    assert f"{kind}, {machine.network}" in groups
    assert ("accelerated" in groups) != ("CPU only" in groups)


def test_without_a_peak_there_is_no_percentile():
    groups = similar.groups(Machine(rmax=1e15), NEWEST)
    assert {one.below for one in groups} == {None}
    assert {"CPU only", "accelerated"} <= {one.name for one in groups}


def test_places_in_the_other_lists():
    newest = other_lists.rankings("hpcg")[-1]
    assert newest.key == "2025-11"
    assert other_lists.among(1e19, newest).place == 1
    assert other_lists.among(float(newest.values[4]), newest).place == 5
    assert other_lists.among(1.0, newest).place is None
    with pytest.raises(ValueError, match="above 0"):
        other_lists.among(0.0, newest)
    assert other_lists.rankings("hpl_mxp")[-1].values[0] == 16.68e18


def test_green_places_are_of_systems_with_a_power():
    ranking = other_lists.green(NEWEST)
    assert ranking.values.size == int((NEWEST.power > 0).sum())
    assert (np.diff(ranking.values) <= 0).all()
    assert other_lists.green(top500.packaged()[0]) is None  # no power before June 2008


@pytest.mark.parametrize(
    ("today", "months", "missing"),
    [
        (date(2025, 11, 30), 0, 0),
        (date(2026, 6, 14), 6, 0),
        (date(2026, 6, 25), 7, 1),
        (date(2026, 11, 28), 12, 2),
    ],
)
def test_the_age_of_the_newest_list(today, months, missing):
    assert top500.age_months(NEWEST, today) == months
    assert top500.published_since(NEWEST, today) == missing
