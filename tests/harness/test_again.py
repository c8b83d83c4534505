"""What a batch job runs is what was asked for: a request is rendered, and read again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import again
from harness.cli import main as cli
from harness.plan.expand import Overrides
from harness.prepare import Request, Rules

counts = st.one_of(st.none(), st.lists(st.integers(1, 512), min_size=1, max_size=3).map(tuple))
texts = st.text(st.characters(blacklist_characters="\0,", blacklist_categories=("Cs",)), min_size=1)
values = st.one_of(texts, st.sampled_from(["-1", "--json", "$(id)", "a b", "'", "a=b"]))
stripped = values.map(str.strip).filter(bool)
names = st.sampled_from(["n", "nb", "input"])
overrides = st.builds(
    Overrides,
    ranks=counts,
    threads=counts,
    nodes=counts,
    set=st.dictionaries(names, stripped, max_size=2),
    sweep=st.dictionaries(names, st.lists(stripped, min_size=1, max_size=3).map(tuple), max_size=2),
    repetitions=st.one_of(st.none(), st.integers(1, 99)),
    launches=st.one_of(st.none(), st.integers(1, 9)),
    budget_s=st.one_of(st.none(), st.floats(0.1, 1e6)),
    oversubscribe=st.booleans(),
    scaling=st.sampled_from([None, "strong", "weak"]),
)
rules = st.builds(
    Rules,
    retries=st.integers(0, 5),
    stall_s=st.one_of(st.none(), st.floats(0.1, 1e6)),
    limit_s=st.one_of(st.none(), st.floats(0.1, 1e6)),
)
words = st.one_of(st.none(), st.sampled_from(["laptop", "-x", "a b"]))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The request that `qyran` makes of these words."""
    found: list[Request] = []
    monkeypatch.setattr("harness.commands.run.run", lambda request, *_: found.append(request))

    def parse(words: list[str]) -> Request:
        monkeypatch.setattr(sys, "argv", ["qyran", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert caught.value.code == 0
        return found.pop()

    return parse


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    request_=st.builds(
        Request,
        name=st.just("/r/suite/my suite.yaml"),
        overrides=overrides,
        cluster=words,
        partition=words,
        launcher=words,
        cluster_file=st.just(Path("/r/cluster.yaml")),
        results=st.just(Path("/res ults")),
        rules=rules,
        tags=st.sampled_from([(), ("baseline",), ("rack-3", "after.bios")]),
    ),
    hpl_dat=st.sampled_from([None, Path("/r/HPL.dat")]),
)
def test_a_request_is_the_same_again(read: Any, request_: Request, hpl_dat: Path | None) -> None:
    into = Path("/r")
    found = read(again.words(request_, suite=request_.name, hpl_dat=hpl_dat, into=into))
    assert replace(found, command=()) == replace(request_, hpl_dat=hpl_dat, into=into)


def test_every_flag_of_run_is_handed_on() -> None:
    """A flag that `run` learns later must not be lost on the way into a job."""
    full = Request(
        name="hpl",
        overrides=Overrides(
            ranks=(1,),
            threads=(1,),
            nodes=(1,),
            set={"n": "1"},
            sweep={"nb": ("1",)},
            repetitions=1,
            launches=1,
            budget_s=1.0,
            oversubscribe=True,
            scaling="weak",
        ),
        cluster="c",
        partition="p",
        launcher="slurm",
        cluster_file=Path("c.yaml"),
        rules=Rules(1, 1.0, 1.0),
        tags=("t",),
        require_references=True,
        hosts=("n1", "n2"),
    )
    found = again.words(full, suite="hpl", hpl_dat=Path("H"), into=Path("i"))
    given_ = {word.partition("=")[0] for word in found if word.startswith("--")}
    import typer

    command: Any = typer.main.get_command(cli.app)
    known = {one.opts[0] for one in command.commands["run"].params if one.opts[0].startswith("--")}
    assert known - given_ == {"--format", "--json", "--junit"}
    submit = {one.opts[0] for one in command.commands["submit"].params}
    assert known - submit == {"--format", "--hosts", "--into", "--junit"}


def test_a_gate_can_require_references(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Request] = []
    monkeypatch.setattr(
        "harness.commands.gate.gate", lambda request, *_, **__: found.append(request)
    )
    for flag in ([], ["--require-references"]):
        monkeypatch.setattr(sys, "argv", ["qyran", "gate", "quick", *flag])
        with pytest.raises(SystemExit):
            cli.main()
    assert [one.require_references for one in found] == [False, True]
