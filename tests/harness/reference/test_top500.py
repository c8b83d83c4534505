"""The packaged lists hold together, and a place is what a loop over the list says."""

import math
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference import tables, top500

LISTS = top500.lists()
RATES = st.floats(min_value=1, max_value=1e300) | st.sampled_from(
    sorted({float(rmax) for each in LISTS[::8] for rmax in each.rmax})
)


def at(year, month):
    [found] = [each for each in LISTS if each.date == (year, month)]
    return found


def test_66_lists_twice_a_year_with_500_ranks():
    dates = [(year, month) for year in range(1993, 2026) for month in (6, 11)]
    assert [each.date for each in LISTS] == dates
    for each in LISTS:
        arrays = (each.rmax, each.rpeak, each.cores, each.power)
        assert [(a.shape, a.dtype) for a in arrays] == [((500,), np.dtype(np.float64))] * 4


def test_rmax_never_rises_with_rank():
    assert all((np.diff(each.rmax) <= 0).all() for each in LISTS)


@pytest.mark.parametrize("figure", ["first", "last", "total"])
def test_lists_never_fall(figure):
    assert (np.diff([getattr(each, figure) for each in LISTS]) >= 0).all()


def test_figures_are_positive_and_only_power_is_unknown():
    for each in LISTS:
        assert all((a > 0).all() for a in (each.rmax, each.rpeak, each.cores))
        assert (each.power[~np.isnan(each.power)] > 0).all()


def test_power_begins_in_2008():
    assert all(np.isnan(each.power).all() for each in LISTS if each.year < 2008)
    assert at(2008, 6).power[0] == 2.3455e6


def test_rmax_above_rpeak_only_where_the_provenance_says():
    above = {each.key: int((each.rmax > each.rpeak).sum()) for each in LISTS}
    assert {k: n for k, n in above.items() if n} == {"1996-06": 27, "2019-11": 1, "2020-06": 1}


@pytest.mark.parametrize(
    ("date", "rank", "rmax", "number_one"),
    [
        ((1993, 6), 1, 59.7e9, "CM-5/1024"),
        ((2010, 11), 1, 2.566e15, "Tianhe-1A"),
        ((2012, 11), 1, 17.59e15, "Titan"),
        ((2013, 6), 1, 33.8627e15, "Tianhe-2"),
        ((2016, 6), 1, 93.0145939e15, "Sunway TaihuLight"),
        ((2025, 11), 1, 1.809e18, "El Capitan"),
        ((2025, 11), 86, 20.48e15, "El Capitan"),
        ((2025, 11), 103, 17.93e15, "El Capitan"),
    ],
)
def test_known_figures(date, rank, rmax, number_one):
    assert at(*date).rmax[rank - 1] == rmax
    assert number_one in at(*date).number_one


def test_names():
    assert (LISTS[0].label, LISTS[0].key) == ("June 1993", "1993-06")
    assert (LISTS[-1].label, LISTS[-1].key) == ("November 2025", "2025-11")
    assert all(each.source for each in LISTS)


def test_read_once_and_read_only():
    assert top500.lists() is top500.lists()
    with pytest.raises(ValueError, match="read-only"):
        LISTS[0].rmax[0] = 1


def test_small_and_quick_to_load():
    assert sum(path.stat().st_size for path in tables.DATA.iterdir()) < 1_000_000

    def seconds():
        begin = time.perf_counter()
        top500.packaged.__wrapped__()
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(5)) < 0.05


def test_loads_nothing_heavy():
    code = "import sys, harness.reference.standing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pandas", "scipy", "numba", "rich", "h5py"} & set(loaded)


def loop(rmax, each):
    rank = 1
    for other in each.rmax:
        if other > rmax:
            rank += 1
    return rank if rank <= 500 else None


@given(rmax=RATES, each=st.sampled_from(LISTS))
def test_place_is_what_a_loop_says(rmax, each):
    assert top500.place(rmax, each) == loop(rmax, each)


@given(pair=st.tuples(RATES, RATES), each=st.sampled_from(LISTS))
def test_a_greater_rmax_never_has_a_worse_place(pair, each):
    less, more = (top500.place(rmax, each) or math.inf for rmax in sorted(pair))
    assert more <= less


def test_a_tie_shares_the_better_place():
    last = LISTS[0].last
    assert top500.place(last, LISTS[0]) <= 500
    assert top500.place(math.nextafter(last, 0), LISTS[0]) is None
    assert top500.place(LISTS[0].first, LISTS[0]) == 1


@pytest.mark.parametrize("rmax", [0, -1, 0.5, math.nan, math.inf, -math.inf])
def test_a_rate_that_is_none(rmax):
    with pytest.raises(ValueError, match=r"Rmax is .* flop/s, but .*for example 9.3e13"):
        top500.place(rmax, LISTS[0])
