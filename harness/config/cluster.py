"""``cluster.yaml``: the clusters a site has, what their nodes are, and how ranks are started there.

Everything about a node is optional: what is not given is detected on the machine at hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from harness.config import files
from harness.config.contract import Contract
from harness.config.hosts import expand
from harness.config.validate import (
    ByteRate,
    Bytes,
    Count,
    FlopRate,
    Model,
    Seconds,
    Watts,
    validated,
)
from harness.config.yaml_file import read
from harness.errors import ConfigError, unknown

SCHEMA: Final = "qyran.cluster/1"
RECORDED: Final = {"recorded": True}
"""The context in which a cluster is validated that qyran has written into a run.yaml."""


def _words(value: object) -> tuple[str, ...]:
    """One word or a list of them."""
    found = value if isinstance(value, list | tuple) else [value]
    if all(isinstance(one, str) for one in found):
        return tuple(found)
    raise ValueError(f"found {value!r}; write text, or a list of texts")


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


def _hosts(value: object) -> tuple[str, ...]:
    """Names of nodes; ranges such as node[01-16] stand for all of them."""
    return tuple(dict.fromkeys(name for one in _words(value) for name in expand(one)))


Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]


class Node(Model):
    """One node of a partition. ``None`` means: detected where qyran runs."""

    model: str | None = Field(None, description="CPU, as the table of node types knows it")
    sockets: Count | None = Field(None, ge=1, description="processors of the whole node")
    cores: Count | None = Field(None, ge=1, description="physical cores of the whole node")
    memory: Bytes | None = Field(None, gt=0, description="of the whole node")
    last_level_cache: Bytes | None = Field(None, gt=0, description="sum over the node")
    flop_rate_peak: FlopRate | None = Field(None, gt=0, description="FP64, whole node")
    bandwidth_peak: ByteRate | None = Field(None, gt=0, description="memory, whole node")
    power: Watts | None = Field(None, gt=0, description="whole node under load")


class Limits(Model):
    """What a job may ask of a partition."""

    nodes: Count | None = Field(None, ge=1, description="of one job")
    time: Seconds | None = Field(None, gt=0, description="of one job, such as 24 h")


class Network(Model):
    """Between two nodes, as MPI sees it; for `qyran project`, where nothing was measured."""

    latency: Seconds = Field(gt=0, description="half a round trip of a small message")
    bandwidth: ByteRate = Field(gt=0, description="of large messages, one direction, one node")


class Partition(Model):
    """Nodes of one kind."""

    nodes: Count = Field(1, ge=1, description="how many there are")
    hosts: Hosts = Field(
        (), description="names of the nodes, ranges such as node[01-16] among them"
    )
    queue: str | None = Field(None, description="what the batch system calls it [its name here]")
    node: Node = Field(Node(), description="what each of them is")
    interconnect: str | None = Field(None, description="such as InfiniBand HDR")
    network: Network | None = Field(None, description="what it is expected to reach")
    limits: Limits = Field(Limits(), description="of jobs")
    blocks: dict[str, Hosts] = Field(
        default_factory=dict, description="nodes of each switch, rack or island, by its name"
    )

    @model_validator(mode="after")
    def _as_many_names(self, info: ValidationInfo) -> Partition:
        """A node that is missing among ``hosts`` would never be missed.

        A record has all members, and says nothing of who named them.
        """
        named = len(self.hosts)
        typed = "nodes" in self.model_fields_set and info.context is not RECORDED
        if named and typed and self.nodes != named:
            raise ValueError(
                f"nodes: found {self.nodes}, and `hosts` names {named}, each counted once; name "
                "them all, or leave `nodes` out"
            )
        return self

    @model_validator(mode="after")
    def _in_blocks(self) -> Partition:
        """Every node of a block is one of ``hosts``, if they are given, and in no other block."""
        seen: dict[str, str] = {}
        for block, names in self.blocks.items():
            if not names:
                raise ValueError(f"blocks: {block} has no nodes")
            unknown_ = [one for one in names if self.hosts and one not in self.hosts]
            if unknown_:
                known = f"{self.hosts[0]} to {self.hosts[-1]}"
                raise ValueError(f"blocks: {block}: {unknown_[0]!r} is none of `hosts` ({known})")
            for one in names:
                if one in seen:
                    raise ValueError(f"blocks: {one!r} is in {seen[one]} and in {block}")
                seen[one] = block
        if len(seen) > max(self.nodes, len(self.hosts)):
            raise ValueError(f"blocks: name {len(seen)} nodes, the partition has {self.nodes}")
        return self

    def groups(self, nodes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Of each block those of these nodes that it has, in their order; none without any."""
        found = {
            block: tuple(one for one in nodes if one in names)
            for block, names in self.blocks.items()
        }
        return {block: names for block, names in found.items() if names}


def _pattern(value: object) -> str:
    """A regular expression."""
    if not isinstance(value, str):
        raise ValueError(f"found {value!r}; write a regular expression")
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    return value


Pattern = Annotated[str, BeforeValidator(_pattern)]


class Commands(Model):
    """The batch system of `kind: script`, each command as a list of words.

    The word ${script} stands for the path of the script, which is on the standard input of
    ``submit`` too; ${jobs} for the ids of jobs, a word each.
    """

    submit: Words = Field(min_length=1, description="puts a job into the queue")
    job_id: Pattern = Field(r"(\S+)\s*$", description="what `submit` prints; group 1 is the id")
    status: Words = Field((), description="prints a line for each job")
    state: Pattern = Field(
        r"^\s*(?P<job>\S+)\s+(?P<word>\S+)", description="a line of it, with groups job and word"
    )
    queued: Words = Field((), description="words of `state` for jobs that wait")
    running: Words = Field((), description="words of `state` for jobs that run")
    ended: Words = Field((), description="words of `state` for jobs that have ended")
    cancel: Words = Field((), description="takes jobs out of the queue, or ends them")

    @model_validator(mode="after")
    def _groups(self) -> Commands:
        if not re.compile(self.job_id).groups:
            raise ValueError(f"job_id: {self.job_id!r} has no group (...) for the id")
        if not {"job", "word"} <= set(re.compile(self.state).groupindex):
            raise ValueError(f"state: {self.state!r} has no groups (?P<job>...) and (?P<word>...)")
        return self


class Launcher(Model):
    """How ranks are started; ``kind`` is one of the launchers that `harness.launch` lists."""

    kind: str = Field("local", description="local, hostfile, slurm, pbs or script")
    mpirun: str | None = Field(None, description="path of the site's own mpirun, or srun")
    agent: Words = Field((), description="the remote shell of mpirun, as a list of words")
    options: Words = Field((), description="further options of mpirun or srun")
    submit: Words = Field((), description="further directives of a batch script")
    prologue: Words = Field((), description="lines of shell that begin a batch script")
    template: str | None = Field(None, description="the batch script of `kind: script`")
    commands: Commands | None = Field(None, description="the batch system of `kind: script`")
    pending: Count = Field(20, ge=1, description="jobs that may wait in the queue at once")
    grace: Seconds = Field(60.0, ge=0, description="how long a job may be gone without its end")


class Cluster(Model):
    """One machine: laptop, workstation or supercomputer."""

    title: str = Field("", description="what the machine is, in a line")
    planned: bool = Field(False, description="not there yet: it is planned for, nothing runs")
    launcher: Launcher = Field(Launcher(), description="how ranks are started on it")
    contract: Contract | None = Field(None, description="what the nodes, and all, must reach")
    partition: str | None = Field(None, description="the partition used by default")
    partitions: dict[str, Partition] = Field(
        default_factory=lambda: {"all": Partition()}, description="its parts, by their names"
    )

    def chosen(self, name: str | None, where: str) -> tuple[str, Partition]:
        """The partition of that name, or the default one; ConfigError if there is none."""
        wanted = name or self.partition or next(iter(self.partitions), "")
        if wanted not in self.partitions:
            raise unknown(where, "partition", wanted, self.partitions)
        return wanted, self.partitions[wanted]


class ClusterFile(Model):
    """The whole of ``cluster.yaml``."""

    schema_id: str = Field(SCHEMA, alias="schema", description="what kind of file this is")
    default: str = Field(description="the cluster that is meant where none is named")
    clusters: dict[str, Cluster] = Field(min_length=1, description="machines, by their names")


def load(path: Path | None = None) -> tuple[ClusterFile, str]:
    """Read cluster.yaml (given, in the working folder, or the shipped one) and say where from."""
    found = files.cluster_file(path)
    document = read(found, anew="qyran init")
    return validated(ClusterFile, document, SCHEMA), document.name


def choose(file: ClusterFile, name: str | None, where: str) -> tuple[str, Cluster]:
    """The cluster of that name, or the default; ConfigError lists the known ones."""
    wanted = name or file.default
    if wanted not in file.clusters:
        raise unknown(where, "cluster", wanted, file.clusters, _shipped(wanted))
    return wanted, file.clusters[wanted]


def _shipped(name: str) -> str:
    """How to name a cluster of the shipped file, which is not read beside another; else empty."""
    path = files.shipped("cluster.yaml")
    known = validated(ClusterFile, read(path), SCHEMA).clusters
    return f"--cluster-file {path} has it, the file that qyran ships" if name in known else ""


def refuse_planned(name: str, cluster: Cluster, where: str) -> None:
    """A planned machine can be planned for, but nothing runs on it yet."""
    if cluster.planned:
        raise ConfigError(
            where,
            f"cluster {name!r} is marked 'planned: true': it does not exist yet",
            fix=f"`qyran plan SUITE --cluster {name}` works; when the machine has arrived, "
            "delete 'planned: true'",
        )
