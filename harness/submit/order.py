"""What is asked of a batch system for a plan: nodes, ranks, threads and time; and on which nodes.

Jobs have whole nodes for themselves, so that the counts of a script are those of its fullest case.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from harness.config.cluster import Partition
from harness.errors import ConfigError
from harness.launch.contract import Queue
from harness.plan.case import Case
from harness.submit.ask import ask

# Estimates are lower bounds; the first run on a machine compiles too.
_FACTOR: Final = 4.0
_AT_LEAST_S: Final = 900.0


def geometry(cases: Sequence[Case]) -> tuple[int, int, int]:
    """Nodes, ranks on each of them, and threads of each rank.

    Cases of several geometries share a job that has one rank for each CPU that any of them uses.
    """
    nodes = max(one.geometry.nodes for one in cases)
    shapes = {(one.geometry.ranks_per_node, one.geometry.threads) for one in cases}
    if len(shapes) == 1:
        return nodes, *shapes.pop()
    return nodes, max(ranks * threads for ranks, threads in shapes), 1


def time_s(cases: Sequence[Case], partition: Partition, asked_s: float | None, flag: str) -> float:
    """The time limit: what was asked for, or a generous estimate within the partition's limit.

    Raises ConfigError for more than the partition allows.
    """
    limit_s = partition.limits.time
    if asked_s is not None:
        if limit_s is not None and asked_s > limit_s:
            raise ConfigError(
                flag, f"found {asked_s:g} s", known=f"at most {limit_s:g} s in this partition"
            )
        return asked_s
    estimated_s = sum(one.estimated_s * one.launches for one in cases)
    wanted_s = _AT_LEAST_S + _FACTOR * estimated_s
    return wanted_s if limit_s is None else min(wanted_s, limit_s)


def allowed(nodes: int, partition: Partition, name: str) -> None:
    """ConfigError for more nodes than a job of the partition may have."""
    limit = partition.limits.nodes
    if limit is not None and nodes > limit:
        raise ConfigError(
            "--nodes", f"found {nodes}", known=f"a job of partition {name!r} has at most {limit}"
        )


def nodes_in_turn(queue: Queue, partition: Partition, name: str) -> tuple[list[str], list[str]]:
    """The nodes of a partition, idle ones first, and notes.

    They are those of cluster.yaml if it names any, else those that the batch system lists; which
    of them are idle is known from the batch system alone. ConfigError if nobody names any.
    """
    states, notes = _states(queue, partition.queue or name)
    listed = [one for one in partition.hosts or states if one in states or not states]
    if not listed:
        raise ConfigError(
            "--per-node",
            f"the names of the nodes of partition {name!r} are not known",
            known="; ".join(notes),
            fix="partitions: {cpu: {hosts: ['node[01-16]']}} in cluster.yaml",
        )
    missing = [one for one in partition.hosts if one not in listed]
    if missing:
        notes.append(f"left out, since they take no jobs now: {', '.join(missing)}")
    return sorted(listed, key=lambda one: not states.get(one, False)), notes


def _states(queue: Queue, name: str) -> tuple[Mapping[str, bool], list[str]]:
    command = queue.nodes(name)
    if not command:
        return {}, []
    answer = ask(command, queue.clean(os.environ))
    return queue.states_of_nodes(answer.out), [answer.problem] if answer.problem else []


def room(waiting: int, pending: int) -> int:
    """How many more jobs may be submitted."""
    return max(0, pending - waiting)


def chosen(nodes: Iterable[str], count: int | None, name: str) -> list[str]:
    """The first ``count`` nodes, or all; ConfigError if there are fewer."""
    found = list(nodes)
    if count is not None and count > len(found):
        raise ConfigError(
            "--nodes",
            f"found {count}, and partition {name!r} has {len(found)} that take jobs now",
            known=", ".join(found[:8]) + (", ..." if len(found) > 8 else ""),
        )
    return found[:count]
