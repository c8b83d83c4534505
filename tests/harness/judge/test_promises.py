"""What was promised of a whole machine, beside what its runs delivered."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from harness.config.contract import Contract
from harness.errors import ConfigError
from harness.judge import promises
from harness.judge.promises import Delivered, Word
from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.record.recorded import Recorded
from harness.report import promise_document
from harness.report import promises as terminal
from tests.harness.judge.examples import recorded, summary

RMAX = {"hpl.flop_rate": {"minimum": "1.255 PF", "per": "machine", "source": "offer 4711"}}


def contract(metrics: dict[str, dict[str, Any]] = RMAX) -> Contract:
    return Contract.model_validate({"metrics": metrics})


def hpl(run: str, *launches: float, nodes: int = 64, kernel: str = "hpl") -> Recorded:
    return recorded(run, {"flop_rate": summary(launches)}, kernel=kernel, nodes=nodes)


def checked(*cases: Recorded, metrics: dict[str, dict[str, Any]] = RMAX) -> list[Delivered]:
    return promises.check(contract(metrics), cases, 64, "cluster.yaml")


def test_the_share_that_was_delivered_is_said() -> None:
    (one,) = checked(hpl("r7", 1.20e15, 1.21e15, 1.22e15))
    assert (one.word, one.run, one.nodes) == (Word.BROKEN, "r7", 64)
    assert one.share == pytest.approx(0.9641, abs=1e-4)
    assert promise_document.line(one) == (
        "delivered 96.4 % of the promised Rmax (hpl 1.21 Pflop/s of 1.26 promised, offer 4711, "
        "run r7)"
    )
    assert promise_document.exit_code([one]) == PERFORMANCE_FAILED


def test_the_best_run_on_most_nodes_counts() -> None:
    cases = [hpl("a", 1.30e15), hpl("b", 1.27e15), hpl("c", 9e15, nodes=1)]
    (one,) = checked(*cases, hpl("d", 9e15, kernel="xhpl"))
    assert (one.run, one.word) == ("a", Word.KEPT)
    assert promise_document.exit_code([one]) == GOOD


def test_an_interval_that_holds_the_promise_is_undecided() -> None:
    (one,) = checked(hpl("a", 1.24e15, 1.25e15, 1.26e15))
    assert one.word is Word.UNDECIDED
    assert promise_document.exit_code([one]) == INCONCLUSIVE


def test_fewer_nodes_keep_a_promise_but_break_none() -> None:
    (low,) = checked(hpl("a", 1.0e15, nodes=60))
    assert (low.word, low.reason) == (Word.UNDECIDED, "measured on 60 of 64 nodes")
    (high,) = checked(hpl("a", 1.3e15, nodes=60))
    assert high.word is Word.KEPT


def test_a_time_on_fewer_nodes_keeps_nothing() -> None:
    cost = {"collectives.barrier_latency": {"maximum": "20 us", "per": "machine"}}

    def barrier(seconds: float, nodes: int) -> Recorded:
        found = {"barrier_latency": summary((seconds,), "lower")}
        return recorded("a", found, kernel="collectives", nodes=nodes)

    words = [
        checked(barrier(seconds, nodes), metrics=cost)[0].word
        for seconds, nodes in ((10e-6, 64), (30e-6, 64), (10e-6, 2), (30e-6, 2))
    ]
    assert words == [Word.KEPT, Word.BROKEN, Word.UNDECIDED, Word.UNDECIDED]
    (one,) = checked(barrier(25e-6, 64), metrics=cost)
    assert one.share == pytest.approx(0.8)


def test_what_was_not_measured_is_said() -> None:
    failed = recorded("a", {}, kernel="hpl", nodes=64)
    (one,) = checked(failed)
    assert one.word is Word.NOT_MEASURED
    assert promise_document.line(one) == (
        "promised Rmax (1.255 PF) not measured: no verified run of hpl"
    )
    assert promise_document.exit_code([one]) == NOT_MEASURED


def test_a_broken_promise_outweighs_one_not_measured() -> None:
    both = {**RMAX, "hpcg.flop_rate": {"minimum": "20 TF", "per": "machine"}}
    found = checked(hpl("a", 1.0e15), metrics=both)
    assert [one.word for one in found] == [Word.BROKEN, Word.NOT_MEASURED]
    assert promise_document.exit_code(found) == PERFORMANCE_FAILED


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        ({"maximum": "1 PF"}, "a maximum is promised of a metric that is better higher"),
        ({"minimum": "1 GB/s"}, "is no quantity in flop/s"),
        ({"minimum": 0}, "found 0"),
    ],
)
def test_a_promise_that_fits_no_metric_is_an_error(promise: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        checked(hpl("a", 1e15), metrics={"hpl.flop_rate": {**promise, "per": "machine"}})
    assert "cluster.yaml: metrics.hpl.flop_rate" in str(raised.value)


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.043, "104.3 %"), (0.9641, "96.4 %"), (1.0, "100.0 %"), (0.9997, "99.9 %")],
)
def test_what_was_missed_is_never_called_whole(share: float, shown: str) -> None:
    assert promise_document._percent(share) == shown


def test_a_person_reads_the_broken_ones_first() -> None:
    both = {"hpcg.flop_rate": {"minimum": "20 TF", "per": "machine"}, **RMAX}
    documents = promise_document.of(checked(hpl("a", 1.0e15), metrics=both))
    assert [one.verdict for one in documents] == ["not measured", "broken"]
    console = Console(width=80, no_color=True)
    with console.capture() as said:
        console.print(terminal.shown(documents))
    lines = said.get().splitlines()
    assert lines[1].startswith("✗ broken: delivered 79.7 % of the promised Rmax")
    assert any(one.startswith("- not measured: promised hpcg.flop_rate (20 TF)") for one in lines)
