"""`qyran doctor` and `qyran init`: this machine and its cluster.yaml."""

from __future__ import annotations

from pathlib import Path

from harness import ranks
from harness.commands import output
from harness.config import cluster as clusters
from harness.errors import ConfigError
from harness.machine import run_checks
from harness.machine.doctor import examine, worst
from harness.machine.node import NodeFacts, detect
from harness.outcome import GOOD, NOT_MEASURED
from harness.plan.case import Geometry
from harness.prepare import Request, allocated
from harness.record.write_once import write_once
from harness.report import terminal, units
from harness.report.doctor_document import DoctorDoc, FindingDoc


def doctor(cluster: str | None, cluster_file: Path | None, results: Path, *, as_json: bool) -> None:
    """Examine this machine; exit 3 if something keeps it from measuring."""
    file, source = clusters.load(cluster_file)
    name, chosen = clusters.choose(file, cluster, source)
    _, partition = chosen.chosen(None, source)
    where = f"{source}: {name}"
    kind, allocation = allocated(Request("doctor"), chosen, partition, where)
    hosts = allocation.hosts if allocation else ()
    findings = examine(
        mpirun=chosen.launcher.mpirun,
        results=results,
        launcher=run_checks.launcher(kind, chosen.launcher.kind, allocation),
        nodes=ranks.asked(chosen.launcher, Geometry(len(hosts), len(hosts), 1), hosts)
        if hosts
        else None,
    )
    status = worst(findings)
    code = NOT_MEASURED if status == "fail" else GOOD
    shown = DoctorDoc(
        status=status,
        exit_code=code,
        findings=[
            FindingDoc(what=one.what, status=one.status, found=one.found, fix=one.fix)
            for one in findings
        ],
    )
    output.show(shown, terminal.doctor(shown), as_json=as_json)
    output.end(code)


def init(path: Path) -> None:
    """Write cluster.yaml for this machine; ConfigError if the file exists."""
    if path.exists():
        raise ConfigError(str(path), "exists already", fix="delete it, or name another file")
    write_once(path, _content(detect()).encode())
    terminal.console().print(f"wrote {path}; `qyran plan quick` shows what it means for a run")


_TEMPLATE = """\
# The clusters of this site. A line that is commented out is detected on the machine itself.
schema: {schema}
default: {name}

clusters:
  {name}:
    title: {title}
    launcher:
      kind: local                # mpirun on this machine
      # mpirun: /opt/openmpi/bin/mpirun   # the site's own; default: the one beside mpi4py
    partitions:
      all:
        nodes: 1
        # interconnect: InfiniBand HDR
        node:
          sockets: {sockets}
          cores: {cores}               # physical cores of the node
          memory: {memory}
          # last_level_cache: {cache}    # sum over the node; STREAM's arrays are four times this
          # flop_rate_peak: 4.6 TF     # cores x clock x flop a cycle; shown beside HPL
          # bandwidth_peak: 409.6 GB/s # channels x transfer rate x 8 B
        # limits:
        #   nodes: 1
        #   time: 24 h
"""


def _content(facts: NodeFacts) -> str:
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in facts.hostname or "laptop")
    return _TEMPLATE.format(
        schema=clusters.SCHEMA,
        name=name,
        title=f'"{facts.cpu_model or "this machine"}"',
        sockets=facts.sockets or 1,
        cores=facts.cores_physical or 1,
        memory=units.binary(facts.memory_B or 2**30),
        cache=units.binary(facts.llc_B or 2**25),
    )
