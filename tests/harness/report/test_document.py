"""What `--json` prints fits the schema in the package, in every case."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from harness.commands import listing as listing_command
from harness.commands import rank as rank_command
from harness.commands import records as records_command
from harness.judge import bounds, verdict
from harness.outcome import Outcome
from harness.plan.case import Expected, Member
from harness.record import store
from harness.record.result import CaseResult
from harness.report import (
    compose,
    document,
    schema,
    terminal,
)
from harness.report.doctor_document import DoctorDoc, FindingDoc
from harness.report.document import Doc
from harness.report.format import Format
from harness.report.plan_document import PlanDoc
from harness.report.plots import listing as plots
from kernels import listing
from kernels.contract import Check

TIMES = [[[0.01 * (10 + i), 0.05] for i in range(6)]]


def check(text: str) -> dict[str, Any]:
    """Parse strictly and hold it against the schema it names, as shipped."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    path = schema.FOLDER / f"{found['schema'].replace('/', '.')}.json"
    jsonschema.validate(found, json.loads(path.read_text()))
    return found


@pytest.mark.parametrize("model", schema.ALL)
def test_the_shipped_schema_is_up_to_date(model: type[Doc]) -> None:
    path = schema.file(model)
    assert path.read_text() == schema.text(model), "run `python -m harness.report.schema`"
    shipped = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped["additionalProperties"] is False
    assert "schema" in shipped["required"]


def test_no_other_schema_is_shipped() -> None:
    assert {path.name for path in schema.FOLDER.iterdir()} == {
        schema.file(model).name for model in schema.ALL
    }


def test_writing_them_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "FOLDER", tmp_path / "schemas")
    schema.write()
    (tmp_path / "schemas" / "qyran.old.1.json").write_text("{}")
    schema.write()
    assert {path.name for path in (tmp_path / "schemas").iterdir()} == {
        schema.file(model).name for model in schema.ALL
    }


def _module(path: Path) -> ModuleType:
    return import_module(".".join(path.relative_to(schema.FOLDER.parents[2]).with_suffix("").parts))


def test_every_document_with_a_schema_is_listed() -> None:
    named = {
        one
        for path in schema.FOLDER.parent.rglob("*.py")
        if "schema_id" in path.read_text(encoding="utf-8")
        for module in [_module(path)]
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Doc) and "schema_id" in one.model_fields
    }
    named |= {plots.PlotsDoc, *plots.documents()}  # each in the file of its plot
    assert named == set(schema.ALL)
    assert len({schema.identity(one) for one in schema.ALL}) == len(schema.ALL)


def results(made: Any) -> Iterator[Any]:
    """A result of every outcome and every kind of number."""
    for outcome in Outcome:
        yield made.failed(outcome=outcome) if outcome is not Outcome.PASS else made.result()
    for error in (math.nan, math.inf, 1.0):
        wrong = made.raw(made.case(), TIMES, check=Check("x", error, 1e-13))
        yield verdict.judged(wrong, oversubscribe=False)
    for seconds in (0.0, math.nan):
        yield verdict.judged(made.raw(made.case(), [[[seconds] * 2] * 6]), oversubscribe=False)
    for kernel in ("hpl", "dgemm", "jacobi3d", "reduce"):
        limits = bounds.Bounds(1e11, "dgemm", 4e10, "stream", 2**20)
        size = "rows" if kernel == "reduce" else "n"
        yield bounds.bounded(made.result(made.case(kernel, {size: 128})), limits)
    yield made.result(made.case(references={"triad_bandwidth": Expected(1e30, 0.1, "x")}))
    yield replace(made.result(), file="a.h5", notes=("a note",))


def test_runs(made: Any) -> None:
    run = made.run(Path("/r"))
    cases = [compose.of_case(one) for one in results(made)]
    found = check(document.text(compose.of_run(run, cases)))
    assert found["outcome"] == "wrong"
    assert found["exit_code"] == 5
    assert len(found["cases"]) == len(cases)
    assert "standing" in found


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_run_of_one_case(made: Any, outcome: Outcome) -> None:
    result = made.result() if outcome is Outcome.PASS else made.failed(outcome=outcome)
    found = check(document.text(compose.of_run(made.run(Path("/r")), [compose.of_case(result)])))
    assert found["outcome"] == str(outcome)
    assert (found["exit_code"] == 0) is (outcome is Outcome.PASS)


def test_a_run_of_no_case_is_not_good(made: Any) -> None:
    found = check(document.text(compose.of_run(made.run(Path("/r")), [])))
    assert (found["outcome"], found["exit_code"]) == ("error", 3)


def test_the_fields_of_a_case(made: Any) -> None:
    result = made.result()
    found = compose.of_case(result).model_dump()
    value = result.metrics["triad_bandwidth"]
    assert found["metrics"]["triad_bandwidth"] == {
        "phase": "triad",
        "value": value.value,
        "unit": "B/s",
        "better": "higher",
        "low": value.low,
        "high": value.high,
        "level": value.level,
        "n": 6,
        "bound": None,
        "bound_source": "",
        "launches": [value.value],
        "calls": None,
    }
    assert found["seconds"] == {"compile": 1.5, "setup": 0.2, "verify": 0.1, "total": 12.5}
    expected = {"what": "largest error", "error": 1e-16, "tolerance": 1e-13, "passed": True}
    assert found["check"] == expected


def test_a_check_that_is_no_number_is_null_and_failed(made: Any) -> None:
    raw = made.raw(made.case(), TIMES, check=Check("x", math.nan, 1.0))
    found = compose.of_case(raw)
    assert found.check is not None
    assert (found.check.error, found.check.passed) == (None, False)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_none_is_never_printed(made: Any, number: float) -> None:
    shown = compose.of_run(made.run(Path("/r")), [compose.of_case(made.result())])
    shown.cases[0].metrics["triad_bandwidth"].value = number
    with pytest.raises(ValueError, match="not JSON compliant"):
        document.text(shown)


def test_a_planned_case_without_a_record(made: Any) -> None:
    found = compose.skipped(made.case(), "no record")
    assert (found.outcome, found.reason, found.file) == ("skipped", "no record", None)
    check(document.text(compose.of_run(made.run(Path("/r")), [found])))


def test_a_plan(made: Any) -> None:
    cases = [made.case(), made.case("hpl", {"n": 10}, repetitions=3, launches=2)]
    plan = PlanDoc(
        suite="quick",
        cluster="laptop",
        partition="all",
        planned=False,
        target={"nodes": 1},
        estimated_s=2.0,
        cases=[compose.planned(one) for one in cases],
    )
    found = check(document.text(plan))
    assert found["cases"][1]["repetitions"] == 3
    assert found["cases"][0]["repetitions"] is None


def printed(function: Any, *arguments: Any, **more: Any) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        function(*arguments, **(more or {"as_json": True}))
    return check(out.getvalue())


def test_list() -> None:
    found = printed(listing_command.show, None)
    assert {one["name"] for one in found["kernels"]} >= {"hpl", "stream"}
    assert "quick" in found["suites"]
    (one,) = printed(listing_command.show, "hpl")["kernels"]
    assert one["metrics"] == {"flop_rate": "flop/s"}
    assert one["primary"] == "flop_rate"


def test_show_ls_and_rank(made: Any, tmp_path: Path) -> None:
    case = made.case("hpl", {"n": 1000})
    run = made.run(tmp_path)
    store.create(run, (case, made.case()))
    result = made.result(case)
    store.add(run, result, compose.of_case(result).model_dump() | {"run": run.id})
    found = printed(records_command.show, "last", tmp_path, form=Format.JSON)
    assert [one["outcome"] for one in found["cases"]] == ["pass", "skipped"]
    assert found["outcome"] == "skipped"
    assert found["standing"]["rmax"] == result.metrics["flop_rate"].value
    (line,) = printed(records_command.ls, tmp_path, 100)["runs"]
    assert (line["cases"], line["recorded"]) == (2, 1)
    assert line["best"].startswith("hpl ")
    Path(run.path, "run.yaml").write_text("damaged")
    (line,) = printed(records_command.ls, tmp_path, 100)["runs"]
    assert line["outcome"] == "corrupt"
    assert printed(rank_command.rank, rank_command.Wanted("93 PF"), tmp_path)["rmax"] == 93e15


def test_errors_and_findings() -> None:
    error = document.ErrorDoc(where="a", found="b", known="", fix="", exit_code=2)
    assert check(document.text(error))["schema"] == "qyran.error/1"
    finding = FindingDoc(what="a", status="warn", found="b", fix="")
    doctor = DoctorDoc(status="warn", exit_code=0, findings=[finding])
    assert check(document.text(doctor))["findings"][0]["status"] == "warn"


def told(made: Any) -> Any:
    raw = made.raw(
        made.case(),
        [[[0.3, 0.4], [0.2, 0.5], [0.2, 0.5]]],
        parts={
            "update": (((0.7, 0.9), (0.6, 0.8), (5.0, 7.0)),),
            "panel": (((0.1, 0.3), (0.1, 0.3), (0.1, 0.3)),),
        },
        series={"residual": (((9.0,), (8.0,), (7.0, math.inf)),)},
    )
    return verdict.judged(raw, oversubscribe=False)


def test_parts_are_medians_with_their_slowest_rank(made: Any) -> None:
    shown = compose.of_case(told(made))
    update = shown.parts["update"]
    assert (update.low, update.high, update.slowest) == (0.7, 0.9, 1)
    assert update.seconds == pytest.approx(0.8)
    assert shown.series == {"residual": [7.0, None]}
    check(document.text(compose.of_run(made.run(Path("/r")), [shown])))


def test_a_person_sees_where_the_time_went(made: Any) -> None:
    shown = compose.of_run(made.run(Path("/r")), [compose.of_case(told(made))])
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(terminal.run(shown))
    text = console.export_text()
    assert ": time: update 80 % (rank 1: 90 %), panel 20 % (rank 1: 30 %)" in text
    assert ": residual: 7, not finite" in text


def test_curves_calls_and_series_fit_the_schema(made: Any, curved: CaseResult) -> None:
    member = Member("strong", curved.case.id, 1.0)
    part = replace(curved, case=replace(curved.case, scaling=(member,)))
    shown = compose.of_run(made.run(Path("/r")), [compose.of_case(part)])
    (case,) = check(document.text(shown))["cases"]
    assert set(case["curves"]) == {
        "load_bandwidth",
        "copy_bandwidth",
        "ping_latency",
        "ping_message_rate",
    }
    load = case["curves"]["load_bandwidth"]
    assert (load["axis"], load["unit"], load["value_unit"]) == ("working set", "B", "B/s")
    assert load["value"] == [case["metrics"][name]["value"] for name in load["metrics"]]
    assert case["metrics"]["ping_0B_latency"]["calls"]["maximum"] == 4.5
    assert case["curves"]["ping_latency"]["calls"]["maximum"] == [4.5, 4.5, None]
    assert case["scaling"] == [{"kind": "strong", "base": curved.case.id, "factor": 1.0}]
    assert compose.recorded_case(case) == shown.cases[0]


def test_a_list_has_curves_instead_of_their_points(
    curved: CaseResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "names", lambda: ("ladder",))
    monkeypatch.setattr(listing, "group", lambda name: "memory")
    (one,) = printed(listing_command.show, "ladder")["kernels"]
    assert one["curves"]["ping_latency"] == {
        "axis": "message",
        "unit": "B",
        "value_unit": "s",
        "metrics": ["ping_0B_latency", "ping_8B_latency", "ping_4096B_latency"],
    }
    assert one["metrics"]["ping_8B_message_rate"] == "message/s"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        listing_command.show("ladder", as_json=False)
    text = " ".join(out.getvalue().split())
    assert "metrics: fma_float64_flop_rate (flop/s) (primary), fma_float32_flop_rate" in text
    assert "curves: load_bandwidth (B/s) over working set, " in text
    assert "ping_8B" not in text
