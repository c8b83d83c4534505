"""Whether the ranks ran where they were asked to: hosts, CPUs, threads, limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from harness.measure.placement import Place
from harness.plan.case import Geometry


def broken(
    geometry: Geometry,
    places: Sequence[Place],
    *,
    oversubscribe: bool,
    hosts: Collection[str] = (),
) -> str:
    """Why the placement does not fit what was asked for; empty if it does.

    hosts : names of the nodes of the allocation; () where it has no names.
    """
    found = Counter(one.host for one in places)
    if len(places) != geometry.ranks:
        return f"asked for {geometry.ranks} ranks, {len(places)} reported"
    if len(found) != geometry.nodes:
        return f"asked for {geometry.nodes} nodes, ran on {len(found)}: {', '.join(sorted(found))}"
    if max(found.values()) != geometry.ranks_per_node or _is_uneven(geometry, found):
        return f"asked for {geometry.ranks_per_node} ranks a node, found {dict(found)}"
    foreign = sorted({one.host for one in places if not is_of(one.host, one.node, hosts)})
    if hosts and foreign:
        return f"{', '.join(foreign)} is none of the nodes of the allocation: {', '.join(hosts)}"
    threads = sorted({one.threads for one in places})
    if threads != [geometry.threads]:
        return f"asked for {geometry.threads} threads a rank, found {threads}"
    return "" if oversubscribe else _crowded(geometry, places)


def _is_uneven(geometry: Geometry, found: Counter[str]) -> bool:
    """Whether nodes have different numbers of ranks although they could have the same."""
    return geometry.ranks % geometry.nodes == 0 and len(set(found.values())) > 1


def is_of(host: str, node: str, hosts: Collection[str]) -> bool:
    """Whether a rank's host, or what the scheduler calls it, is one of these; domains are left out.

    No name that has only digits before its first dot is shortened: it is an address.
    """
    known = {short(one) for one in hosts}
    return short(host) in known or short(node) in known


def short(name: str) -> str:
    """A name without its domain; an address as it is."""
    first, _, _ = name.partition(".")
    return name if first.isdecimal() else first


def _crowded(geometry: Geometry, places: Sequence[Place]) -> str:
    """Ranks of one host that share CPUs although they were to be bound to their own."""
    for host in sorted({one.host for one in places}):
        here = [one for one in places if one.host == host]
        why = _limited(geometry, here) or _shared(here)
        if why:
            return f"{why} on {host}"
    return ""


def _limited(geometry: Geometry, here: Sequence[Place]) -> str:
    """Fewer CPUs than threads, by the sets of the ranks or by the quota of their control groups."""
    cpus = set().union(*(one.cpus for one in here))
    wanted = len(here) * geometry.threads
    if len(cpus) < wanted:
        return f"{wanted} threads share {len(cpus)} CPUs"
    quota = min((one.cpu_quota for one in here if one.cpu_quota is not None), default=None)
    if quota is not None and quota < wanted:
        return f"a control group allows {quota:g} CPUs to {wanted} threads"
    return ""


def _shared(here: Sequence[Place]) -> str:
    cpus = set().union(*(one.cpus for one in here))
    for i, one in enumerate(here):
        for other in here[:i]:
            shared = set(one.cpus) & set(other.cpus)
            if shared and not set(one.cpus) == set(other.cpus) == cpus:
                return f"ranks {other.rank} and {one.rank} share CPU {min(shared)}"
    return ""


def unbound(places: Sequence[Place]) -> bool:
    """Whether ranks of one host may all run on the same CPUs: valid, but noisier."""
    sets = [(one.host, one.cpus) for one in places]
    return len(set(sets)) < len(sets)
