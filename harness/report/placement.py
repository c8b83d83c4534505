"""Where ranks ran: as a document, and in one line for each geometry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.judge.placement import unbound
from harness.machine.tree import format_cpus
from harness.measure.placement import Place
from harness.report import units
from harness.report.document import CaseDoc, HostsDoc, PlacementDoc

_SHOWN = 4


def of_places(launches: Sequence[Sequence[Place]]) -> PlacementDoc | None:
    """The placement in the last launch; None if no rank has said where it runs."""
    places = next((one for one in reversed(launches) if one), ())
    if not places:
        return None
    cpus: dict[str, list[str]] = {}
    for one in places:
        cpus.setdefault(one.host, []).append(format_cpus(frozenset(one.cpus)))
    groups: dict[tuple[str, ...], list[str]] = {}
    for host, sets in cpus.items():
        groups.setdefault(tuple(sets), []).append(host)
    alike = [HostsDoc(hosts=hosts, cpus=list(sets)) for sets, hosts in groups.items()]
    return PlacementDoc(groups=alike, bound=not unbound(places), mpi=places[0].mpi)


def lines(cases: Iterable[CaseDoc]) -> list[str]:
    """``ranks: 2 on node1 (CPUs 0; 1), bound to cores, Open MPI v5.0.11``, each once."""
    known = (one.placement for one in cases if one.placement and _ranks(one.placement))
    return list(dict.fromkeys(map(_line, known)))


def _ranks(placement: PlacementDoc) -> int:
    """None of an imported case: its hosts are known, and no CPUs."""
    return sum(len(one.hosts) * len(one.cpus) for one in placement.groups)


def _line(placement: PlacementDoc) -> str:
    hosts = "; ".join(map(_hosts, placement.groups[:_SHOWN]))
    more = len(placement.groups) - _SHOWN
    rest = f" and {units.counted(more, 'other group')} of nodes" if more > 0 else ""
    bound = "bound to cores" if placement.bound else "not bound"
    return f"ranks: {_ranks(placement)} on {hosts}{rest}, {bound}, {placement.mpi}"


def _hosts(alike: HostsDoc) -> str:
    """``node1, node2 (CPUs 0; 1)``."""
    return f"{_few(alike.hosts, ', ')} (CPUs {_few(alike.cpus, '; ')})"


def _few(words: Sequence[str], between: str) -> str:
    """At most the first and the last few."""
    shown = words if len(words) <= _SHOWN else [*words[: _SHOWN - 1], "...", words[-1]]
    return between.join(shown)
