"""Predicted and listed Rmax: intervals hold what they say, and would not if they were wrong."""

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from harness.projection import evidence, hpl, scatter, validation
from harness.projection.evidence import Run, Sustained
from harness.reference import families, nodes
from tests.simulations import projecting

CPU = evidence.cpu()
DOCS = Path(__file__).parents[3] / "docs" / "project.md"


@pytest.fixture(scope="module")
def checked():
    return [validation.check(one, CPU) for one in CPU]


def test_the_sustained_part_gives_back_the_listed_rmax():
    for one in CPU[::50]:
        run = one.run
        rate = one.part * run.rpeak / run.nodes
        assert hpl.rate(run.nmax, run.nodes, rate, evidence.link(run)) == pytest.approx(
            run.rmax, rel=1e-4
        )


def test_there_are_enough_systems_and_all_are_plausible():
    assert len(CPU) > 900
    assert {one.run.group for one in CPU} <= set(families.FAMILIES)
    built_for_mpi = [one for one in CPU if not one.run.ethernet]
    assert sum(0.4 < one.part < 1.1 for one in built_for_mpi) / len(built_for_mpi) > 0.97


def test_intervals_hold_what_they_say(checked):
    assert validation.coverage(checked, 0.80) == pytest.approx(0.80, abs=0.03)
    assert validation.coverage(checked, 0.95) == pytest.approx(0.95, abs=0.02)
    middle, off = validation.spread(checked)
    assert middle == pytest.approx(1.0, abs=0.02)
    assert off < 1.08


def test_a_wrong_prediction_is_seen(checked):
    wrong = [replace(one, intervals={level: (1.3 * low, 1.3 * high)
                                     for level, (low, high) in one.intervals.items()})
             for one in checked]  # fmt: skip
    assert validation.coverage(wrong, 0.80) < 0.5


def test_no_site_helps_to_predict_itself():
    site = CPU[0].run.site
    spoiled = [replace(one, part=one.part * 100) if one.run.site == site else one for one in CPU]
    mine = CPU[0]
    assert validation.check(mine, spoiled).predicted == validation.check(mine, CPU).predicted


def test_the_systems_of_the_node_table(checked):
    """CPU nodes whose HPL is that of a listed system; predicted without its site."""
    of = {(one.run.run.list, one.run.run.rank): one for one in checked}
    found = [
        of[entry]
        for node in nodes.nodes()
        if node.kind in nodes.CPU_KINDS and (entry := projecting.entry_of(node.hpl_source)) in of
    ]
    assert len(found) >= 9
    assert median(abs(one.ratio - 1) for one in found) < 0.10
    assert validation.coverage(found, 0.95) >= 0.8


def test_systems_by_name_are_those_of_the_docs(checked):
    """The table of docs/project.md is what `python -m tests.simulations.projecting` prints."""
    found = projecting.named(checked)
    assert len({one.system for one in found}) >= 22
    runs = [(one.checked.run.run.nodes, round(one.checked.run.run.rmax, -10)) for one in found]
    assert len(set(runs)) == len(runs)
    made = [one.checked for one in found]
    assert 0.7 <= validation.coverage(made, 0.80) <= 0.95
    assert validation.coverage(made, 0.95) >= 0.9
    assert "\n".join(projecting.table(found)) in DOCS.read_text(encoding="utf-8")


def test_taihulight_is_predicted_without_itself(checked):
    one = next(one for one in checked if (one.run.run.list, one.run.run.rank) == ("2016-06", 1))
    assert one.run.run.group == "SW26010"
    assert one.inside(0.80)


def test_accelerated_systems_apart():
    known = evidence.accelerated()
    assert len({one.run.site for one in known}) >= 15
    made = [validation.check(one, known) for one in known]
    assert validation.spread(made)[1] < 1.12
    assert validation.coverage(made, 0.80) > 0.7


def made(parts, group="A64FX", network="Tofu"):
    return [Sustained(Run("2020-06", 1, group, network, 8, 10**6, 1e15, 2e15, f"s{i}"), part)
            for i, part in enumerate(parts)]  # fmt: skip


def test_a_group_of_its_own_has_order_statistics():
    parts = [0.5 + 0.01 * i for i in range(41)]
    found = scatter.typical(made(parts), "A64FX", ethernet=False)
    assert (found.part, found.kin, len(found.own)) == (pytest.approx(0.7), True, 41)
    low, high = found.interval(0.95)  # k = floor(42 x 0.025) = 1
    assert (low, high) == (pytest.approx(0.5 / 0.7), pytest.approx(0.9 / 0.7))
    low, high = found.interval(0.80)  # k = floor(42 x 0.1) = 4
    assert (low, high) == (pytest.approx(0.53 / 0.7), pytest.approx(0.87 / 0.7))


def test_a_small_group_keeps_its_median_and_borrows_the_scatter():
    many = made([0.9, 1.1] * 30, group="POWER")
    few = made([0.5, 0.5, 0.5], group="Grace")
    found = scatter.typical([*many, *few], "Grace", ethernet=False)
    assert found.part == 0.5
    low, high = found.interval(0.8)
    assert (low < 0.95, high > 1.05) == (True, True)
    alone = scatter.typical([*many, *few], "SPARC64", ethernet=False)
    assert not alone.kin
    assert len(alone.own) == 63


def test_ten_systems_are_enough_for_80_but_not_for_95_percent():
    known = [
        *made([0.6] * 30 + [1.4] * 30, group="POWER"),
        *made([0.5 + i / 100 for i in range(11)]),
    ]
    found = scatter.typical(known, "A64FX", ethernet=False)
    assert found.interval(0.80) == (pytest.approx(0.5 / 0.55), pytest.approx(0.6 / 0.55))
    low, high = found.interval(0.95)
    assert low < 0.7
    assert high > 1.3
