"""Documents of `qyran accept` of other versions: what they lack is said, what is new is left out.

A document lacks what its version did not know, or what somebody took out. Who is judged and how is
needed; the rest is "not recorded", which is never the same as a 0 or a "none".
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.report.accept_document import AcceptDoc

NOT_RECORDED: Final = "not recorded"
# What stands for a member that is not there, by its path without places in lists. Members that may
# be null are null.
_INSTEAD: Final[dict[str, Any]] = {
    "source": NOT_RECORDED,
    "contract": NOT_RECORDED,
    "baseline": NOT_RECORDED,
    "links": [],
    "fleet": [],
    "thresholds": {},
    "method": [f"How the verdicts were made is {NOT_RECORDED}."],
    "nodes.reason": NOT_RECORDED,
    "nodes.evidence": [],
    "nodes.control": "",
    "nodes.repeat": "",
    "nodes.evidence.source": NOT_RECORDED,
    "nodes.evidence.line": NOT_RECORDED,
    "nodes.evidence.look_first": "",
    "links.line": NOT_RECORDED,
    "fleet.views": [],
    "fleet.silent": {},
    "fleet.links": "",
    "fleet.kinds.silent": "",
    "stages.reason": "",
    "stages.nodes.reason": NOT_RECORDED,
    "stages.nodes.run": "",
    "facts.meaning": "",
}
_SEVERITY: Final = (
    ("reject", PERFORMANCE_FAILED),
    ("not tested", NOT_MEASURED),
    ("re-test", INCONCLUSIVE),
)


@dataclass(frozen=True)
class Older:
    """A document, and the members of it that are of a later version."""

    document: AcceptDoc
    unknown: tuple[str, ...]


def read(found: dict[str, Any]) -> Older:
    """The document of this JSON, which is completed; ``not_recorded`` of it names what it lacked.

    Raises ValidationError for what is wrong in it, or lacks a member without which it says nothing.
    """
    lacking: dict[str, None] = {}
    unknown: dict[str, None] = {}
    while True:
        try:
            document = AcceptDoc.model_validate(found)
        except ValidationError as error:
            if not _mended(found, error, lacking, unknown):
                raise
        else:
            known = [*document.not_recorded, *lacking]
            document = document.model_copy(update={"not_recorded": list(dict.fromkeys(known))})
            return Older(document, tuple(unknown))


def _mended(
    found: dict[str, Any],
    error: ValidationError,
    lacking: dict[str, None],
    unknown: dict[str, None],
) -> bool:
    """Whether anything could be mended; the names of the members are added."""
    mended = False
    for one in error.errors(include_url=False, include_input=False):
        *path, name = one["loc"]
        holder = _at(found, path)
        if holder is None or not isinstance(name, str):
            continue
        called = ".".join(each for each in (*path, name) if isinstance(each, str))
        if one["type"] == "extra_forbidden":
            del holder[name]
            unknown[called] = None
            mended = True
        elif one["type"] == "missing" and (instead := _instead(found, path, name, called)):
            holder[name] = instead[0]
            mended = True
            if called.rpartition(".")[0] not in lacking:
                lacking[called] = None
    return mended


def _at(found: Any, path: Sequence[int | str]) -> dict[str, Any] | None:
    """The object at a path of the document."""
    for one in path:
        found = found[one]
    return found if isinstance(found, dict) else None


def _instead(
    found: dict[str, Any], path: Sequence[int | str], name: str, called: str
) -> tuple[Any] | None:
    """What stands for a member, in a tuple; None for one that is needed."""
    if called in ("counts", "exit_code"):
        counts = _counts(found)
        return (counts if called == "counts" else _code(counts),)
    if called in _INSTEAD:
        like = _INSTEAD[called]
        return (like.copy() if isinstance(like, list | dict) else like,)
    return (None,) if _may_be_null(path, name) else None


def _counts(found: dict[str, Any]) -> dict[str, int]:
    nodes = found.get("nodes")
    listed = nodes if isinstance(nodes, list) else []
    words = Counter(str(one.get("verdict")) for one in listed if isinstance(one, dict))
    return {word: words[word] for word in ("accept", "reject", "re-test", "not tested")}


def _code(counts: dict[str, int]) -> int:
    """That of the worst node; none at all is 3."""
    if not any(counts.values()):
        return NOT_MEASURED
    return next((code for word, code in _SEVERITY if counts[word]), GOOD)


def _may_be_null(path: Sequence[int | str], name: str) -> bool:
    model: type[BaseModel] | None = AcceptDoc
    for one in path:
        if isinstance(one, str) and model is not None:
            model = _model(model.model_fields[one].annotation)
    if model is None or name not in model.model_fields:
        return False
    return type(None) in get_args(model.model_fields[name].annotation)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in a type such as ``list[NodeVerdictDoc]`` or ``CellsDoc | None``."""
    if isinstance(annotation, type) and not get_origin(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) in (list, Union, types.UnionType):
        return next((m for one in get_args(annotation) if (m := _model(one))), None)
    return None
