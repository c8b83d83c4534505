"""Draining, against what a real Slurm 22.05 printed: who is drained, who is left alone, and why."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console

from harness.acceptance import drain
from harness.acceptance.drain import Done, Drained
from harness.report import drained as report
from tests.harness.test_cli import qyran

# `scontrol --oneliner show node`, of Slurm 22.05.8, without some facts of the hardware.
LINE = (
    "NodeName=node1 Arch=x86_64 CoresPerSocket=2  CPUAlloc=0 CPUEfctv=2 CPUTot=2 CPULoad=9.10 "
    "ActiveFeatures=(null) Gres=(null) NodeAddr=node1 NodeHostName=node1 Version=22.05.8 "
    "OS=Linux 6.1.0 #1 SMP PREEMPT_DYNAMIC @0  RealMemory=1000 AllocMem=0 Sockets=1 Boards=1 "
    "State={state} ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A "
    "Partitions=cpu,short  BootTime=2026-11-28T19:12:01 CfgTRES=cpu=2,mem=1000M,billing=2 "
    "AllocTRES= CapWatts=n/a ExtSensorsTemp=n/s{reason}"
)
OURS = "qyran accept a0: dgemm.flop_rate -9 % [root@2026-11-29T00:03:57]"
# Answers as that Slurm does, keeps each call, and drains unless it is told not to.
SCONTROL = """\
#!{python}
import json, pathlib, sys
home = pathlib.Path({home!r})
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "update":
    if (home / "denied").exists():
        print("slurm_update error: Invalid user id", file=sys.stderr)
        sys.exit(1)
    if not (home / "deaf").exists():
        text = (home / "node").read_text().replace("State=IDLE", "State=IDLE+DRAIN")
        (home / "node").write_text(text)
elif sys.argv[-1] == "node1":
    print((home / "node").read_text())
else:
    print("Node", sys.argv[-1], "not found")
    sys.exit(1)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    script = tmp_path / "scontrol"
    script.write_text(SCONTROL.format(python=sys.executable, home=str(tmp_path)))
    script.chmod(0o755)
    says(tmp_path, "IDLE")
    return tmp_path


def says(home: Path, state: str, reason: str = "") -> None:
    text = f" Reason={reason}" if reason else ""
    (home / "node").write_text(LINE.format(state=state, reason=text))


def drained(
    home: Path, node: str = "node1", *, dry_run: bool = False, why: str = "hpl.flop_rate -31 %"
) -> Drained:
    found = drain.drain(
        {node: why}, acceptance="a1", dry_run=dry_run, environment={"PATH": str(home)}
    )
    return found[0]


def updates(home: Path) -> list[list[str]]:
    if not (home / "calls").exists():
        return []
    calls = [json.loads(one) for one in (home / "calls").read_text().splitlines()]
    return [one for one in calls if one[0] == "update"]


@pytest.fixture(autouse=True)
def on_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))


@pytest.mark.parametrize("state", ["IDLE", "MIXED", "ALLOCATED+COMPLETING", "IDLE~+CLOUD"])
def test_a_node_in_use_is_drained(state: str, home: Path) -> None:
    says(home, state)
    (home / "deaf").touch()
    drained(home)
    assert updates(home) == [
        ["update", "NodeName=node1", "State=DRAIN", "Reason=qyran accept a1: hpl.flop_rate -31 %"]
    ]


def test_it_is_drained_once(home: Path) -> None:
    assert drained(home).done is Done.DRAINED
    says(home, "IDLE+DRAIN", OURS)
    again = drained(home)
    assert (again.done, OURS in again.said) == (Done.ALREADY, True)
    assert len(updates(home)) == 1


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("IDLE+DRAIN", "bad fan = 3 [root@2026-11-29T00:03:54]", "bad fan = 3"),
        ("ALLOCATED+DRAIN", "qyranx", "somebody else"),
        ("IDLE+DRAIN", "", "somebody else has drained it"),
        ("DOWN", "psu [root@2026-11-29T00:03:55]", "psu"),
        ("DOWN", OURS, "it is DOWN"),
        ("DOWN*", "Not responding [slurm@2026-11-29T00:03:55]", "Not responding"),
        ("IDLE*", "", "it is NOT_RESPONDING"),
        ("IDLE+NOT_RESPONDING", "", "it is NOT_RESPONDING"),
        ("IDLE+FAIL", "x y [root@2026-11-29T00:03:58]", "x y"),
        ("IDLE+MAINT", "", "it is MAINT"),
        ("IDLE", "watched by the vendor [ops@2026-11-28]", "watched by the vendor"),
        ("DOWN", "State=IDLE Reason=qyran accept", "somebody else"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_somebody_else_did_is_left_alone(
    state: str, reason: str, said: str, *, dry_run: bool, home: Path
) -> None:
    says(home, state, reason)
    found = drained(home, dry_run=dry_run)
    assert found.done is Done.LEFT_ALONE
    assert said in found.said
    assert updates(home) == []


def test_a_dry_run_changes_nothing_and_says_what_to_type(home: Path) -> None:
    found = drained(home, dry_run=True)
    assert (found.done, updates(home)) == (Done.WOULD_DRAIN, [])
    assert found.command == (
        "scontrol update NodeName=node1 State=DRAIN 'Reason=qyran accept a1: hpl.flop_rate -31 %'"
    )


def test_a_host_is_known_without_its_domain(home: Path) -> None:
    found = drained(home, "node1.example.org")
    assert (found.node, found.done) == ("node1.example.org", Done.DRAINED)
    assert updates(home)[0][1] == "NodeName=node1"


@pytest.mark.parametrize("name", ["ALL", "node[1-2]", "node1,node2", "10.0.0.1"])
def test_a_name_of_several_nodes_or_none_drains_nothing(name: str, home: Path) -> None:
    assert (drained(home, name).done, updates(home)) == (Done.FAILED, [])


def test_what_scontrol_does_not_do_is_said(home: Path) -> None:
    (home / "denied").touch()
    found = drained(home)
    assert (found.done, "Invalid user id" in found.said) == (Done.FAILED, True)
    (home / "denied").unlink()
    (home / "deaf").touch()
    found = drained(home)
    assert (found.done, found.said) == (Done.FAILED, "scontrol has not drained it: IDLE")
    (home / "node").write_text("<html>502</html>")
    assert "nothing of node1 that can be read" in drained(home).said
    (home / "scontrol").unlink()
    found = drained(home)
    assert (found.done, "cannot be started" in found.said) == (Done.FAILED, True)


def test_a_reason_is_one_short_line_without_marks(home: Path) -> None:
    made = drain.text("a1", 'x="1"\n\tdisk\\bad ' + 300 * "y")
    assert made.startswith("qyran accept a1: x  1  disk bad yyy")
    assert made.endswith("...")
    assert len(made) == 200


def accepted(home: Path, *words: str) -> tuple[int, list[dict[str, str]]]:
    """`qyran accept` of a fleet in which node1 is slow."""
    rows = [f"node{i},triad,{200 if i == 1 else 300 + i % 3},GB/s,higher" for i in range(1, 13)]
    (home / "fleet.csv").write_text("\n".join(["node,metric,value,unit,better", *rows]))
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(io.StringIO()) as out:
        code = qyran(patched, "accept", "--from", str(home / "fleet.csv"), "--json", *words)
    return code, json.loads(out.getvalue())["drained"]


def test_accept_drains_the_rejected_node_and_only_if_asked(home: Path) -> None:
    assert accepted(home) == (1, [])
    code, (would,) = accepted(home, "--drain", "--dry-run")
    assert (code, would["node"], would["done"], updates(home)) == (1, "node1", "would drain", [])
    code, (done,) = accepted(home, "--drain")
    assert (code, done["node"], done["done"]) == (1, "node1", "drained")
    (update,) = updates(home)
    assert update[1:3] == ["NodeName=node1", "State=DRAIN"]
    assert update[3] == "Reason=qyran accept fleet.csv: triad -34 %"


def test_a_dry_run_of_nothing_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert qyran(monkeypatch, "accept", "--from", "x.csv", "--dry-run") == 2


def test_a_person_sees_who_was_left_alone_and_why(home: Path) -> None:
    would = drained(home, dry_run=True)
    says(home, "IDLE+DRAIN", "bad fan")
    documents = [report.DrainedDoc(**asdict(one)) for one in (drained(home), would)]
    console = Console(width=80, no_color=True)
    with console.capture() as said:
        console.print(report.shown(documents))
    assert said.get().splitlines() == [
        "~ node1: left alone: somebody else has given it a reason: IDLE+DRAIN, reason: ",
        "bad fan",
        "- node1: would drain: qyran accept a1: hpl.flop_rate -31 %",
        "  scontrol update NodeName=node1 State=DRAIN 'Reason=qyran accept a1: ",
        "hpl.flop_rate -31 %'",
    ]
