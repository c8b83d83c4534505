"""Scaling series with real ranks."""

from __future__ import annotations

from typing import Any

from harness.report import document

JACOBI = ("jacobi3d", "--set", "n=32", "--repeat", "2")


def test_a_strong_series(qyran: Any) -> None:
    done = qyran.run(*JACOBI, "--scaling", "strong", "--ranks", "1,2", "--launches", "2")
    assert done.rc == 0, done.err
    found = document.RunDoc.model_validate(done.json)
    base, two = found.scaling
    assert [one.ranks for one in found.cases] == [1, 2]
    assert [one.parameters for one in found.cases] == [found.cases[0].parameters] * 2
    assert (base.case, two.case) == (found.cases[0].case, found.cases[1].case)
    assert (base.speedup, base.efficiency) == (1.0, 1.0)
    assert two.factor == 2.0
    assert two.speedup is not None
    assert two.efficiency == two.speedup / 2
    assert two.low is not None
    assert two.high is not None
    assert two.low <= two.efficiency <= two.high
    assert two.n == 2
    mine, theirs = (one.metrics["update_rate"].launches for one in found.cases)
    ratios = sorted(second / first for first, second in zip(mine, theirs, strict=True))
    assert [2 * two.low, 2 * two.high] == ratios
    assert qyran("show", "--json", "--results", str(qyran.results)).json == done.json
    for file in qyran.files():
        assert qyran.record(file)["scaling"][0]["base"] == base.case


def test_launches_are_taken_in_turns(qyran: Any) -> None:
    suite = qyran.suite(
        {
            "kernel": "reduce",
            "parameters": {"rows": 1000},
            "ranks": [1, 2],
            "scaling": "weak",
            "repetitions": 1,
            "launches": 2,
        }
    )
    done = qyran.run(suite)
    assert done.rc == 0, done.err
    assert [one["parameters"]["rows"] for one in done.json["cases"]] == [1000, 2000]
    assert [one["kind"] for one in done.json["scaling"]] == ["weak", "weak"]
    order = [line.split()[-4] for line in done.err.splitlines() if "measuring on" in line]
    assert order == ["1x1", "2x1", "2x1", "1x1"]


def test_a_plan_shows_the_series(qyran: Any) -> None:
    planned = qyran("plan", *JACOBI, "--scaling", "strong", "--ranks", "1,2")
    assert planned.rc == 0, planned.err
    assert "strong x1" in planned.out
    assert "strong x2" in planned.out
    assert "5 x 2" in planned.out


def test_what_cannot_scale_is_refused_before_anything_starts(qyran: Any) -> None:
    stream = ("stream", "--set", "n=1000", "--scaling")
    qyran.run(*stream, "strong", "--ranks", "1,2").complains(2, "--scaling weak")
    qyran.run(*stream, "weak", "--ranks", "2").complains(2, "one geometry is no series")
    assert qyran.run(*stream, "steady", "--ranks", "1,2").rc == 2
    assert qyran.files() == []
