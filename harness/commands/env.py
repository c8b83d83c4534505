"""`qyran env`: the environment of this machine or of a run, and what differs between two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from harness.commands import output
from harness.errors import CannotMeasure, ConfigError
from harness.machine.difference import compared, differences
from harness.machine.environment import environment
from harness.outcome import GOOD
from harness.record import store
from harness.report import env as shown
from harness.report.env_document import DifferenceDoc, EnvDiffDoc, EnvDoc, KeyDoc

NOW: Final = "now"
_BACK: Final = re.compile(r"last~(\d{1,6})")


def show(name: str, results: Path, *, as_json: bool) -> None:
    """The environment of a run, or of this machine now."""
    label, found = _environment(name, results)
    document = EnvDoc(of=label, environment=found)
    output.show(document, shown.environment(document), as_json=as_json)
    output.end(GOOD)


def diff(a: str, b: str, results: Path, *, as_json: bool) -> None:
    """What differs between two; exit 0 whatever that is: a difference is no verdict."""
    (name_a, first), (name_b, second) = (_environment(one, results) for one in (a, b))
    document = EnvDiffDoc(
        a=name_a,
        b=name_b,
        hardware=_key(first, second, "hardware"),
        software=_key(first, second, "software"),
        differences=[DifferenceDoc(**_members(one)) for one in differences(first, second)],
        same=compared(first, second) - len(differences(first, second)),
    )
    output.show(document, shown.difference(document), as_json=as_json)
    output.end(GOOD)


def _members(one: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "rank"}


def _environment(name: str, results: Path) -> tuple[str, dict[str, Any]]:
    """The label and environment of a run; CannotMeasure if it recorded none."""
    if name == NOW:
        return NOW, environment()
    folder = _folder(name, results)
    found = store.header(folder).get("environment")
    if not isinstance(found, dict) or not found:
        why = "recorded no environment: it was imported, or written by another version"
        raise CannotMeasure(str(folder), why, fix="name another run, or `now`")
    return folder.name, found


def _folder(name: str, results: Path) -> Path:
    """The folder of a run; ``last~2`` is the third newest one."""
    back = _BACK.fullmatch(name)
    if back is None:
        return store.find(results, name)
    found = next(islice(store.newest(results), int(back[1]), None), None)
    if found is None:
        known = "last, last~1, ... as far back as there are runs"
        raise ConfigError(str(results), f"has no run {name}", known=known, fix="qyran ls")
    return found


def _key(a: Mapping[str, Any], b: Mapping[str, Any], which: str) -> KeyDoc:
    keys = [(one.get("fingerprint") or {}).get(which) or {} for one in (a, b)]
    lines = [str(one.get("text", "")).splitlines() for one in keys]
    mine, theirs = (str(one.get("key", "")) for one in keys)
    return KeyDoc(
        a=mine,
        b=theirs,
        same=bool(mine) and mine == theirs,
        only_a=[line for line in lines[0] if line not in lines[1]],
        only_b=[line for line in lines[1] if line not in lines[0]],
    )
