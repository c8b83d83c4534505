"""The system: what was measured on, and where it stands in the TOP500."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.report import units
from harness.report.html.charts import chart
from harness.report.html.content import Block, Cell, Section, Table
from harness.report.plots.kinds import top500
from harness.report.rank_document import AgainstDoc, RankDoc
from harness.report.report_document import ReportDoc

ORDER: Final = 20


def section(report: ReportDoc) -> Section | None:
    """Processor, memory, software of the run; lists and named systems beside its HPL result."""
    if report.run is None:
        return None
    facts = [("cluster", report.run.cluster), *_machine(report.environment)]
    blocks = [Block(facts=facts)]
    if report.run.standing:
        blocks.append(_standing(report.run.standing))
    return Section("system", "System", blocks)


def _machine(environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    hard = environment.get("hardware") or {}
    soft = environment.get("software") or {}
    mpi = soft.get("mpi") or {}
    numbers = {
        "socket": hard.get("sockets"),
        "core": hard.get("cores_physical"),
        "NUMA node": hard.get("numa_nodes"),
    }
    memory = hard.get("memory_B")
    pages = hard.get("transparent_huge_pages")
    found = {
        "processor": hard.get("cpu_model"),
        "sockets, cores, NUMA": ", ".join(
            units.counted(n, name) for name, n in numbers.items() if n
        ),
        "vectors": f"{hard.get('simd') or ''} ({hard['vector_bits']} bits)"
        if hard.get("vector_bits")
        else None,
        "caches": ", ".join(_caches(hard.get("caches") or ())),
        "memory": f"{units.binary(memory)} a node" if memory else None,
        "accelerators": ", ".join(map(str, hard.get("gpus") or ())),
        "interconnect": ", ".join(map(str, hard.get("interconnects") or ())),
        "MPI": mpi.get("text") or " ".join(str(mpi.get(x) or "") for x in ("flavour", "version")),
        "BLAS": soft.get("blas_build"),
        "Linux": hard.get("kernel"),
        "huge pages": pages,
        "governor": hard.get("governor"),
        "virtual machine": "yes" if hard.get("virtualised") else None,
    }
    said = ((name, str(value or "").strip()) for name, value in found.items())
    yield from (one for one in said if one[1])


def _caches(listed: Any) -> Iterator[str]:
    """``L2 2.00 MiB of 1 thread``: data and unified ones. Another tool's file has a text."""
    if isinstance(listed, str):
        yield listed
        return
    for one in listed:
        if one.get("kind") != "instruction" and one.get("size_B"):
            shared = units.counted(one.get("threads") or 1, "thread")
            yield f"L{one['level']} {units.binary(one['size_B'])} of {shared}"


def _standing(rank: RankDoc) -> Block:
    text = [f"HPL {units.si(rank.rmax, rank.unit)}: {rank.sentence}."]
    if rank.newest.factor_to_enter:
        times = _times(rank.newest.factor_to_enter)
        text.append(f"The last system of {rank.newest.list} has {times} times this result.")
    tables = [_against(rank.against)] if rank.against else []
    drawn = top500.numbers(rank.rmax, "this system")
    return Block(
        "Place in the TOP500", "standing", text, tables, [chart("top500", drawn, "top500")]
    )


def _times(factor: float) -> str:
    """Three digits, written out: ``87,700``."""
    return units.digits(factor) if factor < 1000.0 else f"{float(f'{factor:.3g}'):,.0f}"


def _against(systems: list[AgainstDoc]) -> Table:
    columns = ("system", "country", "list", "rank", "this / it", "in words", "data")
    rows = [
        [
            Cell(one.system),
            Cell(one.country),
            Cell(one.list or "-", kind="nowrap"),
            Cell("-" if one.rank is None else str(one.rank), one.rank),
            Cell("-" if one.ratio is None else f"{one.ratio:.3g}", one.ratio),
            Cell(one.phrase),
            Cell(one.status, title=one.status_means),
        ]
        for one in systems
    ]
    return Table(columns, rows, frozenset({3, 4}), "Beside named systems", sortable=False)
