"""What a stage measures: minutes of a node, and the same on all nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.acceptance import suites
from harness.errors import ConfigError
from harness.prepare import Request, prepare


@pytest.fixture
def planned_node() -> Request:
    """On 128 cores with 512 GiB, which an HPL of its own choice fills for an hour and more."""
    return Request("accept-node", cluster="kaznu")


def test_a_node_takes_minutes(planned_node: Request) -> None:
    cases = suites.planned(planned_node, 1).cases
    free = prepare(planned_node).cases
    assert [one.kernel for one in cases] == [one.kernel for one in free]
    assert max(one.estimated_s for one in free) > 3600.0
    assert max(one.estimated_s for one in cases) <= suites.LONGEST_S
    hpl = next(one for one in cases if one.kernel == "hpl")
    assert hpl.estimated_s > 0.5 * suites.LONGEST_S


def test_what_is_given_is_not_made_smaller(planned_node: Request, tmp_path: Path) -> None:
    case = "{kernel: hpl, parameters: {n: 200000}, ranks: 128, repetitions: 3}"
    (tmp_path / "s.yaml").write_text(f"schema: qyran.suite/1\ncases: [{case}]\n")
    asked = Request(str(tmp_path / "s.yaml"), cluster="kaznu")
    (one,) = suites.planned(asked, 1).cases
    assert one.parameters["n"] == 200000


def test_the_written_suite_has_exactly_these_cases(planned_node: Request, tmp_path: Path) -> None:
    cases = suites.planned(planned_node, 1).cases
    file = tmp_path / "folder" / "node.yaml"
    suites.write(file, "title", cases)
    again = suites.planned(Request(str(file), cluster="kaznu", free_B=2**37), 1).cases
    assert [one.id for one in again] == [one.id for one in cases]
    assert [one.budget_s for one in again] == [one.budget_s for one in cases]
    assert [one.repetitions for one in again] == [one.repetitions for one in cases]


def test_the_suite_of_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert suites.name("node", quick=False) == "accept-node"
    assert suites.name("node", quick=True) == "accept-node-quick"
    assert "node" in suites.stages()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no suite: jobs/accept-nothing\.yaml"):
        suites.name("nothing", quick=False)
