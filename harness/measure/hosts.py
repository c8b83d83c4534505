"""The hosts of a launch as its ranks see them: facts once, the state before and after each case.

One rank of each host speaks for it: the first one. It looks while no phase is timed, and the others
wait for it in a collective; `timing` starts every phase from a barrier of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Facts = dict[str, Any]
"""Facts of a node, JSON-ready, as `machine.node.NodeFacts` names them."""

# Names are kept apart; the others belong to one process, or change while nothing happens.
_NOT_OF_A_HOST: Final = ("hostname", "cores_usable", "threads_usable", "memory_available_B")
# They differ by some MiB between equal nodes: what a kernel reserves for itself.
_LEVELLED: Final = ("memory_B", "memory_present_B", "swap_B")
_LEVEL: Final = 0.005
STATE: Final = (
    "time_s", "load_1min", "load_5min", "load_15min", "busy_s", "stolen_s", "throttled",
    "temperature_C", "memory_available_B", "frequency_Hz", "memory_corrected",
    "memory_uncorrected",
)  # fmt: skip
RANKS_BUSY: Final = "ranks_busy_s"
"""CPU time of the ranks of a host, s: what is busy beyond it belongs to somebody else."""


@dataclass(frozen=True)
class Kind:
    """Hosts whose facts are the same. hosts : their indices."""

    hosts: tuple[int, ...]
    facts: Facts


@dataclass(frozen=True)
class States:
    """All hosts at one moment.

    values : of each field of `STATE` and of `RANKS_BUSY` [host], None where a host does not tell;
    unknown : name -> why not; dimms : errors corrected, and not corrected, of the DIMMs that had
    any since boot [host].
    """

    values: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    dimms: tuple[dict[str, tuple[int, int]], ...] = ()


@dataclass(frozen=True)
class Hosts:
    """The hosts of a launch, in the order of their first ranks.

    kinds : of equal hosts, the largest first; boot_ids : [host], "" where unknown; before, after :
    around the warm-up and the repetitions of a case; command : what started the ranks, () where the
    driver that knew it was killed.
    """

    names: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    boot_ids: tuple[str, ...] = ()
    before: States = States()
    after: States = States()
    command: tuple[str, ...] = ()


class Witness:
    """Speaks for this rank's host if it is the first rank there; collective on all ranks.

    names : the host of each rank, on rank 0; () elsewhere.
    """

    def __init__(self, comm: Intracomm, places: Sequence[Mapping[str, Any]] | None) -> None:
        """Who speaks for its host follows from the places of all ranks, known on rank 0 only."""
        self._comm = comm
        nodes = [(one["host"], one["node"]) for one in places] if places is not None else []
        self.names = tuple(node or host for host, node in nodes)
        self._index = {node: i for i, node in enumerate(dict.fromkeys(nodes))}
        self._of_rank = [self._index[node] for node in nodes]
        self.speaks = comm.scatter(first_of_host(nodes) if comm.rank == 0 else None)

    def facts(self) -> dict[str, Any] | None:
        """What is written down of the hosts, on rank 0; None elsewhere."""
        gathered = self._comm.gather(_facts() if self.speaks else None)
        if gathered is None:
            return None
        told = [one for one in gathered if one is not None]
        return {
            "names": [node or host for host, node in self._index],
            "boot_ids": [one.pop("boot_id") for one in told],
            "kinds": [{"hosts": kind.hosts, "facts": kind.facts} for kind in kinds(told)],
        }

    def state(self) -> dict[str, Any] | None:
        """The state of all hosts now, column by column, on rank 0; None elsewhere."""
        gathered = self._comm.gather((_state() if self.speaks else None, time.process_time()))
        if gathered is None:
            return None
        told = [state for state, _ in gathered if state is not None]
        busy = [0.0] * len(self._index)
        for host, (_, seconds) in zip(self._of_rank, gathered, strict=True):
            busy[host] += seconds
        values = {name: [one[name] for one in told] for name in STATE}
        unknown = {name: why for one in told for name, why in one["unknown"].items()}
        dimms = [one["dimms"] for one in told]
        return {"values": values | {RANKS_BUSY: busy}, "unknown": unknown, "dimms": dimms}


def first_of_host(nodes: Iterable[tuple[str, str]]) -> list[bool]:
    """Of each rank whether it is the first one of its host."""
    seen: set[tuple[str, str]] = set()
    first = []
    for node in nodes:
        first.append(node not in seen)
        seen.add(node)
    return first


def _facts() -> Facts:
    """The facts of this host; libraries that only this needs are loaded here."""
    from dataclasses import asdict

    from harness.machine.node import detect
    from harness.machine.tree import Tree, Unavailable

    found = asdict(detect())
    found["unknown"] = {k: why for k, why in found["unknown"].items() if k not in _NOT_OF_A_HOST}
    try:
        boot_id = Tree().text("/proc/sys/kernel/random/boot_id")
    except Unavailable:
        boot_id = ""
    return {k: v for k, v in found.items() if k not in _NOT_OF_A_HOST} | {"boot_id": boot_id}


def _state() -> dict[str, Any]:
    from dataclasses import asdict

    from harness.machine.state import state

    return asdict(state())


def kinds(hosts: Sequence[Facts]) -> tuple[Kind, ...]:
    """Hosts with equal facts together, the most common kind first; memory within 0.5 % is equal."""
    levelled = [dict(one) for one in hosts]
    for name in _LEVELLED:
        _level(levelled, name)
    members: dict[str, list[int]] = {}
    for i, one in enumerate(levelled):
        members.setdefault(repr(sorted(one.items())), []).append(i)
    sizes = Counter({key: len(found) for key, found in members.items()})
    return tuple(
        Kind(tuple(members[key]), levelled[members[key][0]]) for key, _ in sizes.most_common()
    )


def _level(hosts: list[Facts], name: str) -> None:
    """Values that are nearly equal become that of the least of them."""
    level = 0.0
    for one in sorted((one for one in hosts if one.get(name)), key=lambda one: float(one[name])):
        if one[name] > (1.0 + _LEVEL) * level:
            level = one[name]
        one[name] = level


def of_events(
    facts: Mapping[str, Any] | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    command: tuple[str, ...] = (),
) -> Hosts:
    """The hosts of a case from what a journal holds; empty where nothing was written."""
    if not facts:
        return Hosts()
    return Hosts(
        names=tuple(facts["names"]),
        kinds=tuple(Kind(tuple(one["hosts"]), one["facts"]) for one in facts["kinds"]),
        boot_ids=tuple(facts["boot_ids"]),
        before=_states(before),
        after=_states(after),
        command=command,
    )


def _states(event: Mapping[str, Any] | None) -> States:
    if not event:
        return States()
    values = {name: tuple(column) for name, column in event["values"].items()}
    told = event.get("dimms", ())  # older journals have none
    dimms = tuple({label: (one[0], one[1]) for label, one in host.items()} for host in told)
    return States(values, dict(event["unknown"]), dimms)
