"""Whether the ranks ran where they were asked to: hosts, CPUs, threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.measure.placement import Place
from harness.plan.case import Geometry


def broken(geometry: Geometry, places: Sequence[Place], *, oversubscribe: bool) -> str:
    """Why the placement does not fit what was asked for; empty if it does."""
    hosts = Counter(one.host for one in places)
    if len(places) != geometry.ranks:
        return f"asked for {geometry.ranks} ranks, {len(places)} reported"
    if len(hosts) != geometry.nodes:
        return f"asked for {geometry.nodes} nodes, ran on {len(hosts)}: {', '.join(sorted(hosts))}"
    if max(hosts.values()) != geometry.ranks_per_node:
        return f"asked for {geometry.ranks_per_node} ranks a node, found {dict(hosts)}"
    threads = sorted({one.threads for one in places})
    if threads != [geometry.threads]:
        return f"asked for {geometry.threads} threads a rank, found {threads}"
    return "" if oversubscribe else _crowded(geometry, places)


def _crowded(geometry: Geometry, places: Sequence[Place]) -> str:
    """Ranks of one host that share CPUs although they were to be bound to their own."""
    for host in sorted({one.host for one in places}):
        here = [one for one in places if one.host == host]
        cpus = set().union(*(one.cpus for one in here))
        wanted = len(here) * geometry.threads
        if len(cpus) < wanted:
            return f"{wanted} threads share {len(cpus)} CPUs on {host}"
        for i, one in enumerate(here):
            for other in here[:i]:
                shared = set(one.cpus) & set(other.cpus)
                if shared and not set(one.cpus) == set(other.cpus) == cpus:
                    return f"ranks {other.rank} and {one.rank} share CPU {min(shared)} on {host}"
    return ""


def unbound(places: Sequence[Place]) -> bool:
    """Whether ranks of one host may all run on the same CPUs: valid, but noisier."""
    sets = [(one.host, one.cpus) for one in places]
    return len(set(sets)) < len(sets)
