"""Named systems: figures are there, a doubt sticks to its figure, names are forgiving."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference import systems, top500

ALL = systems.systems()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Sunway TaihuLight", "Sunway TaihuLight"),
        ("taihulight", "Sunway TaihuLight"),
        ("SUNWAY-taihu light", "Sunway TaihuLight"),
        ("Tianhe-2", "Tianhe-2 (MilkyWay-2)"),
        ("tianhe 2a", "Tianhe-2A"),
        ("milkyway2", "Tianhe-2 (MilkyWay-2)"),
        ("tianhe1a", "Tianhe-1A"),
        ("titan", "Titan"),
        ("oceanlight", "Sunway OceanLight (New Sunway)"),
        ("new sunway", "Sunway OceanLight (New Sunway)"),
        ("sunway prototype", "Sunway exascale prototype"),
        ("alem cloud", "Alem.Cloud"),
        ("farabium", "AI-Farabium"),
        ("kaznu", "KazNU (Al-Farabi Kazakh National University)"),
        ("inspur tsinghua 2020", "Inspur: TS10000 Tsinghua 2020"),
        ("el capitan", "El Capitan"),
    ],
)
def test_find_is_forgiving(name, found):
    assert systems.find(name).name == found


@pytest.mark.parametrize("system", ALL, ids=lambda system: system.name)
def test_every_system_is_found_by_its_own_names(system):
    assert systems.find(system.name) is system
    assert systems.find(system.short) is system


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sunway", "'sunway' fits 3 of them\n  known: Sunway TaihuLight, Sunway OceanLight"),
        ("sunway", "fix: type more of one name, for example 'Sunway TaihuLight'"),
        ("frontir", "none is called 'frontir'; did you mean 'Frontier'?\n  known: Tianhe-2, "),
        ("xyzzy", "none is called 'xyzzy'\n  known: Tianhe-2, "),
        ("xyzzy", "fix: type one of these names, or a part that only one of them has"),
        ("", "none is called ''"),
        ("-- ()", "none is called '-- ()'"),
    ],
)
def test_unknown_and_ambiguous_names_say_what_to_type(name, message):
    with pytest.raises(systems.UnknownSystem) as raised:
        systems.find(name)
    assert message in str(raised.value)
    assert raised.value.exit_code == 2


@given(st.text(max_size=20))
def test_any_text_finds_a_system_or_says_so(name):
    try:
        found = systems.find(name)
    except systems.UnknownSystem:
        return
    assert found in ALL


def test_status_words_and_figures_are_known():
    for system in ALL:
        for entry in system.entries:
            assert entry.status in systems.STATUS
            assert set(entry.unverified) <= {*systems.UNITS, "node", "nodes_installed"}
            assert entry.list is None or entry.rank is not None


def test_listed_entries_agree_with_the_lists():
    lists = {each.date: each for each in top500.lists()}
    listed = [e for s in ALL for e in s.entries if e.listed]
    assert len(listed) == 131
    for entry in listed:
        there = lists[entry.list]
        assert there.rmax[entry.rank - 1] == entry.values["rmax"]
        assert there.rpeak[entry.rank - 1] == entry.values["rpeak"]
        assert there.cores[entry.rank - 1] == entry.values["cores"]


def test_entries_run_from_old_to_new():
    for system in ALL:
        dates = [entry.list for entry in system.entries]
        assert dates == [None] or dates == sorted(dates)


def test_best_and_latest_entry():
    taihulight = systems.find("taihulight")
    assert (taihulight.best.label, taihulight.best.rank) == ("June 2016", 1)
    assert (taihulight.latest.key, taihulight.latest.rank) == ("2025-11", 24)
    assert systems.find("frontier").best.key == "2024-11"


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("taihulight", {"nodes": 40960, "memory": 1.31072e15, "power": 15.371e6, "hpcg": 0.481e15}),
        ("tianhe-2", {"nodes": 16000, "memory": 1.408e15, "power": 17.808e6, "hpcg": 0.58e15}),
        ("titan", {"nodes": 18688, "cores": 560640, "power": 8.209e6, "hpcg": 0.322e15}),
        ("tianhe-1a", {"nodes": 7168, "cores": 186368, "power": 4.04e6}),
        ("el capitan", {"rmax": 1.809e18, "hpcg": 17.41e15}),
    ],
)
def test_known_figures_are_free_of_doubt(name, figures):
    system = systems.find(name)
    for field, value in figures.items():
        assert system.figure(field) == systems.Figure(value)


@pytest.mark.parametrize(
    ("name", "field", "value", "doubt"),
    [
        ("oceanlight", "rmax", 1.05e18, "press figure, unverified"),
        ("oceanlight", "nodes", 107520, "press figure"),
        ("sunway exascale prototype", "rpeak", 3.13e15, "unverified"),
        ("tianhe-3", "rmax", 1.57e18, "rumoured, unverified"),
        ("lineshine", "rmax", 2.198e18, "press report"),
        ("alem.cloud", "nodes", 58, "derived"),
        ("el capitan", "memory", 11136 * 512e9, "unverified"),
        ("tianhe-3 prototype", "rpeak", 3.15e15, ""),
        ("kaznu", "rmax", None, ""),
        ("eagle", "nodes", 1800, ""),
    ],
)
def test_a_doubt_sticks_to_its_figure(name, field, value, doubt):
    assert systems.find(name).figure(field) == systems.Figure(value, doubt)


def test_no_unlisted_performance_goes_without_a_doubt():
    for system in ALL:
        for field in ("rmax", "rpeak", "power"):
            figure, status = system.figure(field), system.best.status
            if figure.value is not None and status not in systems.SOURCED:
                assert status in figure.doubt


def test_standing_names_the_unverified_figures():
    assert systems.find("oceanlight").best.standing == (
        "press figure; unverified: rmax, rpeak, power"
    )
    assert systems.find("titan").best.standing == "listed"


def test_an_unknown_figure_names_the_known_ones():
    with pytest.raises(KeyError, match=r"no figure 'speed'; known: rmax, "):
        systems.find("titan").best.figure("speed")
