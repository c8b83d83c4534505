"""Rejected nodes are drained in Slurm: only those, and only where nobody else has done anything.

Slurm keeps one reason a node. What is drained here has one that begins with ``qyran``, so that it
is known again, by people and by the next acceptance; a node with any other reason, or in a state
that somebody else must have given it, is left as it is.

States and their flags: `man scontrol`, "NODE STATE CODES" (Slurm 22.05). Whoever may not update
nodes is told so by `scontrol` itself.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.submit.ask import ask

MARK: Final = "qyran"
"""With which every reason begins that is given here."""
_LONGEST: Final = 200
_KEY: Final = re.compile(r"(?:^|\s)([A-Za-z][\w:]*)=")
# States, and flags behind a "+", of a node that takes jobs or has just been idle.
_OF_USE: Final = (
    "ALLOCATED IDLE MIXED COMPLETING RESERVED PLANNED CLOUD POWERED_DOWN POWERING_UP "
    "POWERING_DOWN POWER_DOWN POWER_UP DYNAMIC_NORM"
)
_USED: Final = frozenset(_OF_USE.split())
_DRAINED: Final = frozenset({"DRAIN", "DRAINED", "DRAINING"})


class Done(StrEnum):
    """What became of a node."""

    DRAINED = "drained"
    WOULD_DRAIN = "would drain"
    ALREADY = "drained before"
    LEFT_ALONE = "left alone"
    FAILED = "failed"


@dataclass(frozen=True)
class Drained:
    """One node. reason : the text that was, or would be, given; command : that gives it, as typed.

    said : why it was left alone, or what failed; "" where it was drained.
    """

    node: str
    done: Done
    reason: str
    command: str
    said: str = ""


@dataclass(frozen=True)
class _State:
    """What Slurm says of a node. words : its state and the flags behind it."""

    words: tuple[str, ...]
    reason: str

    @property
    def text(self) -> str:
        """``IDLE+DRAIN, reason: bad fan [root@...]``."""
        state = "+".join(self.words)
        return f"{state}, reason: {self.reason}" if self.reason else state


def text(acceptance: str, why: str) -> str:
    """The reason in Slurm: ``qyran accept 20261129-1f: hpl.flop_rate -31 %``, on one line."""
    words = " ".join(f"{MARK} accept {acceptance}: {why}".split())
    kept = "".join(one if one.isprintable() and one not in "\"'\\=" else " " for one in words)
    return kept if len(kept) <= _LONGEST else f"{kept[: _LONGEST - 3]}..."


def drain(
    nodes: Mapping[str, str],
    *,
    acceptance: str,
    dry_run: bool = False,
    environment: Mapping[str, str] | None = None,
) -> list[Drained]:
    """Drain these nodes: name -> why. What was done is said of each; raises nothing.

    acceptance : its id, part of the reason. dry_run : nothing is changed, the commands are told.
    environment : of `scontrol`, that of this process by default.
    """
    environ = os.environ if environment is None else environment
    return [
        _drained(node, text(acceptance, why), environ, dry_run=dry_run)
        for node, why in nodes.items()
    ]


def _of_slurm(node: str, environ: Mapping[str, str]) -> tuple[str, _State | str]:
    """What Slurm calls a host, by its whole name or without its domain, and its state."""
    found = _state(node, environ)
    short, dot, _ = node.partition(".")
    if isinstance(found, str) and dot and not short.isdecimal():
        other = _state(short, environ)
        if not isinstance(other, str):
            return short, other
    return node, found


def _drained(node: str, reason: str, environ: Mapping[str, str], *, dry_run: bool) -> Drained:
    name, state = _of_slurm(node, environ)
    words = ["scontrol", "update", f"NodeName={name}", "State=DRAIN", f"Reason={reason}"]
    command = shlex.join(words)
    if isinstance(state, str):
        return Drained(node, Done.FAILED, reason, command, state)
    if (why := _foreign(state)) is not None:
        return Drained(node, Done.LEFT_ALONE, reason, command, why)
    if _DRAINED & set(state.words):
        return Drained(node, Done.ALREADY, reason, command, state.text)
    if dry_run:
        return Drained(node, Done.WOULD_DRAIN, reason, command)
    problem = ask(words, environ).problem or _not_drained(name, environ)
    return Drained(node, Done.FAILED if problem else Done.DRAINED, reason, command, problem)


def _not_drained(node: str, environ: Mapping[str, str]) -> str:
    """Why a node is not drained although `scontrol` did not complain, "" if it is."""
    state = _state(node, environ)
    if isinstance(state, str):
        return state
    return "" if _DRAINED & set(state.words) else f"scontrol has not drained it: {state.text}"


def _foreign(state: _State) -> str | None:
    """Why a node belongs to somebody else; None if it takes jobs, or was drained from here."""
    if state.reason and not _is_own(state.reason):
        return f"somebody else has given it a reason: {state.text}"
    drained = bool(_DRAINED & set(state.words))
    if drained and not state.reason:
        return f"somebody else has drained it: {state.text}"
    if not drained and (strange := set(state.words) - _USED):
        return f"it is {' and '.join(sorted(strange))}: {state.text}"
    return None


def _is_own(reason: str) -> bool:
    return reason.partition(" ")[0] == MARK


def _state(node: str, environ: Mapping[str, str]) -> _State | str:
    """The state of a node, or why it is not known."""
    asked = ask(("scontrol", "--oneliner", "show", "node", node), environ)
    if asked.problem:
        return asked.problem
    fields = _fields(asked.out)
    if fields.get("NodeName") != node or not fields.get("State"):
        return f"scontrol says nothing of {node} that can be read"
    # "IDLE*": the node does not answer; "$", "~" and others stand for power saving.
    words = re.sub(r"[^A-Z_+*]", "", fields["State"].upper()).split("+")
    found = [one.rstrip("*") for one in words]
    answers = not any("*" in one for one in words)
    return _State((*found, *(() if answers else ("NOT_RESPONDING",))), fields.get("Reason", ""))


def _fields(line: str) -> dict[str, str]:
    """``NodeName=node1 State=IDLE Reason=bad fan [root@...]``: values may hold blanks.

    The reason is free text, and all that follows it: ``State=IDLE`` in it is no state.
    """
    facts, _, reason = line.partition(" Reason=")
    keys = list(_KEY.finditer(facts))
    ends = [*(one.start() for one in keys[1:]), len(facts)]
    found = {one[1]: facts[one.end() : end].strip() for one, end in zip(keys, ends, strict=False)}
    return {**found, "Reason": reason.strip()}
