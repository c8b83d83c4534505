"""Documents of acceptances of other versions: each member taken out in turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.commands import report
from harness.errors import ConfigError
from harness.judge.fleet.table import Measurements
from harness.judge.fleet.verdict import judged
from harness.report import accept_cells, accept_document, accept_older
from harness.report.accept_document import AcceptDoc
from harness.report.drained import DrainedDoc
from harness.report.html import page
from harness.report.promise_document import PromiseDoc
from harness.report.stage_document import AlikeDoc, FactDoc, NodeStageDoc, StageDoc
from tests.bench.fleets import SWITCHES, names, switched

Place = tuple[int | str, ...]

NEEDED = {
    "schema", "nodes", "nodes.node", "nodes.verdict",
    "nodes.evidence.metric", "nodes.evidence.view", "nodes.evidence.verdict",
    "nodes.evidence.unit", "nodes.evidence.better", "nodes.evidence.n", "nodes.evidence.others",
    "links.metric", "links.nodes", "links.verdict", "links.value", "links.unit", "links.expected",
    "links.deficit", "links.sd", "links.p",
    "fleet.metric", "fleet.unit", "fleet.better", "fleet.n", "fleet.main", "fleet.faster",
    "fleet.bimodal.worse", "fleet.bimodal.better", "fleet.bimodal.behind",
    "fleet.kinds.kind", "fleet.kinds.n", "fleet.kinds.main",
    "cells.value", "cells.sd", "cells.grade",
    "pairs.metric", "pairs.unit", "pairs.better", "pairs.nodes", "pairs.value",
    "stages.stage", "stages.nodes", "stages.nodes.node", "stages.nodes.ended",
    "facts.fact", "facts.group", "facts.usual", "facts.groups", "facts.groups.value",
    "facts.groups.nodes",
    "promises.metric", "promises.called", "promises.verdict", "promises.better", "promises.unit",
    "promises.nodes", "promises.of", "promises.reason", "promises.run", "promises.case",
    "promises.source", "promises.line",
    "drained.node", "drained.done", "drained.reason", "drained.command", "drained.said",
}  # fmt: skip
"""Without these a document is refused: who it is of, the verdicts, and numbers that are there."""
DEFAULT = {
    "links.kind", "fleet.kinds", "id", "cluster", "stages", "facts", "compared", "promises",
    "drained", "cells", "pairs", "pairs.kinds", "paired", "not_recorded", "advice",
}  # fmt: skip
"""Where these are not there, there was nothing to say."""


@cache
def whole() -> str:
    """A document with every member there is: pairs in blocks, stages, facts, promises, drained."""
    none = np.zeros(0, np.int64)
    nodes = Measurements(names(32), (), none, none, none, none, np.zeros(0))
    pairs = switched(1, {(1, 3): 0.85}, node=0.8)
    found = judged(nodes, pairs=pairs, blocks=SWITCHES)
    made = accept_document.of(found, "--resume a1", None, None, {})
    made.pairs = accept_cells.pairs(found.table.nodes, pairs, SWITCHES)
    made.id = "a1"
    made.stages = [
        StageDoc(
            stage="node", started=1e9, ended=2e9, reason="",
            nodes=[NodeStageDoc(node="n5", ended="rejected", reason="slow", run="r")],
        )
    ]  # fmt: skip
    alike = [AlikeDoc(value="256 GiB", nodes=["n0"]), AlikeDoc(value="1 GiB", nodes=["n5"])]
    made.facts = [
        FactDoc(fact="memory", group="hardware", usual="256 GiB", groups=alike, meaning="less")
    ]
    made.promises = [
        PromiseDoc(
            metric="hpl.flop_rate", called="Rmax", verdict="broken", reason="", better="higher",
            unit="flop/s", promised=2e15, value=1e15, low=1e15, high=1e15, share=0.5, nodes=32,
            of=32, run="r", case="c", source="offer", line="delivered 50 %",
        )
    ]  # fmt: skip
    made.drained = [
        DrainedDoc(node="n5", done="drained", reason="slow", command="scontrol", said="")
    ]
    fleet = made.fleet[0]
    fleet.bimodal = accept_document.GroupsDoc(worse=1, better=31, behind=0.2)
    fleet.silent["peers"] = "bimodal"
    return made.model_dump_json(by_alias=True)


def members(found: Any, at: Place = ()) -> Iterator[Place]:
    """The path of every member; of lists those of the first element; not keys of maps."""
    if isinstance(found, list) and found:
        yield from members(found[0], (*at, 0))
    if isinstance(found, dict) and at[-1:] not in (("counts",), ("silent",)):
        for name, value in found.items():
            yield (*at, name)
            yield from members(value, (*at, name))


def called(place: Place) -> str:
    return ".".join(one for one in place if isinstance(one, str))


def without(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(whole())
    holder: Any = found
    for one in place[:-1]:
        holder = holder[one]
    del holder[place[-1]]
    return found


def read(folder: Path, found: dict[str, Any]) -> AcceptDoc:
    path = folder / "accept.json"
    path.write_text(json.dumps(found))
    return report.read(path)


def rendered(accept: AcceptDoc) -> str:
    made = report.composed(report.Parts("Acceptance", accept=accept, judged=1e9))
    return page.html(made, page.sections(made))


PLACES = list(members(json.loads(whole())))


def test_the_document_has_every_member_of_its_models() -> None:
    """So that a new member is taken out here too."""
    text = json.dumps(AcceptDoc.model_json_schema())
    models = [AcceptDoc.model_json_schema(), *json.loads(text)["$defs"].values()]
    names_ = {name for one in models for name in one.get("properties", {})}
    assert names_ == {called(one).rpartition(".")[2] for one in PLACES}


@pytest.mark.parametrize("place", [one for one in PLACES if called(one) in NEEDED], ids=called)
def test_a_member_that_is_needed_is_named(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, without(place))
    at = ".".join(map(str, place))
    said = f"lacks {at}, without which it cannot be shown"
    assert (said if at != "schema" else "is None, not 'qyran.accept/1'") in str(error.value)


@pytest.mark.parametrize("place", [one for one in PLACES if called(one) not in NEEDED], ids=called)
def test_without_any_other_member_it_is_shown_and_that_is_said(
    place: Place, tmp_path: Path
) -> None:
    name = called(place)
    accept = read(tmp_path, without(place))
    text = rendered(accept)
    assert accept.not_recorded == ([] if name in DEFAULT else [name])
    assert name in DEFAULT or f">{name}<" in text


def test_a_threshold_that_an_earlier_version_had_not_is_no_number(tmp_path: Path) -> None:
    accept = read(tmp_path, without(("thresholds", "together")))
    assert accept.thresholds.together is None
    text = " ".join(rendered(accept).split())
    assert accept.not_recorded == ["thresholds.together"]
    row = text[text.index("chance of a healthy small fleet") :][:200]
    assert accept_older.NOT_RECORDED in row


def test_counts_and_the_exit_code_are_counted_again(tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(whole())
    counts, code = found.pop("counts"), found.pop("exit_code")
    accept = read(tmp_path, found)
    assert (accept.counts, accept.exit_code) == (counts, code)
    assert (counts["reject"], code) == (1, 1)


def test_members_of_a_later_version_are_named_wherever_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = json.loads(whole())
    found["new"] = found["thresholds"]["newer"] = found["nodes"][3]["newest"] = 1
    rendered(read(tmp_path, found))
    said = capsys.readouterr().err
    for name in ("new", "thresholds.newer", "nodes.newest"):
        assert f"{name} is of a later version, and not shown" in said


def test_a_member_that_is_wrong_is_named(tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(whole())
    found["nodes"][2]["verdict"] = "perhaps"
    del found["method"]
    with pytest.raises(ConfigError, match=r"nodes\.2\.verdict: Input should be 'accept'"):
        read(tmp_path, found)
