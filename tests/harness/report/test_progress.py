"""What a run says while it goes on."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.plan.case import Case
from harness.report import units
from harness.report.compose import of_case
from harness.report.document import CaseDoc
from harness.report.progress import Bar, Lines, Rate


def events(case: Case) -> list[dict[str, Any]]:
    """The events of one launch of a case of stream: four phases of two ranks."""
    sample = [[0.1, 0.2]] * 4
    return [
        {"event": "placement"},
        {"event": "case", "case": case.id},
        {"event": "compiled", "case": case.id, "seconds": 1.0},
        {"event": "ready", "case": case.id, "seconds": 1.0},
        {"event": "warm-up", "case": case.id, "seconds": sample},
        {
            "event": "sample",
            "case": case.id,
            "seconds": sample,
            "parts": {},
            "series": {},
            "stop": None,
        },
        {
            "event": "sample",
            "case": case.id,
            "seconds": sample,
            "parts": {},
            "series": {},
            "stop": "converged",
        },
        {"event": "verified", "case": case.id},
        {"event": "end", "case": case.id},
        {"event": "finished"},
    ]


def play(made: Any, display: Lines | Bar) -> list[CaseDoc]:
    """Two cases, the first of two launches and with a result, the second one failed."""
    cases = (replace(made.case(), launches=2), made.case(given={"n": 8}))
    display.started(made.run(Path("/r")), cases)
    for _ in range(2):
        for event in events(cases[0]):
            display.event(event)
    for event in events(cases[1])[:5]:
        display.event(event)
    shown = [of_case(made.result(cases[0])), of_case(made.failed(cases[1]))]
    for one in shown:
        display.finished(one)
    return shown


def test_a_run_that_is_complete_has_nothing_left(made: Any) -> None:
    out = io.StringIO()
    Lines(Console(file=out, width=120)).started(made.run(Path("/r")), ())
    assert "nothing is left to measure" in out.getvalue()
    assert "about" not in out.getvalue()


def test_lines(made: Any) -> None:
    out = io.StringIO()
    first, second = play(made, Lines(Console(file=out, width=120)))
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("quick: 2 cases, about 3.00 s, run 20261123T191500Z-quick-")
    assert lines[1:4] == [
        f"{first.case}: measuring on 2x1 ranks x threads",
        f"{first.case}: measuring on 2x1 ranks x threads",
        f"{second.case}: measuring on 2x1 ranks x threads",
    ]
    assert lines[4].startswith(f"{first.case}: pass, ")
    assert lines[4].endswith("MB/s")
    assert lines[5] == f"{second.case}: killed, a rank was killed by SIGKILL"


def test_bar(made: Any) -> None:
    out = io.StringIO()
    play(made, Bar(Console(file=out, width=120, force_terminal=True)))
    assert "starting mpirun" in out.getvalue()
    assert "triad_bandwidth 983 kB/s" in out.getvalue()
    assert "\x1b[?25h" in out.getvalue(), "the cursor is shown again"


def progress(case: Case, done: int, share: float, seconds: float) -> dict[str, Any]:
    return {
        "event": "progress",
        "case": case.id,
        "time": 1000.0 + seconds,
        "done": done,
        "total": 1000,
        "share": share,
        "seconds": seconds,
    }


def test_progress_has_the_place_the_rate_and_the_time_left(made: Any) -> None:
    case = made.case("hpl", {"n": 1000, "nb": 100})
    flop = 1000 * (2 / 3 * 1000 + 1.5) * 1000
    rate = Rate(case)
    first = rate.words(progress(case, 100, 0.25, 2.0))
    assert first == f"column 100 of 1000, {units.si(flop / 8.0, 'flop/s')}, 6.00 s left"
    second = rate.words(progress(case, 300, 0.5, 3.0))
    assert second == f"column 300 of 1000, {units.si(flop / 4.0, 'flop/s')}, 3.00 s left"
    again = rate.words(progress(case, 100, 0.25, 2.0))
    assert again == first, "another repetition begins anew"


def test_a_pipe_gets_a_line_of_progress_once_in_a_while(made: Any) -> None:
    out = io.StringIO()
    display = Lines(Console(file=out, width=120))
    case = made.case("hpl", {"n": 1000})
    display.started(made.run(Path("/r")), (case,))
    display.event({"event": "case", "case": case.id})
    for second in range(1, 25):
        display.event(progress(case, 10 * second, second / 100, float(second)))
    lines = [one for one in out.getvalue().splitlines() if "column" in one]
    assert [line.split("column ")[1].split()[0] for line in lines] == ["10", "110", "210"]


def test_a_case_that_lasts_says_how_far_it_is_and_what_is_wrong_at_once(made: Any) -> None:
    out = io.StringIO()
    display = Lines(Console(file=out, width=120))
    case = replace(
        made.case("burnin", {"filled": 80, "n": 4, "points": 4, "cores": 1, "duration": 3600.0}),
        repetitions=None,
    )
    display.started(made.run(Path("/r")), (case,))
    display.event({"event": "case", "case": case.id})
    display.event({"event": "warm-up", "case": case.id, "time": 1000.0})
    wrong = [{"rank": 3, "host": "node7", "what": "CPU 12: dgemm, repetition 2: 1 bit differs"}]
    for n in range(1, 4):
        more = {"wrong": wrong} if n == 2 else {}
        display.event({"event": "sample", "case": case.id, "time": 1000.0 + 60.0 * n, **more})
    assert out.getvalue().splitlines()[2:] == [
        f"{case.id}: repetition 1, {units.seconds(60.0)} of {units.seconds(3600.0)}",
        f"{case.id}: WRONG: rank 3 on node7, CPU 12: dgemm, repetition 2: 1 bit differs",
        f"{case.id}: repetition 2, {units.seconds(120.0)} of {units.seconds(3600.0)}",
        f"{case.id}: repetition 3, {units.seconds(180.0)} of {units.seconds(3600.0)}",
    ]
