"""Whether the nodes of a class are equal: fact by fact, the odd ones out named.

A fact that most nodes share is what the class is; a node that differs is to be tested again, and is
rejected where it lacks what was bought (another processor, fewer cores, less memory, a missing GPU
or adapter) and the majority is clear: at least `LEAST` nodes tell the fact, `CLEAR` of them alike.
A node that limits the CPUs or the memory of its jobs where others do not is rejected beside any.
Without a majority nobody can say which nodes are right, and all of them are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.judge.fleet.findings import Finding
from harness.judge.fleet.verdict import Verdict
from harness.machine import meaning
from harness.machine.difference import place, same, shared

STAGE: Final = "consistency"
LEAST: Final = 5
CLEAR: Final = 0.8
# None is "no limit": the node that has one is the odd one, whatever the others have.
_LIMITS: Final = ("cpu_quota", "memory_limit_B")
_BOUGHT: Final = (
    "cpu_model", "sockets", "cores_physical", "memory_present_B", "memory_B", "gpus",
    "interconnects",
)  # fmt: skip
_LOOK: Final = {
    "cpu_model": "the delivery note: another processor",
    "cores_physical": "cores switched off in the firmware, or another processor",
    "memory_present_B": "a memory module that is missing, or that the firmware has left out",
    "memory_B": "a memory module that is missing, or memory reserved by the kernel",
    "microcode": "firmware and microcode packages of this node",
    "firmware": "the version of the firmware (BIOS) and its settings",
    "kernel": "the image that this node was booted from",
    "mitigations": "kernel, its command line, microcode",
    "kernel_command": "the boot loader of this node",
    "governor": "the governor that is set at boot",
    "boost": "boost (turbo) in the firmware, or switched off in the kernel",
    "smt": "SMT in the firmware",
    "numa_nodes": "NUMA nodes per socket (NPS, sub-NUMA clustering) in the firmware",
    "transparent_huge_pages": "transparent_hugepage of the kernel",
    "cpu_quota": "the control group that limits the CPUs of jobs on this node",
    "memory_limit_B": "the control group that limits the memory of jobs on this node",
    "gpus": "a GPU that is missing on the bus",
    "interconnects": "an adapter that is missing on the bus, or without its driver",
}
_MOST: Final = 60
_SOME: Final = 6


@dataclass(frozen=True)
class Alike:
    """Nodes with the same value of a fact. text : the value in words."""

    text: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A fact in which nodes differ. groups : the largest first; usual : what a majority has.

    usual is "" where there is none; meaning : what may follow for performance.
    """

    name: str
    group: str
    groups: tuple[Alike, ...]
    usual: str
    meaning: str


@dataclass(frozen=True)
class Consistency:
    """facts : those that differ, the most relevant first; compared : how many were looked at.

    A single node is compared with none: then it is 0.
    """

    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    compared: int


def compared(environments: Mapping[str, Mapping[str, Any]]) -> Consistency:
    """Node by node what it is, as `machine.environment` tells -> in what the nodes differ."""
    told = {node: shared(one) for node, one in environments.items()}
    names = dict.fromkeys(name for one in told.values() for name in one)
    pairs = [(name, _groups(name, told)) for name in sorted(names, key=place)]
    differing = [(name, groups) for name, groups in pairs if len(groups) > 1]
    if any(name == "memory_present_B" for name, _ in differing):
        differing = [one for one in differing if one[0] != "memory_B"]
    facts = [_fact(name, groups, len(told)) for name, groups in differing]
    findings = [one for (name, groups) in differing for one in _findings(name, groups, len(told))]
    return Consistency(tuple(facts), tuple(findings), len(names) if len(told) > 1 else 0)


Group = tuple[Any, list[str]]


def _groups(name: str, told: Mapping[str, Mapping[str, Any]]) -> list[Group]:
    """Value and nodes, the most nodes first."""
    exact: dict[str, Group] = {}
    for node, facts in told.items():
        value = facts.get(name)
        exact.setdefault(repr(value), (value, []))[1].append(node)
    found: list[Group] = []
    for value, nodes in sorted(exact.values(), key=lambda one: (-len(one[1]), repr(one[0]))):
        near = next((one for one in found if same(name, one[0], value)), None)
        if near is None:
            found.append((value, list(nodes)))
        else:
            near[1].extend(nodes)
    return sorted(found, key=lambda one: -len(one[1]))


def _usual(name: str, groups: Sequence[Group], nodes: int) -> int | None:
    """The index of the group that is right: the majority, or those without a limit."""
    if name in _LIMITS:
        return next((i for i, one in enumerate(groups) if one[0] is None), None)
    return 0 if 2 * len(groups[0][1]) > nodes else None


def _fact(name: str, groups: Sequence[Group], nodes: int) -> Fact:
    usual = _usual(name, groups, nodes)
    other = 0 if usual else 1
    return Fact(
        name=name,
        group=place(name)[0],
        groups=tuple(Alike(text(name, value), tuple(who)) for value, who in groups),
        usual="" if usual is None else text(name, groups[usual][0]),
        meaning=meaning.of(name, groups[usual or 0][0], groups[other][0]),
    )


def _findings(name: str, groups: Sequence[Group], nodes: int) -> Iterator[Finding]:
    usual = _usual(name, groups, nodes)
    for i, (value, who) in enumerate(groups):
        if i == usual:
            continue
        if usual is None:
            verdict, line = Verdict.RETEST, _tie(name, groups, i)
        else:
            right, many = groups[usual]
            verdict = _verdict(name, value, right, len(many), nodes)
            line = f"{label(name)} {text(name, value)}; {len(many)} of {nodes} nodes have " + (
                text(name, right)
            )
        for node in who:
            yield Finding(node, STAGE, name, verdict, line, _LOOK.get(name, _otherwise(name)))


def _tie(name: str, groups: Sequence[Group], i: int) -> str:
    """What is said where no value has a majority."""
    others = [
        f"{text(name, value)} on {listed(who)}" for j, (value, who) in enumerate(groups) if j != i
    ]
    return (
        f"{label(name)} {text(name, groups[i][0])}; {', '.join(others)}: no majority, so that "
        "nobody can say which is right"
    )


def _otherwise(name: str) -> str:
    return (
        "the software of this node: its image, its modules" if place(name)[0] == "software" else ""
    )


def _verdict(name: str, value: Any, right: Any, many: int, nodes: int) -> Verdict:
    if name in _LIMITS and value is not None:
        return Verdict.REJECT
    clear = nodes >= LEAST and many >= CLEAR * nodes
    if name not in _BOUGHT or not clear or value is None or right is None:
        return Verdict.RETEST
    more = isinstance(value, int | float) and isinstance(right, int | float) and value > right
    return Verdict.RETEST if more else Verdict.REJECT


def label(name: str) -> str:
    """``memory present`` for ``memory_present_B``."""
    return name.removesuffix("_B").removesuffix("_Hz").replace("_", " ")


def text(name: str, value: Any) -> str:
    """A value of a fact in a few words."""
    if value is None:
        return "no limit" if name in _LIMITS else "unknown"
    if name == "cpu_quota":
        return f"{value:g} CPUs"
    if name.endswith("_B"):
        return f"{value / 2**30:.4g} GiB"
    if name.endswith("_Hz"):
        return f"{value / 1e9:.4g} GHz"
    if isinstance(value, bool):
        return "on" if value else "off"
    said = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return said if len(said) <= _MOST else f"{said[:_MOST]}..."


def listed(nodes: Sequence[str]) -> str:
    """The first few names, and how many there are."""
    if len(nodes) <= _SOME:
        return ", ".join(nodes)
    return f"{', '.join(nodes[: _SOME - 1])}, ... {nodes[-1]} ({len(nodes)} nodes)"
