"""A slow-down is suspected, measured again, and confirmed; a spike is refuted. Real runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASE = {"ranks": 1, "repetitions": 3}
SLOWER = {"FAULTY_SLOWER": "2"}


@pytest.fixture(scope="module")
def nightly(make_broken: Callable[[], Any]) -> Any:
    """Ten nights of a kernel and its neighbour, and three on which both are slow."""
    qyran = make_broken()
    suite = qyran.suite(
        qyran.faulty(nap_s=0.05, **CASE),
        qyran.faulty(nap_s=0.002, tag=7, **CASE),
        name="nightly",
    )
    for night in range(13):
        slow = SLOWER if night >= 10 else {}
        done = qyran.run(suite, **slow)
        assert done.rc == 0, done.err
    return qyran


def history(qyran: Any, *words: str, **added: str) -> Any:
    return qyran("history", *words, "--json", "--results", str(qyran.results), **added)


def one(done: Any) -> dict[str, Any]:
    """The series that sleeps longer."""
    found: dict[str, Any] = next(x for x in done.json["series"] if x["parameters"]["nap_s"] == 0.05)
    return found


@pytest.mark.slow
def test_a_suspect_is_measured_again_and_judged(nightly: Any) -> None:
    done = history(nightly, "faulty")
    assert done.rc == 4, done.out
    suspect = one(done)
    assert suspect["status"] == "suspect"
    name = suspect["segments"][-1]["suspicion"]
    assert any("--confirm faulty" in line for line in done.json["run_next"])

    # It was a disturbance: the new launches are as fast as ever.
    refuted = history(nightly, "faulty", "--confirm")
    assert refuted.rc == 0, (refuted.out, refuted.err)
    row = one(refuted)["segments"][-1]
    assert (row["suspicion"], row["status"]) == (name, "refuted")
    run = refuted.json["confirmed_by"]
    assert row["evidence"] == [run]
    assert nightly.left() == []
    files = sorted(nightly.results.glob(f"*/{run}/*.h5"))
    records = [nightly.record(file) for file in files]
    assert all(name in record["confirms"] for record in records)
    launches = {r["case"]: len(r["metrics"][r["primary"]]["launches"]) for r in records}
    assert sorted(launches.values()) == [5, 5]
    again = next(r for r in records if r["parameters"]["nap_s"] == 0.05)
    assert again["case"] == suspect["points"][-1]["case"]

    # It comes back, and stays.
    suite = str(nightly.folder / "nightly.yaml")
    for _ in range(3):
        assert nightly.run(suite, **SLOWER).rc == 0
    assert history(nightly, "faulty").rc == 4
    confirmed = history(nightly, "faulty", "--confirm", **SLOWER)
    assert confirmed.rc == 1, (confirmed.out, confirmed.err)
    states = [row["status"] for row in one(confirmed)["segments"]]
    assert states == ["steady", "refuted", "confirmed"]
    assert one(confirmed)["segments"][-1]["change"] == pytest.approx(-0.5, abs=0.1)

    # The state is a function of the store: asked again, it is the same.
    later = history(nightly, "faulty")
    assert later.rc == 1
    assert one(later)["segments"] == one(confirmed)["segments"]

    # Somebody accepts it, of both series.
    current = [series["segments"][-1] for series in later.json["series"]]
    decisions = "".join(
        f"  - {{suspicion: {x['suspicion']}, verdict: accept, by: Aru, reason: safer flags}}\n"
        for x in current
        if x["status"] == "confirmed"
    )
    (nightly.results / "events.yaml").write_text(f"schema: qyran.events/1\ndecisions:\n{decisions}")
    done = history(nightly, "faulty")
    assert done.rc == 0, done.out
    assert one(done)["segments"][-1]["status"] == "accepted"


def test_without_a_suspect_nothing_is_measured(nightly: Any) -> None:
    before = len(nightly.files())
    (nightly.results / "events.yaml").write_text(
        "schema: qyran.events/1\nevents:\n"
        "  - {date: 2020-01-01, title: long ago, new_level: true}\n"
    )
    done = history(nightly, "--confirm", "--cluster", "elsewhere")
    assert done.rc == 3
    assert len(nightly.files()) == before
