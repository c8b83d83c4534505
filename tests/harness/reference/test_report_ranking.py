"""The second half of `qyran rank`: what is said, what is asked for, and the same as JSON."""

import json
from datetime import date

import pytest
from rich.console import Console

from harness.reference.ranking import Asked, more
from harness.reference.similar import Machine
from harness.reference.standing import standing
from harness.report import ranking
from harness.report import standing as first_half
from harness.report.rank_document import RankDoc

TODAY = date(2026, 11, 28)
FULL = Asked(
    Machine(93e12, 120e12, 8192, accelerated=False, network="InfiniBand"),
    power=60e3,
    hpcg=(1.2e12, "given"),
    hpl_mxp=(9e15, "given"),
)


def printed(asked, width=80):
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(ranking.rendered(more(asked, TODAY)))
    return capture.get()


def test_everything_that_is_known_has_its_place():
    text = printed(FULL)
    for shown in ("12 months old", "2 lists have been published since", "qyran reference import",
                  "below all 129", "of 247", "1.55 Gflop/s/W", "ours: 78 %",
                  "CPU only, InfiniBand", "nearest systems by Rmax, cores"):  # fmt: skip
        assert shown in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_what_is_not_known_is_asked_for():
    text = printed(Asked(Machine(93e12)))
    for flag in ("--hpcg", "--hpl-mxp", "--power", "--rpeak"):
        assert flag in text
    assert "below all" not in text


def test_json_says_the_same():
    found, place = more(FULL, TODAY), standing(93e12)
    document = {**first_half.document(place), "more": ranking.document(found, place)}
    made = RankDoc.model_validate(json.loads(json.dumps(document)))
    assert made.more is not None
    assert made.more.newest_list.missing == 2
    years = made.more.years
    assert (years.first_led, years.last_led) == ("1993-06", "2004-11")
    assert (years.last_listed, years.left) == ("2012-11", "2013-06")
    green = made.more.other_lists[-1]
    assert green.value == pytest.approx(93e12 / 60e3)
    assert [one.list for one in green.lists][:2] == ["2008-06", "2008-11"]
    assert made.more.machine.efficiency == pytest.approx(93 / 120)
    assert len(made.more.nearest) == 5
    for at in made.lists:
        assert at.first >= at.tenth >= at.hundredth >= at.last
