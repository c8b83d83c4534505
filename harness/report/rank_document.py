"""What `qyran rank` prints as JSON: places in lists, systems like ours, named systems. flop/s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from harness.report.base import Doc


class PlaceDoc(Doc):
    """A result in one TOP500 list; ``place`` is null where it would not be listed. flop/s."""

    list: str
    place: int | None
    first: float
    tenth: float
    hundredth: float
    last: float
    total: float


class NewestDoc(PlaceDoc):
    """The newest list held here; ``factor_to_enter`` is null for a result that is on it."""

    factor_to_enter: float | None


class BestDoc(Doc):
    """The best place a result would ever have had."""

    list: str
    place: int


class ProjectionDoc(Doc):
    """The last place carried forward at its growth over the newest lists: an estimate."""

    growth_per_year: float
    lists: int
    leaves: str | None
    estimate: Literal[True]


class FigureDoc(Doc):
    """A figure of a named system; ``doubt`` says what is unverified about it."""

    value: float | None
    unit: str
    doubt: str


class AgainstDoc(Doc):
    """A result beside a named system; ``ratio`` is ours / theirs."""

    system: str
    site: str
    country: str
    list: str | None
    rank: int | None
    ratio: float | None
    phrase: str
    status: str
    status_means: str
    unverified: Sequence[str]
    figures: dict[str, FigureDoc]
    node: str
    note: str
    sources: Sequence[str]


class SinceDoc(Doc):
    """How old the newest list here is. months : whole ones; missing : lists published since."""

    list: str
    months: int
    missing: int


class LedDoc(Doc):
    """The lists that the result would have led and been on; null where there is none.

    left : the first list that it is no longer on.
    """

    first_led: str | None
    last_led: str | None
    first_listed: str | None
    last_listed: str | None
    left: str | None


class AmongDoc(Doc):
    """A result in one ranking; ``place`` is null below its last entry."""

    list: str
    place: int | None
    entries: int
    first: float
    last: float


class OtherRankDoc(Doc):
    """A result in the rankings of another benchmark, oldest first; ``value`` null: none is known.

    benchmark : HPCG, HPL-MxP or Green500 (Rmax / power of the TOP500's systems whose power is
    known); source : where the result comes from.
    """

    benchmark: str
    value: float | None
    unit: str
    source: str
    lists: list[AmongDoc]


class GroupDoc(Doc):
    """Rmax / Rpeak of systems of the newest list that have something in common.

    below : the fraction of them that are less efficient than ours, null if ours is not known.
    """

    group: str
    systems: int
    low_quartile: float
    median: float
    high_quartile: float
    below: float | None


class NearDoc(Doc):
    """A system near to ours; distance as `harness.reference.similar` says. Null: not known."""

    distance: float
    list: str
    rank: int
    name: str
    rmax: float
    rpeak: float | None
    cores: float | None
    power: float | None
    efficiency: float | None
    chip: str
    network: str


class MachineDoc(Doc):
    """What was known of the machine. Null: nothing."""

    rpeak: float | None
    cores: float | None
    power: float | None
    efficiency: float | None
    accelerated: bool | None
    network: str | None


class MoreDoc(Doc):
    """What `qyran rank` says beside the places in the TOP500.

    partial : the place in lists of which only the top is held, null below that top.
    """

    newest_list: SinceDoc
    years: LedDoc
    machine: MachineDoc
    other_lists: list[OtherRankDoc]
    partial: list[AmongDoc]
    efficiency: list[GroupDoc]
    nearest: list[NearDoc]


class RankDoc(Doc):
    """What `qyran rank` prints, and ``standing`` of a run with an HPL result, without ``more``."""

    schema_id: Literal["qyran.rank/1"] = Field("qyran.rank/1", alias="schema")
    rmax: float
    unit: Literal["flop/s"]
    sentence: str
    last_led: str | None
    last_listed: str | None
    best: BestDoc | None
    newest: NewestDoc
    projection: ProjectionDoc
    lists: list[PlaceDoc]
    against: list[AgainstDoc]
    more: MoreDoc | None = None
