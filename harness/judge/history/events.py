"""``events.yaml``: what happened to a machine, and what people say of suspicions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from harness.config.validate import Model, validated
from harness.config.yaml_file import read
from harness.errors import ConfigError
from harness.judge.history.course import Decision

SCHEMA: Final = "qyran.events/1"
FILE: Final = "events.yaml"
_FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")


def time_of(value: object) -> float:
    """Seconds since 1970 of a date or a date with a time of day, UTC; ValueError if it is none."""
    text = str(value).removesuffix("Z")
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise ValueError(f"found {value!r}; write 2026-11-20 or 2026-11-20T14:30 (UTC)")


Time = Annotated[float, BeforeValidator(time_of)]
Word = Annotated[str, Field(min_length=1)]


class Event(Model):
    """Something known. Patterns are as of file names: ``node1*``; what is left out limits nothing.

    new_level : another level is expected from then on, so that no suspicion is raised by it.
    """

    date: Time
    title: Word
    cluster: str = "*"
    hosts: list[str] = Field(default_factory=list)
    kernel: str = "*"
    series: str = "*"
    new_level: bool = False

    def concerns(self, cluster: str, kernel: str, series: str, hosts: Collection[str]) -> bool:
        """Whether it concerns a run of this series on these hosts."""
        return (
            fnmatchcase(cluster, self.cluster)
            and fnmatchcase(kernel, self.kernel)
            and fnmatchcase(series, self.series)
            and (not self.hosts or any(fnmatchcase(h, p) for h in hosts for p in self.hosts))
        )


class Said(Model):
    """What somebody decided about a suspicion.

    accept : the new level is real and all right; reject : it was none, the old level holds.
    """

    suspicion: Word
    verdict: Literal["accept", "reject"]
    by: Word
    reason: Word


class Events(Model):
    """The whole of the file."""

    schema_id: str = Field(SCHEMA, alias="schema")
    events: list[Event] = Field(default_factory=list)
    decisions: list[Said] = Field(default_factory=list)

    @property
    def decided(self) -> dict[str, Decision]:
        """The decisions by the id of the suspicion."""
        return {
            one.suspicion: Decision(one.verdict == "accept", one.by, one.reason)
            for one in self.decisions
        }


def load(given: Path | None, results: Path) -> Events:
    """The file that is given, else ``events.yaml`` of the results folder if there is one.

    Raises ConfigError, with file, line and key, for what cannot be understood.
    """
    path = given or results / FILE
    if given is None and not path.exists():
        return Events(schema=SCHEMA)
    document = read(path)
    found = validated(Events, document, SCHEMA)
    seen: set[str] = set()
    for i, one in enumerate(found.decisions):
        if one.suspicion in seen:
            where = document.where(("decisions", i, "suspicion"))
            raise ConfigError(where, f"{one.suspicion} is decided twice", fix="delete one of them")
        seen.add(one.suspicion)
    return found
