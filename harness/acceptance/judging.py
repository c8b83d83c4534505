"""From measurements to verdicts, with all that is known beside them: contract, baseline, nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.config import baseline
from harness.config import contract as contracts
from harness.config.baseline import Baseline
from harness.config.cluster import Node
from harness.config.contract import Contract
from harness.errors import ConfigError
from harness.judge.fleet import baselines, table, verdict
from harness.judge.fleet.file import Read
from harness.judge.fleet.kinds import Blocks
from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.verdict import Anchors, Judged
from harness.judge.fleet.views import Stored
from harness.reference import anchors


@dataclass(frozen=True)
class Known:
    """What is known beside the measurements. nodes : that must be there.

    site : the contract of cluster.yaml and where it stands, taken where no other is given; node :
    of the partition, for what is promised of a core or a watt; blocks : the nodes of each switch,
    as cluster.yaml names them.
    """

    contract: Path | None = None
    baseline: Path | None = None
    nodes: tuple[str, ...] = ()
    site: tuple[Contract, str] | None = None
    node: Node | None = None
    blocks: Blocks = field(default_factory=dict)


@dataclass(frozen=True)
class Verdicts:
    """sources : of each metric where its absolute anchor is from; pairs : of nodes, as measured."""

    found: Judged
    sources: dict[str, str]
    pairs: Pairs | None = None


class Judge:
    """Contract and baseline, read once; ConfigError if they cannot be."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.promised: Contract | None = known.site[0] if known.site else None
        self.where = known.site[1] if known.site else ""
        if known.contract:
            self.promised, self.where = contracts.load(known.contract), str(known.contract)
        self._level = baseline.load(known.baseline) if known.baseline else None

    def __call__(self, read: Read, environment: str = "", *, final: bool = True) -> Verdicts:
        """Judge. environment : hardware key of the nodes, "" where it is not told.

        final : with every metric and node that is expected; else what has been measured so far.
        """
        known, promised, level = self._known, self.promised, self._level
        metrics = read.table.metrics + (read.pairs.table.metrics if read.pairs else ())
        absolute = (
            anchors.of_contract(promised, metrics, self.where, known.node) if promised else {}
        )
        if level:
            _same_class(level.environment, environment, str(known.baseline))
        stored = _stored(level, metrics, known.baseline)
        whole = _complete(read, promised, level, known.nodes) if final else read.table
        found = verdict.judged(
            whole, Anchors(absolute, stored), pairs=read.pairs, blocks=known.blocks
        )
        sources = {name: one.source for name, one in absolute.items()}
        return Verdicts(found, sources, read.pairs)


def _same_class(stored: str, measured: str, where: str) -> None:
    """ConfigError if both are known, and differ."""
    if stored and measured and stored != measured:
        raise ConfigError(
            f"{where}: environment",
            f"is {stored}; most of the nodes are {measured}",
            fix="`qyran baseline make` for this class of nodes",
        )


def _stored(
    level: Baseline | None, metrics: tuple[Metric, ...], path: Path | None
) -> dict[str, Stored]:
    """The stored levels; ConfigError if a metric has another unit or direction there."""
    if level is None:
        return {}
    for one in metrics:
        known = level.metrics.get(one.name)
        if known and (known.unit, known.better) != (one.unit, one.better):
            raise ConfigError(
                f"{path}: metrics.{one.name}",
                f"is in {known.unit}, better {known.better}; it was measured in {one.unit}, "
                f"better {one.better}",
            )
    return baselines.stored(level, str(path))


def _complete(
    read: Read, promised: Contract | None, level: Baseline | None, nodes: tuple[str, ...]
) -> Measurements:
    """With every metric and every node that is expected: none may be forgotten."""
    levels = level.metrics if level else {}
    promises = promised.of_nodes if promised else {}
    metrics = [Metric(name, one.unit, one.better) for name, one in levels.items()]
    metrics += [Metric(name, "1", one.better) for name, one in promises.items()]
    of_pairs = {one.name for one in read.pairs.table.metrics} if read.pairs else set()
    return table.wanting(read.table, [one for one in metrics if one.name not in of_pairs], nodes)
