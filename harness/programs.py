"""Somebody else's programs in a run: found before it begins, started, identified in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.machine import binary
from harness.machine.binary import Binary
from harness.machine.mpi import Mpirun
from harness.measure.batch import Batch
from harness.measure.observation import Observation
from harness.measure.program import Launch
from harness.plan.case import Case
from harness.record.result import CaseResult, ProgramRecord
from kernels.program import Program


class Programs:
    """The file and the mpirun of each case that is a program; the cluster's mpirun for the rest."""

    def __init__(self, cases: Sequence[Case], site: Mpirun) -> None:
        """Raises QyranError if a program, a library of it, or its mpirun is missing."""
        self._site = site
        self._found: dict[str, tuple[Binary, Mpirun]] = {}
        for case in cases:
            if case.is_program:
                found = binary.examine(str(case.parameters["binary"]))
                wanted = str(case.parameters["mpirun"])
                self._found[case.id] = found, binary.starter(found, wanted, site)

    def mpirun(self, case: Case) -> Mpirun:
        """What starts a case."""
        return self._found[case.id][1] if case.id in self._found else self._site

    def launch(self, batch: Batch) -> Launch | None:
        """The launch of a batch that is a program, prepared; None for kernels."""
        if not batch.is_program:
            return None
        found, _ = self._found[batch.cases[0].id]
        return Launch(batch, found.path, str(found.mpi or "not linked with any MPI"))

    def identified(self, result: CaseResult, seen: Sequence[Observation]) -> CaseResult:
        """The result with what is known of its program, if it is one. seen : one a launch."""
        if result.case.id not in self._found:
            return result
        found, mpirun = self._found[result.case.id]
        kernel = result.case.instance()
        assert isinstance(kernel, Program)  # noqa: S101 - for the type checker
        record = ProgramRecord(
            binary=str(found.path),
            sha256=found.sha256,
            libraries=found.libraries,
            mpi=str(found.mpi or ""),
            mpirun=str(mpirun),
            arguments=kernel.arguments(),
            inputs=dict(kernel.files(result.case.geometry.ranks)),
            output=kernel.output,
            printed=tuple(one.printed for one in seen),
            facts=tuple(one.facts for one in seen),
        )
        return replace(result, program=record, notes=(*result.notes, *_doubts(found)))


def _doubts(found: Binary) -> tuple[str, ...]:
    """What makes a comparison with this program unfair."""
    if not found.has_reference_blas:
        return ()
    return (
        "it computes with netlib's reference BLAS, which is slow: on Debian, "
        "apt-get install libopenblas0-pthread",
    )
