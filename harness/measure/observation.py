"""What the journal of one launch says about one case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness.measure import evidence, hosts, placement
from harness.measure.evidence import Evidence
from harness.measure.hosts import Hosts
from harness.measure.journal import DAMAGED, Event
from harness.measure.placement import Place
from kernels.contract import Check, Value


@dataclass
class Observation:
    """One case in one launch, filled event by event. Times in s.

    samples : [repetition][phase][rank]; warm_up : [phase][rank]; parts : seconds
    [repetition]{part: [rank]}; splits : seconds [repetition]{part: [rank][step]}; series :
    [repetition]{name: [step]}; timelines : [repetition] `timeline.Timeline.reduced`; calls :
    [repetition]{phase: `timing.STATISTICS`}. Of a program one number stands for all its ranks;
    printed : its output; facts : what was read in it. mpi_settings : what the MPI library of the
    ranks was told, by control variable. energy : of each repetition as `rank` reports it, and
    energy_nodes : what each node can read; accounted : what the batch system says of the whole
    launch. host_facts, host_states : what `hosts.Witness` wrote, the states by when. command :
    what started the ranks, as the driver tells. wrong : answers, as they were found, whether the
    case came to its end or not. damaged : a line of the journal cannot be read.
    """

    case: str
    places: tuple[Place, ...] = ()
    mpi_settings: dict[str, Value] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    host_facts: dict[str, Any] | None = None
    host_states: dict[str, dict[str, Any]] = field(default_factory=dict)
    began: float | None = None
    ended: float | None = None
    compile_s: float | None = None
    setup_s: float | None = None
    verify_s: float | None = None
    warm_up: list[list[float]] = field(default_factory=list)
    samples: list[list[list[float]]] = field(default_factory=list)
    parts: list[dict[str, list[float]]] = field(default_factory=list)
    splits: list[dict[str, list[list[float]]]] = field(default_factory=list)
    series: list[dict[str, list[float]]] = field(default_factory=list)
    timelines: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, list[float]]] = field(default_factory=list)
    energy_nodes: list[dict[str, Any]] = field(default_factory=list)
    energy: list[dict[str, Any]] = field(default_factory=list)
    accounted: dict[str, Any] | None = None
    stopped: str | None = None
    check: Check | None = None
    wrong: list[Evidence] = field(default_factory=list)
    peak_memory_B: tuple[int, ...] = ()
    damaged: bool = False
    printed: str | None = None
    facts: dict[str, Value] = field(default_factory=dict)

    @property
    def hosts(self) -> Hosts:
        """The hosts it ran on; those of a program, and of older journals, say nothing."""
        before, after = (self.host_states.get(when) for when in ("before", "after"))
        return hosts.of_events(self.host_facts, before, after, self.command)

    def take(self, event: Event) -> None:
        """Learn from one event of this case."""
        self.wrong += evidence.of_event(event)
        match event["event"]:
            case "case":
                self.began = event["time"]
            case "compiled":
                self.compile_s = event["seconds"]
            case "ready":
                self.setup_s = event["seconds"]
            case "state":
                self.host_states[event["when"]] = event["hosts"]
            case "warm-up":
                self.warm_up = event["seconds"]
            case "sample":
                self.samples.append(event["seconds"])
                self.parts.append(event["parts"])
                self.splits.append(event.get("splits", {}))  # nor has an older journal any
                self.series.append(event["series"])
                self.timelines.append(event.get("timeline", {}))  # nor this
                self.calls.append(event["calls"])
                self.energy.append(event.get("energy", {}))  # a program has none
                self.stopped = event["stop"]
            case "verified":
                self.check = Check(event["what"], event["error"], event["tolerance"])
                self.verify_s = event.get("seconds")
            case "end":
                self.peak_memory_B = tuple(event["peak_memory_B"])
                self.ended = event["time"]
            case _:
                self._take_of_program(event)

    def _take_of_program(self, event: Event) -> None:
        match event["event"]:
            case "printed":
                self.printed = event["text"]
            case "parsed":
                self.facts = event["facts"]


class Launched:
    """All cases of one launch, as far as its journal tells."""

    def __init__(self) -> None:
        self.places: tuple[Place, ...] = ()
        self.mpi_settings: dict[str, Value] = {}
        self.energy_nodes: list[dict[str, Any]] = []
        self.host_facts: dict[str, Any] | None = None
        self.cases: dict[str, Observation] = {}
        self.running: Observation | None = None
        self.finished = False
        self.events = 0

    def account(self, energy: dict[str, Any] | None) -> None:
        """Keep what the batch system says; of a launch of several cases nobody knows the parts."""
        for one in self.cases.values():
            if energy is not None and len(self.cases) > 1:
                energy = {**energy, "joules": None, "unknown": "several cases shared the launch"}
            one.accounted = energy

    def has_finished(self, case: str) -> bool:
        """Whether the ranks came to the end of this case, and all that they said is known."""
        seen = self.cases.get(case)
        return seen is not None and seen.ended is not None and not seen.damaged

    def started_by(self, command: Iterable[str]) -> None:
        """Say what started the ranks: no journal tells."""
        for seen in self.cases.values():
            seen.command = tuple(command)

    def take(self, events: Iterable[Event]) -> None:
        """Learn from more events."""
        for event in events:
            self.events += 1
            self._take(event)

    def _take(self, event: Event) -> None:
        match event["event"]:
            case "placement":
                self.places = _places(event["ranks"])
                self.mpi_settings = event.get("mpi_settings", {})  # a program starts no MPI
                self.host_facts = event.get("hosts")
            case "energy":
                self.energy_nodes = event["nodes"]
            case "finished":
                self.finished = True
            case _ if event["event"] == DAMAGED and self.running is not None:
                self.running.damaged = True
            case "case":
                self.running = Observation(
                    event["case"],
                    places=self.places,
                    mpi_settings=self.mpi_settings,
                    energy_nodes=self.energy_nodes,
                    host_facts=self.host_facts,
                )
                self.cases[event["case"]] = self.running
        if self.running is not None and event.get("case") == self.running.case:
            self.running.take(event)
        if event["event"] == "end":
            self.running = None


def _places(ranks: list[dict[str, Any]]) -> tuple[Place, ...]:
    return tuple(placement.from_dict(one) for one in ranks)
