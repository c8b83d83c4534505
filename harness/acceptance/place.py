"""Which nodes are accepted, and whether ranks can be started on them from here."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace

from harness.config import cluster as clusters
from harness.config.cluster import Cluster, Partition
from harness.errors import ConfigError
from harness.launch.contract import Allocation
from harness.prepare import Request, allocated


@dataclass(frozen=True)
class Place:
    """A partition of a cluster. allocation : None outside of the batch job that it needs."""

    name: str
    cluster: Cluster
    partition_name: str
    partition: Partition
    source: str
    kind: str
    allocation: Allocation | None


def of(request: Request) -> Place:
    """The place that a request means; ConfigError if its cluster does not exist yet."""
    file, source = clusters.load(request.cluster_file)
    name, cluster = clusters.choose(file, request.cluster, source)
    clusters.refuse_planned(name, cluster, source)
    partition_name, partition = cluster.chosen(request.partition, source)
    whole = replace(request, hosts=())
    kind, allocation = allocated(whole, cluster, partition, f"{source}: {name}")
    return Place(name, cluster, partition_name, partition, source, kind, allocation)


def nodes(place: Place, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The nodes of the allocation that are wanted, () : all; ConfigError for others."""
    assert place.allocation is not None  # noqa: S101 - for the type checker
    known = place.allocation.hosts or (platform.node(),)
    strange = [one for one in wanted if one not in known]
    if strange:
        raise ConfigError(
            "NODES",
            f"{', '.join(strange)} is none of the nodes that ranks may be started on",
            known=", ".join(known),
            fix="name them as the batch system or cluster.yaml does, or leave them out for all",
        )
    return wanted or known
