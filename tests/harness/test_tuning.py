"""Tuning: which stages run, what is kept, and what the differences are taken from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import tuning
from harness.config import suite as suites
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.judge import verdict
from harness.outcome import INTERRUPTED, Outcome
from harness.plan.case import Case
from harness.plan.expand import Overrides
from harness.prepare import Prepared, Request
from harness.report import compose, tuned
from harness.report.document import CaseDoc, RunDoc
from harness.report.tuning_document import StageDoc, TrialDoc, TuneDoc

Seconds = Callable[[Case], float]


def case(made: Any, planned: Case, *seconds: float) -> CaseDoc:
    """A case of these times; of none, one that was killed."""
    if not seconds:
        return compose.of_case(made.failed(planned, Outcome.KILLED))
    times = [[[one] * planned.geometry.ranks for one in seconds]]
    return compose.of_case(verdict.judged(made.raw(planned, times), oversubscribe=False))


def blocks(made: Any, **times: tuple[float, ...]) -> list[CaseDoc]:
    """Cases of hpl by their block size, ``nb8=(seconds, ...)``."""
    return [
        case(made, made.case("hpl", {"n": 64, "nb": int(name[2:])}), *seconds)
        for name, seconds in times.items()
    ]


@pytest.mark.parametrize(
    ("times", "kept", "reason"),
    [
        ({"nb8": (1.0, 1.1), "nb16": (0.8, 0.9)}, "nb16", "+23.7 % over nb=8, beyond both"),
        ({"nb8": (1.0, 1.1), "nb16": (0.8, 1.05)}, "nb8", "nb=8 stays: nb=16 was +15.4 %"),
        ({"nb8": (1.0, 1.1), "nb16": (1.2, 1.3)}, "nb8", "nb=8 stays: no other was better"),
        ({"nb8": (), "nb16": (1.2, 1.3), "nb24": (1.0,)}, "nb24", "nb=8 gave no result: killed"),
        ({"nb8": (1.0, 1.1), "nb16": ()}, "nb8", "nb=8 stays: no other was better"),
        ({"nb8": (1.0,), "nb16": (0.5,)}, "nb8", "nb=8 stays: nb=16 was +100.0 %, but one sample"),
    ],
)
def test_choice(made: Any, times: dict[str, tuple[float, ...]], kept: str, reason: str) -> None:
    chosen, why = tuning.choice(blocks(made, **times), ("nb",))
    assert chosen is not None
    assert f"nb{chosen.parameters['nb']}" == kept
    assert why.startswith(reason)


def test_no_choice_without_a_result(made: Any) -> None:
    assert tuning.choice(blocks(made, nb8=(), nb16=()), ("nb",)) == (None, "no trial gave a result")


def test_a_cost_is_better_when_lower(made: Any) -> None:
    slow, fast = blocks(made, nb8=(2.0, 2.1), nb16=(1.0, 1.1))
    for one, seconds in ((slow, 2.0), (fast, 1.0)):
        metric = one.metrics["flop_rate"]
        metric.better, metric.value, metric.low, metric.high = "lower", seconds, seconds, seconds
    assert tuning.ratio(fast, slow) == 2.0
    chosen, _ = tuning.choice([slow, fast], ("nb",))
    assert chosen is fast


class Machine:
    """Measures by a formula instead of a clock, and notes what was asked."""

    def __init__(self, made: Any, seconds: Seconds, *, interrupted_in: str = "") -> None:
        self._made = made
        self._seconds = seconds
        self._interrupted_in = interrupted_in
        self.asked: dict[str, list[dict[str, Any]]] = {}

    def __call__(self, prepared: Prepared) -> RunDoc:
        stage = prepared.request.name.rpartition("-")[2]
        self.asked[stage] = [dict(one.parameters) for one in prepared.cases]
        assert {(one.launches, one.repetitions) for one in prepared.cases} == {(2, 3)}
        drift = 1.5 ** len(self.asked)  # each run finds another machine
        cases = [
            case(self._made, one, drift * self._seconds(one), drift * 1.001 * self._seconds(one))
            for one in prepared.cases
        ]
        code = INTERRUPTED if stage == self._interrupted_in else None
        return compose.of_run(self._made.run(Path("/r"), prepared.request.name), cases, code)


def seconds(one: Case) -> float:
    """Best at nb = 256, on a flat grid, without look-ahead."""
    values = one.parameters
    block = 1.0 + abs(int(values["nb"]) - 256) / 1000.0
    flat = 1.0 if int(values["p"]) == 1 else 1.2
    return block * flat * (1.1 if values["depth"] else 1.0)


def tuned_by(machine: Machine, **given: Any) -> tuning.Tuned:
    request = Request("hpl", overrides=Overrides(ranks=(2,), oversubscribe=True, **given))
    found = tuning.begin(request)
    tuning.tune(found, request, machine)
    return found


def test_coordinate_by_coordinate_with_the_best_so_far(made: Any) -> None:
    machine = Machine(made, seconds)
    found = tuned_by(machine)
    assert list(machine.asked) == ["nb", "grid", "bcast", "depth"]
    assert {one["nb"] for one in machine.asked["nb"]} >= {96, 128, 192, 256, 320, 384}
    assert {one["nb"] for stage in ("grid", "bcast", "depth") for one in machine.asked[stage]} == {
        256
    }
    assert {one["n"] for cases in machine.asked.values() for one in cases} == {5824}
    assert found.sizes == {"n": 5824}
    best = {name: found.values[name] for name in ("nb", "p", "q", "depth")}
    assert best == {"nb": 256, "p": 1, "q": 2, "depth": 0}
    assert found.exit_code == 0


def test_differences_come_from_cases_of_one_run(made: Any) -> None:
    found = tuned_by(Machine(made, seconds))
    for stage, ratios in zip(found.stages, found.to_best(), strict=True):
        for one in stage.run.cases:
            planned = made.case("hpl", one.parameters)
            expected = seconds(made.case("hpl", found.values)) / seconds(planned)
            assert ratios[one.case] == pytest.approx(expected)


def test_what_set_fixes_is_not_tried_and_sweep_gives_the_values(made: Any) -> None:
    machine = Machine(made, seconds)
    given = {"n": "320", "bcast": "1rM", "depth": "1"}
    found = tuned_by(machine, set=given, sweep={"nb": ("16", "32"), "nbmin": ("2", "8")})
    assert list(machine.asked) == ["nb", "grid", "nbmin"]
    assert [one["nb"] for one in machine.asked["nb"]][1:] == [16, 32]
    assert {one["bcast"] for cases in machine.asked.values() for one in cases} == {"1rM"}
    assert found.sizes == {"n": 320}


def test_one_process_column_has_no_broadcast_to_tune(made: Any) -> None:
    machine = Machine(made, seconds)
    tuned_by(machine, set={"p": "2", "q": "1"})
    assert list(machine.asked) == ["nb"]


def test_an_interruption_ends_it(made: Any) -> None:
    machine = Machine(made, seconds, interrupted_in="grid")
    found = tuned_by(machine)
    assert list(machine.asked) == ["nb", "grid"]
    assert found.interrupted
    assert found.exit_code == INTERRUPTED


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("stream", {}, "kernel 'stream' has nothing to tune\n  known: hpl"),
        ("hlp", {}, "unknown kernel 'hlp'; did you mean 'hpl'"),
        ("hpl", {"ranks": (1, 2)}, "2 geometries"),
        ("hpl", {"set": {"nn": "5"}}, "unknown parameter 'nn'"),
    ],
)
def test_what_cannot_be_tuned(name: str, given: dict[str, Any], words: str) -> None:
    overrides = Overrides(**{"ranks": (1,), "oversubscribe": True, **given})
    with pytest.raises(ConfigError) as error:
        tuning.begin(Request(name, overrides=overrides))
    assert words in str(error.value)


def test_everything_fixed_leaves_nothing(made: Any) -> None:
    fixed = {"nb": "8", "p": "2", "q": "1"}
    with pytest.raises(ConfigError, match="leaves nothing to try"):
        tuned_by(Machine(made, seconds), set=fixed)


def test_an_unknown_sweep(made: Any) -> None:
    with pytest.raises(ConfigError, match="--sweep mb"):
        tuned_by(Machine(made, seconds), sweep={"mb": ("1",)})


def trial(nb: int, ratio: float | None) -> TrialDoc:
    rate = None if ratio is None else 1e10 * ratio
    return TrialDoc(
        run="20261124T000000Z-hpl-tune-nb-abcdef",
        case=f"hpl-{nb}",
        parameters={"n": 64, "nb": nb},
        outcome="pass" if ratio else "killed",
        reason="" if ratio else "a rank was killed",
        value=rate,
        low=rate,
        high=rate,
        n=6,
        ratio=ratio,
    )


def shown() -> TuneDoc:
    stage = StageDoc(
        name="nb",
        parameters=["nb"],
        chosen={"nb": 16},
        reason="+23.5 % over nb=8, beyond both intervals",
        trials=[trial(8, 0.81), trial(24, None), trial(16, 1.0)],
    )
    return TuneDoc(
        kernel="hpl",
        started=1.8e9,
        cluster="laptop",
        machine="a processor: of a kind, 2 cores",
        nodes=1,
        ranks=2,
        threads=1,
        metric="flop_rate",
        unit="flop/s",
        better="higher",
        sizes={"n": 64},
        outcome="killed",
        exit_code=3,
        best={"n": "auto", "nb": 16, "bcast": "1rg"},
        case="hpl-16",
        stages=[stage],
        file="jobs/hpl-tuned.yaml",
        run_next="qyran run hpl-tuned",
    )


def test_the_suite_is_one_that_qyran_reads() -> None:
    text = tuned.suite(shown())
    suite = validated(suites.Suite, parse(text, "hpl-tuned.yaml"), suites.SCHEMA)
    (one,) = suite.cases
    assert one.kernel == "hpl"
    assert one.parameters == {"n": "auto", "nb": 16, "bcast": "1rg"}
    assert (one.nodes, one.ranks, one.threads) == ((1,), (2,), (1,))
    comments = [line for line in text.splitlines() if line.startswith("#")]
    said = "\n".join(comments)
    for word in ("2027-01-15", "laptop", "a processor", "n = 64", "nb=16, +23.5 %", "abcdef"):
        assert word in said
    assert yaml.safe_load(text)["schema"] == suites.SCHEMA


def test_the_table_has_the_best_first_and_failures_last() -> None:
    from harness.report import terminal

    console = terminal.console()
    with console.capture() as said:
        console.print(tuned.table(shown()))
    lines = said.get().splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["16", "8", "24"]
    assert lines[1].rstrip().endswith("+0.0 %  chosen")
    assert "-19.0 %" in lines[2]
    assert lines[3].rstrip().endswith("killed: a rank was killed")
    assert lines[-1].startswith("wrote jobs/hpl-tuned.yaml; next: qyran run hpl-tuned")
