"""A site's own HPL.dat in, HPL's classic output out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.report import document
from harness.report.plan_document import PlanDoc
from kernels._support.hpl_dat import HplDat, write

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

ONE_RANK = HplDat(
    ns=(64, 65), nbs=(16,), grids=((1, 1),), bcasts=("1rg", "LnM"), depths=(0,), pfacts=("left",)
)
ROW = re.compile(r"^(W[RC]\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+\s+(\S+)$", re.MULTILINE)


def with_file(qyran: Qyran, values: HplDat = ONE_RANK) -> None:
    (qyran.folder / "HPL.dat").write_text(write(values))


@pytest.fixture(scope="module")
def ran(make_broken: object) -> tuple[Qyran, Done]:
    """The output of a run, in a folder of its own."""
    qyran: Qyran = make_broken()  # type: ignore[operator]
    with_file(qyran)
    flags = ("--repeat", "2", "--format", "hpl", "--results", str(qyran.results))
    return qyran, qyran("run", "hpl", "--hpl-dat", "HPL.dat", *flags)


def test_every_combination_in_netlibs_order(ran: tuple[Qyran, Done]) -> None:
    _, done = ran
    assert done.rc == 0, done.err
    rows = ROW.findall(done.out)
    assert [row[:5] for row in rows] == [
        ("WR00C2L4", "64", "16", "1", "1"),
        ("WR05C2L4", "64", "16", "1", "1"),
        ("WR00C2L4", "65", "16", "1", "1"),
        ("WR05C2L4", "65", "16", "1", "1"),
    ]
    assert all(float(row[5]) > 0.0 for row in rows)
    assert done.out.count("PASSED") == 4
    assert "      4 tests completed and passed residual checks," in done.out


def test_standard_output_holds_nothing_else_and_show_prints_it_again(
    ran: tuple[Qyran, Done],
) -> None:
    qyran, done = ran
    assert done.out.startswith("=" * 80)
    assert done.out.endswith("=" * 80 + "\n")
    assert "note: HPL.dat:28-31: form of L1 and U" in done.err
    results = ("--results", str(qyran.results))
    assert qyran("show", "last", "--format", "hpl", *results).out == done.out
    shown = qyran("show", "last", "--format", "json", *results)
    cases = document.RunDoc.model_validate(shown.json).cases
    assert [case.parameters["bcast"] for case in cases] == ["1rg", "LnM"] * 2
    assert all(case.started and case.ended for case in cases)
    assert shown.out == qyran("show", "last", "--json", *results).out


def test_plan(qyran: Qyran) -> None:
    with_file(qyran, HplDat(ns=(64,), nbs=(8, 16), grids=((1, 2), (2, 2)), order="column"))
    planned = qyran("plan", "hpl", "--hpl-dat", "HPL.dat", "--oversubscribe", "--json")
    cases = PlanDoc.model_validate(planned.json).cases
    assert [(one.ranks, one.parameters["nb"]) for one in cases] == [
        (2, 8),
        (2, 16),
        (4, 8),
        (4, 16),
    ]
    assert {one.parameters["order"] for one in cases} == {"column"}
    assert "have no effect here" in planned.err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--set nb=8", ["--set nb", "HPL.dat:8"]),
        ("--sweep depth=0,1", ["--sweep depth", "HPL.dat:25"]),
        ("--ranks 2", ["--ranks", "found 2", "HPL.dat:11", "1 x 1", "leave --ranks out"]),
    ],
)
def test_what_the_file_gives_already(qyran: Qyran, flags: str, words: list[str]) -> None:
    with_file(qyran)
    done = qyran.run("hpl", "--hpl-dat", "HPL.dat", *flags.split())
    done.complains(2, *words)
    assert not qyran.results.exists()


@pytest.mark.parametrize(
    ("line", "text", "words"),
    [
        (13, "-16.0 threshold", ["HPL.dat:13", "'-16.0'", "without a check"]),
        (25, "2 DEPTHs", ["HPL.dat:25: depth", "found 2", "at most 1"]),
        (11, "1 2 Ps", []),
        (6, "64 Ns", ["HPL.dat:6", "2 integers, as line 5 says"]),
    ],
)
def test_a_file_that_cannot_be_used(qyran: Qyran, line: int, text: str, words: list[str]) -> None:
    lines = write(ONE_RANK).splitlines()
    lines[line - 1] = text
    (qyran.folder / "HPL.dat").write_text("\n".join(lines))
    done = qyran("plan", "hpl", "--hpl-dat", "HPL.dat")
    if words:
        done.complains(2, *words)
    else:  # netlib takes as many values as the count says
        assert done.rc == 0, done.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("run stream --hpl-dat HPL.dat", ["--hpl-dat", "'stream'", "hpl"]),
        ("run hpl --hpl-dat none", ["none", "cannot be read"]),
        ("run stream --format hpl", ["--format hpl", "no case of HPL", "leave --format out"]),
        ("run hpl --format hpl --json", ["--json", "two forms"]),
        ("run hpl --format xml", ["xml"]),
        ("plan hpl --format hpl", ["--format"]),
    ],
)
def test_a_format_or_a_file_in_the_wrong_place(
    qyran: Qyran, command: str, words: list[str]
) -> None:
    done = qyran(*command.split())
    assert done.rc == 2, done.out
    for word in words:
        assert word in done.err
    assert not (qyran.folder / "results").exists()


def test_a_run_without_hpl(make_broken: object) -> None:
    qyran: Qyran = make_broken()  # type: ignore[operator]
    done = qyran.run("faulty", "--ranks", "1", "--repeat", "1")
    assert done.rc == 0, done.err
    shown = qyran("show", "last", "--format", "hpl", "--results", str(qyran.results))
    shown.complains(2, "--format hpl", "no case of HPL, but of faulty")
