"""Where a result would have stood: the sentence, the factors, the estimate, the comparison."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference import standing, systems, top500

RATES = st.floats(min_value=1, max_value=1e300)
NEWEST = top500.lists()[-1]


@pytest.mark.parametrize(
    ("rmax", "text"),
    [
        (624.258e9, "no. 1 until November 1996, last on the list in June 2004"),
        (93e12, "no. 1 until November 2004, last on the list in November 2012"),
        (100e9, "no. 1 in June 1993 only, last on the list in November 2001"),
        (10e9, "never no. 1, best place 22 in June 1993, last on the list in November 1997"),
        (2.6e15, "no. 1 until November 2010, place 492 on the newest list (November 2025)"),
        (2e18, "no. 1 on every list, June 1993 to November 2025"),
        (NEWEST.first, "no. 1 on every list, June 1993 to November 2025"),
        (100e6, "on no list: 4.2x below the last place of the first list (June 1993)"),
        (1.0, "on no list: 420,000,000x below the last place of the first list (June 1993)"),
    ],
)
def test_sentence(rmax, text):
    assert standing.sentence(standing.standing(rmax)) == text


def test_the_edge_of_the_newest_list():
    inside = standing.standing(NEWEST.last)
    outside = standing.standing(math.nextafter(NEWEST.last, 0))
    assert (inside.newest.place, inside.factor_to_enter) == (500, None)
    assert outside.newest.place is None
    assert outside.factor_to_enter == pytest.approx(1)
    assert outside.last_listed.key == "2025-06"


def test_a_result_that_never_reached_a_list():
    of = standing.standing(1e6)
    assert (of.last_led, of.last_listed, of.best) == (None, None, None)
    assert of.factor_to_enter == NEWEST.last / 1e6


@given(RATES)
def test_a_standing_holds_together(rmax):
    of = standing.standing(rmax)
    assert [p.place for p in of.places] == [top500.place(rmax, t) for t in top500.lists()]
    if of.last_led:
        assert all(p.place == 1 for p in of.places if p.key <= of.last_led.key)
        assert of.last_led.key <= of.last_listed.key
    if of.last_listed:
        assert all((p.place is not None) == (p.key <= of.last_listed.key) for p in of.places)
    assert (of.factor_to_enter is None) == (of.newest.place is not None)
    assert standing.sentence(of)


@given(RATES, RATES)
def test_more_is_never_worse(one, other):
    less, more = (standing.standing(rmax) for rmax in sorted((one, other)))
    pairs = zip(less.places, more.places, strict=True)
    assert all((b.place or 501) <= (a.place or 501) for a, b in pairs)


@given(RATES)
def test_milestones_are_in_order_and_hold_the_turns(rmax):
    of = standing.standing(rmax)
    shown = standing.milestones(of)
    assert list(shown) == sorted(set(shown), key=lambda p: p.key)
    wanted = {of.oldest, of.newest, of.last_led, of.last_listed} - {None}
    assert wanted <= set(shown)


def test_projection_is_an_estimate_of_the_last_place():
    of = standing.standing(2.6e15)
    assert 1.1 < of.projection.growth < 1.2
    assert of.projection.lists == standing.WINDOW
    assert of.projection.leaves == (2026, 6)
    doubled = standing.standing(2 * NEWEST.last).projection
    years = math.log(2) / math.log(doubled.growth)
    year, month = doubled.leaves
    assert 0 < year + (month == 11) / 2 - (2025.5 + years) <= 0.5


@pytest.mark.parametrize("rmax", [1e12, 93e15])
def test_no_projection_for_what_is_off_or_far_ahead(rmax):
    assert standing.standing(rmax).projection.leaves is None


@pytest.mark.parametrize("rmax", [0, -93e12, math.nan, math.inf])
def test_a_rate_that_is_none(rmax):
    with pytest.raises(ValueError, match="Rmax is"):
        standing.standing(rmax)
    with pytest.raises(ValueError, match="Rmax is"):
        standing.versus(rmax, systems.find("titan"))


@pytest.mark.parametrize(
    ("rmax", "name", "phrase"),
    [
        (100e9, "taihulight", "1/930,000 of Sunway TaihuLight"),
        (93e12, "taihulight", "1/1,000 of Sunway TaihuLight"),
        (93e15, "taihulight", "equal to Sunway TaihuLight"),
        (1e18, "taihulight", "11 times Sunway TaihuLight"),
        (1e18, "oceanlight", "95% of Sunway OceanLight (press figure, unverified)"),
        (93e12, "kaznu", "no Rmax of KazNU is known (not found)"),
        (93e12, "sunway exascale", "no Rmax of Sunway exascale prototype is known (unverified)"),
    ],
)
def test_versus(rmax, name, phrase):
    assert standing.versus(rmax, systems.find(name)).phrase == phrase


def test_ratio_is_ours_over_theirs():
    assert standing.versus(17.59e15 / 2, systems.find("titan")).ratio == 0.5
    assert standing.versus(1e15, systems.find("kaznu")).ratio is None


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "equal to"),
        (1.004, "equal to"),
        (1.05, "1.05 times"),
        (1.25, "1.2 times"),
        (9.97, "10 times"),
        (0.99, "99% of"),
        (0.1, "10% of"),
        (0.0999, "1/10 of"),
        (1 / 12.4, "1/12 of"),
        (1 / 999, "1/1,000 of"),
    ],
)
def test_share_is_rounded_sensibly(ratio, text):
    assert standing.share(ratio) == text


@given(st.floats(min_value=1, max_value=1e12))
def test_rounding_stays_within_five_percent(value):
    assert float(standing.rounded(value).replace(",", "")) == pytest.approx(value, rel=0.051)
