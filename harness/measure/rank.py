"""What each rank does with a batch: compile, set up, warm up, repeat, verify, case after case.

The times of a phase are taken by every rank for itself, between a barrier and its own end; the
journal holds them all, and the maximum over ranks is formed where results are read.
"""

from __future__ import annotations

import gc
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.measure import evidence, mpi_settings, peak, placement, stopping
from harness.measure.batch import Batch
from harness.measure.energy import Gauge
from harness.measure.hosts import Witness
from harness.measure.journal import Writer
from harness.measure.timeline import Timeline
from harness.measure.timing import timed, timed_calls
from harness.measure.watch import Stopwatch
from harness.plan.case import Case
from kernels import listing
from kernels.contract import Kernel, Phase

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm


_GARBAGE: Final = 50_000
"""Objects after which Python looks for garbage while it loads; 700 otherwise."""


class WrongWorldError(RuntimeError):
    """The ranks do not see each other: the launcher belongs to another MPI than mpi4py."""


class Reporter:
    """The journal on rank 0, nothing on the others."""

    def __init__(self, writer: Writer | None) -> None:
        self._writer = writer

    def __call__(self, event: str, **facts: Any) -> None:
        """Write one event, if this is rank 0."""
        if self._writer is not None:
            self._writer.write(event, **facts)


def run(batch: Batch, comm: Intracomm) -> None:
    """Measure all cases of a batch. Collective. Raises WrongWorldError on another world size."""
    expected = batch.cases[0].geometry.ranks
    if comm.size != expected:
        raise WrongWorldError(f"asked for {expected} ranks, MPI_COMM_WORLD has {comm.size}")
    writer = Writer(batch.journal) if comm.rank == 0 else None
    report = Reporter(writer)
    with _loading():
        witness = _report_places(comm, report)
    gauge = Gauge(comm, platform.node())
    report("energy", nodes=gauge.about)
    for case in batch.cases:
        report("case", case=case.id)
        _measure(case, comm, report, witness, gauge)
        gc.collect()
    report("finished")
    if writer is not None:
        writer.close()


@contextmanager
def _loading() -> Iterator[None]:
    """Look for garbage seldom: modules stay, and to look through them is a seventh of loading."""
    usual = gc.get_threshold()
    gc.set_threshold(_GARBAGE, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _report_places(comm: Intracomm, report: Reporter) -> Witness:
    from mpi4py import MPI

    library = " ".join(MPI.Get_library_version().strip("\0\n ").splitlines()[0].split())
    library = library.split(",")[0]
    places = comm.gather(placement.as_dict(placement.mine(comm.rank, library)))
    clock = time.get_clock_info("perf_counter")
    facts = {"clock": clock.implementation, "resolution_s": clock.resolution}
    if comm.rank == 0:
        facts["mpi_settings"] = mpi_settings.read()
    witness = Witness(comm, places)
    report("placement", ranks=places, hosts=witness.facts(), **facts)
    return witness


def _measure(case: Case, comm: Intracomm, report: Reporter, witness: Witness, gauge: Gauge) -> None:
    kernel = case.instance()
    with _loading():
        seconds = _compile(case.kernel, comm)
    report("compiled", case=case.id, seconds=seconds)
    gc.freeze()  # modules stay: collecting before each repetition need not visit them
    peak.forget()
    began = time.perf_counter()
    state = kernel.setup(comm)
    watch = _watch(case, comm, report)
    kernel.watch(state, watch)
    comm.Barrier()
    report("ready", case=case.id, seconds=time.perf_counter() - began)
    report("state", case=case.id, when="before", hosts=witness.state())
    running = Running(kernel, kernel.phases(), state, watch, gauge, witness.names)
    _repeat(case, running, comm, report, began)
    report("state", case=case.id, when="after", hosts=witness.state())
    began_check = time.perf_counter()
    check = kernel.verify(state, comm)
    report(
        "verified",
        case=case.id,
        what=check.what,
        error=check.error,
        tolerance=check.tolerance,
        seconds=time.perf_counter() - began_check,
        **_wrong(comm.gather(kernel.found(state)), witness.names),
    )
    report("end", case=case.id, peak_memory_B=comm.gather(peak.peak_memory_B()))


def _compile(kernel: str, comm: Intracomm) -> float:
    """Import the compiled half; one rank of each node first, so that it compiles once a node.

    Seconds until all ranks have it.
    """
    from mpi4py import MPI
    from numba.core.registry import cpu_target

    began = time.perf_counter()
    node = comm.Split_type(MPI.COMM_TYPE_SHARED)
    if node.rank == 0:
        listing.part(kernel, "cpu")
    else:  # meanwhile: most of what loading compiled code takes is to make Numba ready for it
        cpu_target.target_context.refresh()
    node.Barrier()
    listing.part(kernel, "cpu")
    node.Free()
    comm.Barrier()
    return time.perf_counter() - began


def _watch(case: Case, comm: Intracomm, report: Reporter) -> Stopwatch:
    """The watch of this rank; that of rank 0 reports progress."""

    def tell(done: int, total: int, share: float, seconds: float) -> None:
        report("progress", case=case.id, done=done, total=total, share=share, seconds=seconds)

    timeline = Timeline() if listing.load(case.kernel).timeline else None
    return Stopwatch(tell if comm.rank == 0 else None, timeline)


@dataclass(frozen=True)
class Running:
    """A kernel that is set up, its phases, the watch it tells what happens inside, the gauge.

    hosts : [rank] on rank 0, () elsewhere.
    """

    kernel: Kernel[Any]
    phases: tuple[Phase[Any], ...]
    state: Any
    watch: Stopwatch
    gauge: Gauge
    hosts: tuple[str, ...]


def _repeat(case: Case, running: Running, comm: Intracomm, report: Reporter, began: float) -> None:
    """One warm-up, then repetitions until the stopping rule ends them; rank 0 decides."""
    primary = [phase.name for phase in running.phases].index(running.kernel.primary)
    rule = stopping.rule(case)
    seen = _once(running, comm)
    wrong = {name: seen[name] for name in ("wrong",) if name in seen}
    report("warm-up", case=case.id, seconds=seen.get("seconds"), **wrong)
    started_s = time.perf_counter() - began
    samples: list[float] = []
    reason = None
    while reason is None:
        seen = _once(running, comm)
        if comm.rank == 0:
            samples.append(max(seen["seconds"][primary]))
            reason = rule.reason(samples, started_s, time.perf_counter() - began)
            report("sample", case=case.id, stop=reason, **seen)
        reason = comm.bcast(reason)


def _once(running: Running, comm: Intracomm) -> dict[str, Any]:
    """One repetition as rank 0 sees it, empty elsewhere.

    seconds : [phase][rank]; calls : {phase: `timing.STATISTICS`}; parts : seconds {part: [rank]};
    splits : {part: [rank][step]}; series : {name: [step]} of rank 0; timeline : `Timeline.reduced`,
    where the kernel has one; wrong : evidence, where there is any; energy : where a node has
    counters, ``J`` [phase][node] and ``window_s`` [phase].
    """
    state, watch, gauge = running.state, running.watch, running.gauge
    mine: list[float] = []
    joules: list[float | None] = []
    windows_s: list[float] = []
    calls: dict[str, list[float]] = {}
    running.kernel.prepare(state)
    watch.reset()
    gc.collect()
    gc.disable()
    try:
        for phase in running.phases:
            gauge.begin()
            if phase.calls == 1:
                mine.append(timed(phase, state, watch, comm))
            else:
                median, calls[phase.name] = timed_calls(phase, state, watch, comm)
                mine.append(median)
            joules.append(gauge.end())
            windows_s.append(gauge.window_s())
    finally:
        gc.enable()
    energy = {"J": gauge.gathered(joules), "window_s": windows_s} if gauge.active else {}
    timeline = watch.timeline.reduced(comm) if watch.timeline is not None else {}
    gathered = comm.gather((mine, watch.parts, watch.splits, running.kernel.found(state)))
    if gathered is None:
        return {}
    names = dict.fromkeys(name for _, parts, _, _ in gathered for name in parts)
    kept = dict.fromkeys(name for _, _, splits, _ in gathered for name in splits)
    return {
        "seconds": [list(ranks) for ranks in zip(*(one for one, *_ in gathered), strict=True)],
        "calls": calls,
        "parts": {name: [parts.get(name, 0.0) for _, parts, *_ in gathered] for name in names},
        "splits": {name: [splits.get(name, []) for _, _, splits, _ in gathered] for name in kept},
        "series": watch.series,
        "timeline": timeline,
        "energy": energy,
        **_wrong([found for *_, found in gathered], running.hosts),
    }


def _wrong(told: list[Sequence[str]] | None, hosts: Sequence[str]) -> dict[str, Any]:
    """What ranks have found to be wrong, on rank 0; nothing where all is well."""
    found = evidence.gathered(told or (), hosts)
    return {"wrong": found} if found else {}
