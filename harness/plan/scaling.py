"""Scaling series: the same kernel on more and more ranks, or threads of a rank.

    strong  the same parameters everywhere; those chosen by ``auto`` suit the smallest member
    weak    those of the smallest member, as given or chosen; `Kernel.weak` gives the others

One of ranks and threads varies. A list of nodes goes with a list of ranks as long, in step, or
with ``auto``: every core of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from harness.errors import ConfigError
from harness.plan.case import Case, Geometry, Kind
from kernels.contract import IllegalParameter, Kernel, Phase, Value, Work

LAUNCHES: Final = 5
"""Of each member, if none are given: the fewest whose ratios have an interval that decides."""
Place = tuple[int, int | None, int]
"""Nodes, ranks (None: every core) and threads."""


def places(
    nodes: Sequence[int], ranks: Sequence[int | None], threads: Sequence[int], where: str
) -> list[Place]:
    """The members of a series; ConfigError if what varies is not one thing."""
    if len(threads) > 1:
        if len(nodes) > 1 or len(ranks) > 1:
            raise _refused(where, "more than one of nodes, ranks and threads varies")
        if ranks[0] is None:
            found = "threads vary and ranks are every core that they leave"
            raise _refused(where, found, "--ranks 1")
        return [(nodes[0], ranks[0], one) for one in threads]
    if len(nodes) > 1:
        if ranks[0] is None:
            return [(one, None, threads[0]) for one in nodes]
        if len(nodes) != len(ranks):
            raise _refused(where, f"{len(nodes)} numbers of nodes and {len(ranks)} of ranks")
        return [(*one, threads[0]) for one in zip(nodes, ranks, strict=True)]
    if len(ranks) == 1:
        raise _refused(where, "one geometry is no series")
    return [(nodes[0], one, threads[0]) for one in ranks]


def _refused(where: str, found: str, fix: str = "--ranks 1,2,4") -> ConfigError:
    known = "several ranks; or nodes and ranks in step; or threads of as many ranks"
    return ConfigError(f"{where}: scaling", found, known, fix)


def workers(geometry: Geometry) -> int:
    """What a series has more and more of: threads of all ranks."""
    return geometry.ranks * geometry.threads


def factor(kind: Kind, base: Geometry, member: Geometry, where: str) -> float:
    """How many times the ranks or threads; ConfigError where weak scaling cannot have it."""
    if kind == "strong":
        return workers(member) / workers(base)
    if member.threads != base.threads:
        found = f"{base.threads} and {member.threads} threads"
        known = "work grows with the ranks; threads can scale a given work: strong"
        raise ConfigError(f"{where}: scaling", found, known, "--scaling strong")
    if member.ranks % base.ranks:
        raise ConfigError(
            f"{where}: scaling",
            f"{member.ranks} ranks are no whole multiple of {base.ranks}",
            known="weak scaling grows the work of the smallest number of ranks whole times",
            fix=f"--ranks {','.join(str(base.ranks * one) for one in (1, 2, 4))}",
        )
    return member.ranks / base.ranks


def weak(base: Case, times: float) -> dict[str, Value]:
    """The parameters of a member with so many times the ranks.

    Raises IllegalParameter where the kernel knows no weak scaling.
    """
    kernel = type(base.instance())
    return {**base.parameters, **kernel.weak(base.parameters, int(times))}


def strong(base: Case, given: dict[str, Value], geometry: Geometry) -> dict[str, Value]:
    """The parameters of a member: those of the base as far as its ranks can have them.

    Where they cannot (a grid of ranks), the size, which is a kernel's first parameter, stays, and
    what else was chosen by ``auto`` is chosen anew. `Kernel.threaded` is told of the threads.
    """
    kernel = base.instance()
    try:
        kernel.check_geometry(geometry.ranks)
    except IllegalParameter:
        size = next(iter(base.parameters))
        return {**given, size: base.parameters[size]}
    return {**base.parameters, **kernel.threaded(geometry.threads), **given}


def same_work(base: Case, member: Case, where: str) -> None:
    """ConfigError if the work of a strong series grows with its ranks."""
    mine, other = (_work(one) for one in (member, base))
    for name in ("flop", "bytes_moved", "items"):
        if abs(getattr(mine, name) - getattr(other, name)) > 1e-6 * getattr(other, name):
            raise ConfigError(
                f"{where}: scaling",
                f"the work of {base.kernel} grows with its ranks, each has sizes of its own",
                known="strong scaling divides one piece of work among more ranks",
                fix="--scaling weak",
            )


def _work(case: Case) -> Work:
    return _primary(case.instance()).work(case.geometry.ranks)


def _primary(kernel: Kernel[Any]) -> Phase[Any]:
    return next(phase for phase in kernel.phases() if phase.name == kernel.primary)
