"""Programs of others in a run: which mpirun starts which case, and what the record says of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CannotMeasure
from harness.machine import binary
from harness.machine.mpi import Mpirun
from harness.measure.observation import Observation
from harness.plan.case import Case
from harness.programs import Programs

SITE = Mpirun(Path("/site/mpirun"), "openmpi", "5.0", "configured")


@pytest.fixture
def xhpl(made: Any, tmp_path: Path) -> Case:
    """A case whose binary is a script."""
    path = tmp_path / "xhpl"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    given = {"n": 500, "p": 1, "q": 2, "binary": str(path)}
    case: Case = made.case("xhpl", given, launches=2)
    return case


def seen(case: Case) -> list[Observation]:
    return [Observation(case.id, printed="whole", facts={"code": "W"}), Observation(case.id)]


def test_kernels_are_started_by_the_site_and_are_no_programs(made: Any) -> None:
    result = made.result()
    programs = Programs([result.case], SITE)
    assert programs.mpirun(result.case) == SITE
    assert programs.identified(result, []) is result


def test_a_program_is_identified_launch_by_launch(made: Any, xhpl: Case) -> None:
    programs = Programs([xhpl], SITE)
    result = replace(made.raw(xhpl, [[[0.5]], [[0.5]]]), notes=("oversubscribed",))
    found = programs.identified(result, seen(xhpl))
    assert found.program is not None
    path = Path(str(xhpl.parameters["binary"]))
    assert found.program.binary == str(path)
    assert found.program.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.program.printed == ("whole", None)
    assert found.program.facts == ({"code": "W"}, {})
    assert list(found.program.inputs) == ["HPL.dat"]
    assert found.program.mpirun == str(SITE)
    assert found.notes == ("oversubscribed",)


def test_a_slow_blas_is_a_note(made: Any, xhpl: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A race against the reference BLAS would be won by anybody."""
    real = binary.examine(str(xhpl.parameters["binary"]))
    slow = replace(real, libraries={"libblas.so.3": "/usr/lib/blas/libblas.so.3.11.0"})
    monkeypatch.setattr(binary, "examine", lambda _: slow)
    programs = Programs([xhpl], SITE)
    (note,) = programs.identified(made.raw(xhpl, [[[0.5]]]), seen(xhpl)).notes
    assert "reference BLAS" in note
    assert "apt-get install libopenblas0-pthread" in note


def test_a_program_that_has_gone_since_the_plan(made: Any, xhpl: Case) -> None:
    Path(str(xhpl.parameters["binary"])).unlink()
    with pytest.raises(CannotMeasure, match="no program that can be started here"):
        Programs([xhpl], SITE)
