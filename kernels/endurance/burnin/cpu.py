"""The burn-in on CPUs: everything on all cores at once, every answer compared bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels.contract import UNWATCHED, Watch
from kernels.dense.dgemm.clock import START, backward, forward
from kernels.endurance.burnin import products, transforms
from kernels.endurance.burnin.answers import Answer, of_one_kind
from kernels.endurance.burnin.findings import LAST_CHECK, Findings, bits
from kernels.endurance.burnin.kernel import CHAIN_STEPS
from kernels.endurance.burnin.patterns import Memory
from kernels.endurance.burnin.words import digest
from kernels.endurance.burnin.workers import Workers, current_cpu

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.endurance.burnin.kernel import Burnin
    from kernels.endurance.burnin.products import Products
    from kernels.endurance.burnin.transforms import Transforms


@njit("u8(u8, i8)", cache=True, error_model="numpy", nogil=True)
def chain(x: np.uint64, steps: int) -> np.uint64:
    """The chain of dependent instructions of dgemm's clock, which lets other threads go on."""
    return forward(x, steps)


@dataclass
class State:
    """What a rank computes and holds. kinds : of processors over all ranks."""

    kernel: Burnin
    workers: Workers
    findings: Findings
    products: Products
    transforms: Transforms
    memory: Memory
    kinds: int
    ends: NDArray[np.uint64]  # (workers,) of the last chains
    end: np.uint64  # which all of them must reach
    watch: Watch = UNWATCHED
    repetition: int = field(default=-1)

    def begin(self) -> None:
        """A repetition begins."""
        self.repetition += 1
        self.memory.repetition = self.repetition + 1
        self.findings.begin(self.repetition)
        self.ends[:] = 0

    def multiply(self) -> None:
        """The products of every worker."""
        count = self.kernel.products

        def told(done: int) -> None:
            self.watch.progress(done, count + 1, done / (count + 1))

        def unheard(done: int) -> None:
            """Only the first worker tells."""

        self.workers.each(lambda i: self.products.run(i, count, unheard if i else told))

    def run_chains(self) -> None:
        """A chain on every worker, right after the products: the clock they ran at."""

        def run(worker: int) -> None:
            self.ends[worker] = chain(START, CHAIN_STEPS)
            self._check_chain(worker)

        self.workers.each(run)

    def transform(self) -> None:
        """The transforms of every worker."""
        self.workers.each(lambda i: self.transforms.run(i, self.kernel.transforms))

    def sweep(self, pattern: str) -> None:
        """A pattern in the memory of every worker."""
        self.workers.each(getattr(self.memory, pattern))

    def check(self) -> None:
        """What the last repetition has left: results, inputs, memory, ends of the chains."""
        self.findings.moment = LAST_CHECK
        for answer in (*self.products.answers.values(), self.transforms.answer):
            for name in (one.name for one in answer.inputs if one.changed()):
                what = f"{name} is not what it was made"
                self.findings.wrong(current_cpu(), answer.part, what)
        exact = self.products.answers["exact"]
        if int(digest(exact.words)) != exact.digest:
            what = "what is expected of the exact product has changed in memory"
            self.findings.wrong(current_cpu(), exact.part, what)
        self.workers.each(self._check)
        for answer, error in self._errors():
            if not error <= 1.0:
                what = f"the expected answer is off by {error:.3g} times what rounding may change"
                self.findings.wrong(current_cpu(), answer.part, what)

    def _check(self, worker: int) -> None:
        self._check_chain(worker)
        self.products.answers["stress"].check(self.products.words(worker))
        self.transforms.answer.check(self.transforms.words(worker))
        self.memory.verify(worker)

    def _check_chain(self, worker: int) -> None:
        end, wanted = int(self.ends[worker]), int(self.end)
        if end != wanted:
            self.findings.wrong(current_cpu(), "clock", f"end of a chain: {bits(end, wanted)}")

    def _errors(self) -> tuple[tuple[Answer, float], ...]:
        """What independent checks say of what is expected, as shares of what rounding allows."""
        product, wave = self.products.answers["stress"], self.transforms.answer
        return (
            (product, self.products.error(product.words)),
            (wave, self.transforms.error(wave.words)),
        )


def allocate(kernel: Burnin, comm: Intracomm) -> State:
    """Everything of a rank. Collective: the ranks agree on what is expected."""
    workers = Workers(comm, kernel.cores)
    findings = Findings()
    group, kinds = of_one_kind(comm)
    try:
        made = products.prepare(kernel.n, kernel.seed, workers, findings, group)
        waves = transforms.prepare(kernel.points, kernel.seed, workers, findings, group)
    finally:
        group.Free()
    memory = Memory(kernel.filled // 8, comm.rank, kernel.seed, workers, findings)
    ends = np.zeros(workers.count, np.uint64)
    state = State(kernel, workers, findings, made, waves, memory, kinds, ends, known_end(findings))
    state.run_chains()
    return state


def known_end(findings: Findings) -> np.uint64:
    """Where every chain must end: run there, and back to the start."""
    end = chain(START, CHAIN_STEPS)
    if backward(end, CHAIN_STEPS) != START:
        findings.wrong(current_cpu(), "clock", "a chain run backwards does not come to its start")
    return end
