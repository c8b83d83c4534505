"""Where the measurements of a fleet come from: a file, or recorded runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.commands import output
from harness.config import cluster as clusters
from harness.errors import CannotMeasure, ConfigError
from harness.judge.fleet import file, kinds, links, runs
from harness.judge.fleet import table as tables
from harness.judge.fleet.file import Read
from harness.judge.fleet.kinds import Blocks
from harness.judge.fleet.links import Links
from harness.record import library, selection
from harness.record.recorded import Recorded


@dataclass(frozen=True)
class Source:
    """What was typed: one of a file, and words that select runs of a results folder.

    cluster_file, cluster : where the blocks of the nodes are named, None for the default.
    """

    file: Path | None
    runs: str | None
    results: Path
    cluster_file: Path | None = None
    cluster: str | None = None

    @property
    def words(self) -> str:
        """As it is typed again: ``--from fleet.csv``."""
        return f"--from {self.file}" if self.file else f"--runs {self.runs}"


@dataclass(frozen=True)
class Measured:
    """environment : the hardware key that most nodes have, "" where it is not told.

    blocks : of the nodes of pairs, as cluster.yaml names them.
    """

    read: Read
    environment: str
    blocks: Blocks


def measured(source: Source) -> Measured:
    """The measurements; ConfigError if it is not one source, CannotMeasure if it holds nothing."""
    if (source.file is None) == (source.runs is None):
        raise ConfigError(
            "",
            "give one of --from FILE and --runs RUNS, or nodes to measure",
            fix="qyran accept 'node[001-016]', or --allocation for all of this job",
        )
    if source.file:
        read = file.read(source.file)
        _note_alike(read.table.nodes)
        return Measured(read, "", blocks(source, read))
    return _of_runs(source)


def _note_alike(nodes: Sequence[str]) -> None:
    """A note about names that differ in case alone: host names do not."""
    seen: dict[str, str] = {}
    for one in nodes:
        other = seen.setdefault(one.casefold(), one)
        if other != one:
            output.note(f"{other} and {one} differ in case alone, and are taken for two nodes")


def blocks(source: Source, read: Read, measured_on: str | None = None) -> Blocks:
    """The blocks of the partition that has the most of the nodes of pairs; {} where none has any.

    measured_on : the cluster that runs were recorded on, None where it is not told.
    """
    if read.pairs is None:
        return {}
    known, where = clusters.load(source.cluster_file)
    name = source.cluster or measured_on
    if name is not None and name == measured_on and name not in known.clusters:
        return {}
    _, cluster = clusters.choose(known, name, where)
    nodes = read.table.nodes
    count = {
        one: len(nodes) - kinds.of_nodes(nodes, part.blocks).count(-1)
        for one, part in cluster.partitions.items()
    }
    best = max(count, key=lambda one: count[one], default="")
    return cluster.partitions[best].blocks if count.get(best) else {}


def _of_runs(source: Source) -> Measured:
    words, results = str(source.runs), source.results
    found = library.find(results, selection.parse(words, results))
    for one in found.skipped:
        output.note(f"{one.path}: left out: {one.reason}")
    paired, others = _paired(found.cases)
    single = runs.of_one_node(others)
    if not single and paired is None:
        raise CannotMeasure(
            words,
            f"selects no recorded case that ran on one node, and no pairs of nodes, in {results}",
            fix="`qyran submit SUITE --per-node` measures each node by itself",
        )
    if len(single) < len(others):
        left = len(others) - len(single)
        output.note(f"{left} of {len(others)} cases are not of one known node, and left out")
    keys = runs.keys(single)
    if len(keys) > 1:
        said = ", ".join(f"{key} ({nodes} nodes)" for key, nodes in keys)
        output.note(f"the hardware of the nodes is not the same: {said}")
    read = _read(single, paired)
    apart = blocks(source, read, found.cases[-1].origin.cluster)
    return Measured(read, keys[0][0] if keys else "", apart)


def _paired(cases: Sequence[Recorded]) -> tuple[Links | None, list[Recorded]]:
    """The newest pairs of nodes, and the cases that are none."""
    of_pairs = [one for one in cases if one.kernel == links.KERNEL]
    verified = [one for one in of_pairs if one.metrics]
    if len(verified) > 1:
        output.note(f"of {len(verified)} cases of {links.KERNEL} the newest is taken")
    newest = max(verified, key=lambda one: one.started or 0.0, default=None)
    others = [one for one in cases if one.kernel != links.KERNEL]
    return (links.of_record(newest) if newest else None), others


def _read(single: Sequence[Recorded], paired: Links | None) -> Read:
    """Numbers of nodes, and of pairs of them."""
    table = runs.of_cases(single)
    if paired is None:
        return Read(table, None)
    table = tables.wanting(table, (), paired.nodes)
    return Read(table, paired.among(table.nodes))
