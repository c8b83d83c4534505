"""The energy of this node between two moments, from the finest source that can be read."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from harness.machine.energy import sources
from harness.machine.energy.counter import Counter
from harness.machine.tree import Tree, Unavailable

Reading = tuple[float, ...]
"""All counters of a node at one moment, J."""


@cache
def names() -> tuple[str, ...]:
    """The kinds of counters that are looked for."""
    files = Path(next(iter(sources.__path__))).glob("[a-z]*.py")
    return tuple(sorted(path.stem for path in files))


class Meter:
    """The counters of one node, all of one source.

    source : its name; domains : what they count; resolution_s : below which a difference is none.
    """

    def __init__(self, source: str, counters: tuple[Counter, ...]) -> None:
        self.source = source
        self.domains = tuple(one.domain for one in counters)
        self.resolution_s = max(one.resolution_s for one in counters)
        self._counters = counters

    def read(self) -> Reading:
        """All counters now. Unavailable if one of them cannot be read."""
        return tuple(one.read_J() for one in self._counters)

    def between_J(self, before: Reading, after: Reading, window_s: float) -> float:
        """What the node used between two readings so far apart, over all domains."""
        each = zip(self._counters, before, after, strict=True)
        return sum(one.between_J(first, last, window_s) for one, first, last in each)


def found(root: Path = Path("/")) -> Meter:
    """The finest meter of this node. Unavailable, with all reasons, if no source can be read."""
    tree, reasons, meters = Tree(root), [], []
    for name in names():
        module = import_module(f"{sources.__name__}.{name}")
        try:
            meter = Meter(name, tuple(module.counters(tree)))
            meter.read()
        except Unavailable as why:
            reasons.append(f"{name}: {why}")
        else:
            meters.append(meter)
    if not meters:
        raise Unavailable("; ".join(reasons))
    return min(meters, key=lambda one: one.resolution_s)
