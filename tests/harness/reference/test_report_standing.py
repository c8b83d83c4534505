"""`qyran rank` as printed and as JSON: every doubt is printed beside its figure."""

import json

from rich.console import Console

from harness.reference import systems
from harness.reference.standing import standing, versus
from harness.report import standing as report


def printed(rmax, *names, width=120):
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(report.table(standing(rmax), [versus(rmax, systems.find(n)) for n in names]))
    return capture.get()


def test_the_lists_that_matter_are_shown():
    text = printed(624.258e9)
    assert "no. 1 until November 1996, last on the list in June 2004" in text
    for shown in ("June 1993", "November 1996", "June 1997", "November 2004", "November 2025"):
        assert shown in text
    assert "To enter the list of November 2025: 4,100x this Rmax" in text
    assert "named systems" not in text


def test_a_result_on_the_newest_list():
    assert "off the list in June 2026 (estimate)" in " ".join(printed(2.6e15).split())
    assert "On the list of November 2025; no. 500 grew" in printed(2e18)


def test_a_comparison_shows_the_figures():
    text = printed(93e12, "taihulight")
    for shown in ("no. 1, June 2016", "40,960", "10,649,600", " MW", "1/1,000", "listed"):
        assert shown in text
    assert "unverified" not in text


def test_every_unverified_figure_says_so():
    text = printed(93e12, "oceanlight")
    rows = [line for line in text.splitlines() if line.startswith("│ ")]
    for name in ("Rmax", "Rpeak", "power", "ours / theirs"):
        [row] = [row for row in rows if row[2:].startswith(name)]
        assert "(press figure, unverified)" in row
    assert "press figure; unverified: rmax, rpeak, power" in text
    assert "107,520 (press figure)" in text
    assert "never submitted to a list" in text


def test_a_reported_list_is_marked():
    assert "no. 1, June 2026 (press report)" in printed(93e12, "lineshine")


def test_a_system_without_rmax():
    text = printed(93e12, "kaznu")
    assert "no Rmax of KazNU is known (not found)" in text
    assert "on no list" in text


def test_many_systems_continue_below():
    text = printed(93e12, "titan", "tianhe-2", "summit", "sierra", "fugaku", width=100)
    assert text.count("against named systems") == 2


def test_document_is_complete_plain_json():
    systems_ = [systems.find(name) for name in ("oceanlight", "kaznu", "titan")]
    document = report.document(standing(93e12), [versus(93e12, s) for s in systems_])
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["schema"] == "qyran.rank/1"
    assert (document["last_led"], document["last_listed"]) == ("2004-11", "2012-11")
    assert len(document["lists"]) == 66
    ocean, kaznu, titan = document["against"]
    assert ocean["figures"]["rmax"] == {
        "value": 1.05e18,
        "unit": "flop/s",
        "doubt": "press figure, unverified",
    }
    assert (kaznu["ratio"], kaznu["list"]) == (None, None)
    assert titan["ratio"] == 93e12 / 17.59e15


def test_document_of_a_result_on_no_list():
    document = report.document(standing(1e6))
    assert (document["last_led"], document["best"], document["against"]) == (None, None, [])
    assert document["newest"]["place"] is None
    assert document["newest"]["factor_to_enter"] > 1e9
