"""The contract of every program of others: its own report is read whole, or it does not pass."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mpi4py import MPI

from kernels import listing
from kernels.contract import Value, values
from kernels.program import OWN_MPIRUN, Program, UnclearOutput

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("catalogue", HERE / "catalogue.py")
assert _spec is not None
assert _spec.loader is not None
catalogue = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(catalogue)

RECORDED = [
    pytest.param(name, file, *of, id=file)
    for name in catalogue.programs()
    for file, of in catalogue.tests_of(name).RECORDED.items()
]
CORRUPTED = [
    pytest.param(name, file, *of, corruption, id=f"{file}-{corruption}")
    for name in catalogue.programs()
    for file, of in catalogue.tests_of(name).RECORDED.items()
    for corruption in catalogue.tests_of(name).CORRUPTIONS
]
recorded = pytest.mark.parametrize(("name", "file", "parameters", "ranks"), RECORDED)


def text_of(file: str) -> str:
    return (HERE / "data" / file).read_text(encoding="utf-8")


def program(name: str, parameters: dict[str, Value]) -> Program:
    made = listing.load(name)(**parameters)
    assert isinstance(made, Program)
    return made


def passes(case: Program, text: str, ranks: int) -> bool:
    try:
        return case.parse(text, ranks).check.passed
    except UnclearOutput:
        return False


@recorded
def test_a_recorded_output_passes(
    name: str, file: str, parameters: dict[str, Value], ranks: int
) -> None:
    case = program(name, parameters)
    case.check_geometry(ranks)
    found = case.parse(text_of(file), ranks)
    assert found.check.passed
    assert set(found.seconds) == {phase.name for phase in case.phases()}
    for phase in case.phases():
        value = phase.metric.value(phase.work(ranks), found.seconds[phase.name])
        assert math.isfinite(value)
        assert value > 0.0
    assert all(isinstance(one, int | float | str | bool) for one in found.facts.values())


@pytest.mark.parametrize(("name", "file", "parameters", "ranks", "corruption"), CORRUPTED)
def test_a_corrupted_output_does_not_pass(
    name: str, file: str, parameters: dict[str, Value], ranks: int, corruption: str
) -> None:
    text = text_of(file)
    corrupted = catalogue.tests_of(name).CORRUPTIONS[corruption](text)
    assert corrupted != text, "the corruption changes nothing"
    assert not passes(program(name, parameters), corrupted, ranks)


@recorded
def test_no_part_of_an_output_passes(
    name: str, file: str, parameters: dict[str, Value], ranks: int
) -> None:
    """Up to the line with which the report ends; what follows is decoration."""
    case = program(name, parameters)
    lines = text_of(file).splitlines(keepends=True)
    last = max(n for n in range(len(lines) + 1) if not passes(case, "".join(lines[:n]), ranks))
    assert last >= len(lines) - 8
    step = max(1, last // 40)
    for n in range(0, last, step):
        assert not passes(case, "".join(lines[:n]), ranks)


@recorded
def test_two_runs_in_one_file_do_not_pass(
    name: str, file: str, parameters: dict[str, Value], ranks: int
) -> None:
    text = text_of(file)
    with pytest.raises(UnclearOutput, match="once"):
        program(name, parameters).parse(text + text, ranks)


@recorded
def test_another_size_than_asked_for_does_not_pass(
    name: str, file: str, parameters: dict[str, Value], ranks: int
) -> None:
    other = replace(program(name, parameters), n=int(parameters["n"]) + 1)
    with pytest.raises(UnclearOutput, match=f"{other.n}.* found {parameters['n']}"):
        other.parse(text_of(file), ranks)


@recorded
def test_every_number_of_a_metric_must_be_one(
    name: str, file: str, parameters: dict[str, Value], ranks: int
) -> None:
    """Each rate of the output, replaced by what is no rate."""
    case, text = program(name, parameters), text_of(file)
    for line in catalogue.tests_of(name).rates(text):
        for bad in ("nan", "inf", "-1", "0", "much", ""):
            broken = text.replace(line[0], line[0].replace(line[1], bad, 1))
            assert broken != text
            assert not passes(case, broken, ranks), (line, bad)


@pytest.mark.parametrize("name", catalogue.programs())
def test_nothing_of_a_program_runs_here(name: str) -> None:
    file, (parameters, _) = next(iter(catalogue.tests_of(name).RECORDED.items()))
    case = program(name, parameters)
    with pytest.raises(TypeError, match="harness starts"):
        case.setup(MPI.COMM_SELF)
    with pytest.raises(TypeError, match="output"):
        case.verify(None, MPI.COMM_SELF)
    for phase in case.phases():
        with pytest.raises(TypeError, match="timed by the program"):
            phase.run(None)
    assert file


@pytest.mark.parametrize("name", catalogue.programs())
def test_what_it_is_given_is_text(name: str) -> None:
    _, (parameters, ranks) = next(iter(catalogue.tests_of(name).RECORDED.items()))
    case = program(name, parameters)
    assert all("/" not in file and text.endswith("\n") for file, text in case.files(ranks).items())
    assert case.memory_B(ranks) > 0
    assert values(case)["mpirun"] == OWN_MPIRUN
    works: list[Any] = [phase.work(ranks) for phase in case.phases()]
    assert len(works) == len({phase.name for phase in case.phases()})
