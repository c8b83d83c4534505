"""What the tests of the harness share: examples of cases, results and runs."""

from __future__ import annotations

import time
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings

from harness.judge import verdict
from harness.measure.placement import Place
from harness.outcome import Outcome
from harness.plan.case import Case, Geometry
from harness.record.result import CaseResult, Run, Samples, Times
from kernels import listing
from kernels.contract import (
    BANDWIDTH,
    FLOP_RATE,
    LATENCY,
    MESSAGE_RATE,
    Check,
    Kernel,
    Metric,
    Phase,
    Point,
    Work,
    parameter,
    values,
)

# The same examples on every machine, however busy it is.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

Launches = list[list[list[float]]]
TWO_RANKS = Geometry(1, 2, 1)


SIZES_B = (2**15, 2**20, 2**26)
MESSAGES_B = (0, 8, 4096)


@dataclass(frozen=True, kw_only=True)
class Curved(Kernel[None]):
    """Peaks, two curves of bandwidth, and one of several metrics and calls."""

    title: ClassVar[str] = "points on curves"
    verification: ClassVar[str] = "none"
    primary: ClassVar[str] = "fma_float64"

    n: int = parameter(8, unit="1", help="of nothing", minimum=1)

    def check_geometry(self, ranks: int) -> None:
        """Any."""

    def memory_B(self, ranks: int) -> int:
        """The largest set."""
        return SIZES_B[-1]

    def phases(self) -> tuple[Phase[None], ...]:
        """1 and 2 Gflop a rank; 1 GB a rank; 2 messages."""
        return (
            self._phase("fma_float64", FLOP_RATE, Work(flop=1e9)),
            self._phase("fma_float32", FLOP_RATE, Work(flop=2e9)),
            *(self._sweep("load", one, Work(bytes_read=1e9)) for one in SIZES_B[::-1]),
            *(self._sweep("copy", one, self._copied(one)) for one in SIZES_B),
            *(self._ping(one) for one in MESSAGES_B),
        )

    def _sweep(self, curve: str, set_B: int, work: Work) -> Phase[None]:
        point = Point(curve, "working set", set_B, "B")
        return self._phase(f"{curve}_{set_B // 1024}KiB", BANDWIDTH, work, point=point)

    def _copied(self, set_B: int) -> Work:
        hidden_B = 5e8 if set_B > 2**25 else 0.0
        return Work(bytes_read=5e8, bytes_written=5e8, bytes_hidden=hidden_B)

    def _ping(self, size_B: int) -> Phase[None]:
        return Phase(
            f"ping_{size_B}B",
            LATENCY,
            lambda state: None,
            lambda ranks: Work(messages=2.0),
            also=(MESSAGE_RATE,),
            point=Point("ping", "message", size_B, "B"),
            calls=100 if size_B < 4096 else 1,
        )

    def _phase(self, name: str, metric: Metric, work: Work, **more: Any) -> Phase[None]:
        def of_all(ranks: int) -> Work:
            return Work(**{one: ranks * value for one, value in asdict(work).items()})

        return Phase(name, metric, lambda state: None, of_all, **more)

    def setup(self, comm: Any) -> None:
        """Nothing."""

    def verify(self, state: None, comm: Any) -> Check:
        """Nothing."""
        return Check("nothing", 0.0, 1.0)


class Made:
    """Makes examples; what matters for a test is given, the rest is ordinary."""

    def case(
        self,
        kernel: str = "stream",
        given: dict[str, Any] | None = None,
        geometry: Geometry = TWO_RANKS,
        **fields: Any,
    ) -> Case:
        loaded = listing.load(kernel)
        chosen = {"n": 4096} if given is None else given
        fitted = loaded.fit(chosen, memory_B=2**30, llc_B=2**20, ranks=geometry.ranks)
        whole = values(loaded(**{**fitted, **chosen}))
        made = Case(
            kernel=kernel,
            version=loaded.version,
            parameters=whole,
            geometry=geometry,
            repetitions=None,
            launches=1,
            budget_s=300.0,
            memory_B=2**20,
            estimated_s=1.0,
            fitted=tuple(fitted),
        )
        return replace(made, **fields)

    def place(self, rank: int, **fields: Any) -> Place:
        """A rank bound to the core of its number."""
        made = Place(
            rank=rank,
            host="node1",
            pid=100 + rank,
            cpus=(rank,),
            numa=(0,),
            threads=1,
            blas="openblas 0.3.30 Zen",
            blas_threads=1,
            mpi="Open MPI v5.0.11",
        )
        return replace(made, **fields)

    def samples(self, seconds: Launches) -> Samples:
        """[launch][repetition][rank] as the record holds it."""
        return Samples(
            seconds=tuple(tuple(tuple(ranks) for ranks in launch) for launch in seconds),
            warm_up=tuple(tuple(0.5 for _ in launch[0]) for launch in seconds if launch),
        )

    def raw(self, case: Case, seconds: Launches, **fields: Any) -> CaseResult:
        """A case whose ranks came to their end, before it is judged; each phase as long."""
        names = [phase.name for phase in case.instance().phases()]
        made = CaseResult(
            case=case,
            outcome=Outcome.PASS,
            check=Check("largest error", 1e-16, 1e-13),
            samples={name: self.samples(seconds) for name in names},
            times=Times((1.5,) * len(seconds), (0.2,) * len(seconds), (0.1,) * len(seconds)),
            stopped=("converged",) * len(seconds),
            places=(tuple(self.place(rank) for rank in range(case.geometry.ranks)),) * len(seconds),
            peak_memory_B=((2**27,) * case.geometry.ranks,) * len(seconds),
            started=1.8e9,
            ended=1.8e9 + 12.5,
        )
        return replace(made, **fields)

    def result(self, case: Case | None = None, seconds: Launches | None = None) -> CaseResult:
        """A judged result that passed."""
        six = [[[0.01 * (10 + i), 0.01 * (9 + i)] for i in range(6)]]
        return verdict.judged(self.raw(case or self.case(), seconds or six), oversubscribe=False)

    def failed(self, case: Case | None = None, outcome: Outcome = Outcome.KILLED) -> CaseResult:
        """A case that ended before its first repetition."""
        made = CaseResult(case or self.case(), outcome, "a rank was killed by SIGKILL")
        return verdict.judged(made, oversubscribe=False)

    def run(self, folder: Path, suite: str = "quick", cluster: str = "laptop") -> Run:
        """A run below a results folder; its folder is not made yet."""
        name = f"20261123T191500Z-{suite}-{zlib.crc32(cluster.encode()) % 16**6:06x}"
        return Run(
            id=name,
            path=str(folder / cluster / name),
            cluster=cluster,
            suite=suite,
            title="a title: with a colon",
            command=("qyran", "run", suite),
            started=time.time(),
            environment={"fingerprint": {"hardware": {"key": "k1"}}, "state": {"load": 0.1}},
        )


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def curved(made: Made, monkeypatch: pytest.MonkeyPatch) -> CaseResult:
    """A result of 2 ranks of a kernel, by the name of ladder, that has curves and calls."""
    load = listing.load
    monkeypatch.setattr(listing, "load", lambda name: Curved if name == "ladder" else load(name))
    six = [[[0.01 * (10 + i), 0.01 * (9 + i)] for i in range(6)]]
    calls = (((1.0, 2.0, 3.0, 4.0), (0.5, 4.0, 5.0, 9.0), (2.0, 3.0, 4.0, 5.0)),)
    raw = made.raw(made.case("ladder", {}), six)
    raw = replace(raw, calls={"ping_0B": calls, "ping_8B": calls})
    return verdict.judged(raw, oversubscribe=False)
