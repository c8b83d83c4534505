"""Results of other tools, from files that the tools themselves wrote, become runs of the store.

Written by pytest-benchmark 5.3.1, asv 0.6.6, ReFrame 4.10.4, google/benchmark 1.7.1 and hyperfine
1.15.0.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from statistics import median

import h5py
import jsonschema
import pytest

from harness import shown
from harness.commands import explain, importing, report
from harness.commands.report import Wanted
from harness.errors import ConfigError, CorruptStore
from harness.outcome import Outcome
from harness.record import details, samples, store
from harness.record.foreign import reading
from harness.record.library import Selection, find
from harness.record.recorded import Recorded
from harness.report import schema
from harness.report.import_document import ImportDoc
from harness.report.plots.kinds import strips

FILES = Path(__file__).parent.parent / "record" / "foreign"
ASV = FILES / "asv" / "node1" / "529ce168-existing-py.json"
EVERY = {
    "pytest-benchmark": FILES / "pytest-benchmark.json",
    "asv": ASV,
    "reframe": FILES / "reframe.json",
    "google-benchmark": FILES / "google-benchmark.json",
    "hyperfine": FILES / "hyperfine.json",
}


def import_(form: str, path: Path, results: Path, cluster: str | None = None) -> None:
    with pytest.raises(SystemExit) as ended:
        importing.import_(form, [path], cluster, results, as_json=True)
    assert ended.value.code == 0


def cases(form: str, path: Path, results: Path) -> list[Recorded]:
    import_(form, path, results)
    found = find(results, Selection())
    assert not found.skipped
    return list(found.cases)


def test_every_format_has_a_real_file() -> None:
    assert set(EVERY) == set(reading.names())


@pytest.mark.parametrize("form", EVERY)
def test_what_was_imported_is_a_run_like_any_other(form: str, tmp_path: Path) -> None:
    imported = cases(form, EVERY[form], tmp_path)
    assert len({one.case for one in imported}) == len(imported) > 0
    recorded = shown.run(store.find(tmp_path, "last"))
    assert [one.file for one in recorded.cases] == [f"{one.case}.h5" for one in recorded.cases]
    for one in imported:
        assert one.kernel.startswith(f"{form}.")
        assert one.origin.tags == ("imported",)
        raw = samples.of(one.path)
        assert raw.keys() == one.metrics.keys()
        for name, metric in one.metrics.items():
            flat = [value for launch in raw[name] for value in launch]
            assert median(flat) == pytest.approx(metric.value)
        with h5py.File(one.path) as file:
            entry = file["entry"]
            assert entry.attrs["default"] in entry
            json.loads(entry["provenance/entry/data"][()])
        dumped = subprocess.run(["h5dump", "-H", str(one.path)], capture_output=True, check=False)
        assert dumped.returncode == 0


def by_name(found: list[Recorded], part: str) -> Recorded:
    (one,) = [one for one in found if part in one.kernel]
    return one


def test_pytest_benchmark_keeps_every_round(tmp_path: Path) -> None:
    found = cases("pytest-benchmark", EVERY["pytest-benchmark"], tmp_path)
    content = json.loads(EVERY["pytest-benchmark"].read_text())
    one = by_name(found, "test_sum")
    (truth,) = [b for b in content["benchmarks"] if b["name"] == "test_sum"]
    assert samples.of(one.path)["time"] == (tuple(truth["stats"]["data"]),)
    assert (one.metrics["time"].unit, one.metrics["time"].better) == ("s", "lower")
    assert {c.parameters["n"] for c in found if c.parameters} == {100, 1000}
    assert one.hosts == ("vm",)


def test_a_saved_file_of_pytest_benchmark_has_medians_only(tmp_path: Path) -> None:
    found = cases("pytest-benchmark", FILES / "pytest-benchmark-autosave.json", tmp_path)
    assert all(one.metrics["time"].n == 1 for one in found)
    recorded = shown.run(store.find(tmp_path, "last"))
    assert all("median only" in " ".join(one.notes) for one in recorded.cases)


def test_asv_gives_each_combination_of_parameters_a_case(tmp_path: Path) -> None:
    found = cases("asv", ASV, tmp_path)
    sorts = [one for one in found if "time_sort" in one.kernel]
    assert len(sorts) == 4
    assert {(one.parameters["n"], one.parameters["order"]) for one in sorts} == {
        (n, order) for n in (100, 1000) for order in ("random", "sorted")
    }
    assert by_name(found, "time_broken").outcome == "error"
    assert by_name(found, "peakmem").metrics["result"].unit == "B"
    assert by_name(found, "track").metrics["result"].unit == "points"
    assert all(one.origin.commit.startswith("529ce168") for one in found)
    assert all(one.origin.cluster == "node1" for one in found)


def test_asv_without_its_file_of_benchmarks_takes_units_from_names(tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "node1"
    alone.mkdir(parents=True)
    shutil.copy(ASV, alone / "a.json")
    found = cases("asv", alone / "a.json", tmp_path / "results")
    assert {one.metrics["result"].unit for one in found if "time_sort" in one.kernel} == {"s"}
    assert set(found[0].parameters) == {"parameter_0", "parameter_1"}


def test_reframe_says_what_failed_and_which_direction_is_better(tmp_path: Path) -> None:
    found = cases("reframe", EVERY["reframe"], tmp_path)
    outcomes = {one.parameters.get("n"): one.outcome for one in found}
    assert outcomes == {10: "slow", 20: "pass", None: "wrong"}
    (passed,) = [one for one in found if one.outcome == "pass"]
    metric = passed.metrics["triad_bw"]
    assert (metric.value, metric.unit, metric.better) == (20000.5e6, "B/s", "higher")
    assert not by_name(found, "broken").metrics


def test_google_benchmark_counts_measured_lines_only(tmp_path: Path) -> None:
    found = cases("google-benchmark", EVERY["google-benchmark"], tmp_path)
    (one,) = [one for one in found if one.parameters == {"argument_0": 1000}]
    assert one.metrics["real_time"].n == 5
    assert one.metrics["bytes_per_second"].unit == "B/s"
    assert one.metrics["rows"].better == "higher"
    failed = by_name(found, "BM_fails")
    assert (failed.outcome, failed.reason) == ("error", "no device")


def test_hyperfine_gives_parameters_back_to_the_command(tmp_path: Path) -> None:
    found = cases("hyperfine", FILES / "hyperfine-parameters.json", tmp_path)
    assert {one.kernel for one in found} == {"hyperfine.seq_n"}
    assert sorted(one.parameters["n"] for one in found) == [1, 2, 3]
    assert all(len(one.metrics["time"].launches) == 5 for one in found)


def test_a_file_is_imported_once_and_an_interrupted_import_goes_on(tmp_path: Path) -> None:
    first = cases("reframe", EVERY["reframe"], tmp_path)
    lost = first[1].path
    lost.unlink()
    before = {one.path: one.path.read_bytes() for one in first if one.path != lost}
    again = cases("reframe", EVERY["reframe"], tmp_path)
    assert [one.case for one in again] == [one.case for one in first]
    assert {path: path.read_bytes() for path in before} == before
    assert len(store.runs(tmp_path)) == 1


def test_the_same_machine_has_the_same_key(tmp_path: Path) -> None:
    one = cases("pytest-benchmark", EVERY["pytest-benchmark"], tmp_path / "a")
    two = cases("pytest-benchmark", FILES / "pytest-benchmark-autosave.json", tmp_path / "b")
    assert {c.origin.hardware_key for c in one} == {c.origin.hardware_key for c in two}
    assert {c.series for c in one} == {c.series for c in two}


def test_two_benchmarks_of_one_name_are_both_kept(tmp_path: Path) -> None:
    content = json.loads(EVERY["hyperfine"].read_text())
    content["results"] *= 2
    path = tmp_path / "twice.json"
    path.write_text(json.dumps(content))
    assert len(cases("hyperfine", path, tmp_path / "results")) == 4


def test_what_is_printed_fits_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_("hyperfine", EVERY["hyperfine"], tmp_path)
    shown = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, json.loads(schema.file(ImportDoc).read_text()))
    assert shown["runs"][0]["outcomes"] == {"pass": 2}


def test_the_name_of_the_cluster_can_be_given(tmp_path: Path) -> None:
    import_("hyperfine", EVERY["hyperfine"], tmp_path, "kaznu")
    assert store.find(tmp_path, "last").parent.name == "kaznu"


@pytest.mark.parametrize("form", EVERY)
@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"results": 1}', '{"version": 9, "benchmarks": []}']
)
def test_another_file_is_refused_and_nothing_is_made(
    form: str, content: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"x\.json: (is no result file of|holds no)"):
        importing.import_(form, [EVERY[form], path], None, tmp_path / "results", as_json=True)
    assert not (tmp_path / "results").exists()


def test_an_unknown_format_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'asv'"):
        reading.read("asw", ASV)
    with pytest.raises(ConfigError, match="No such file"):
        reading.read("asv", tmp_path / "none.json")


def test_an_imported_file_that_was_damaged_is_noticed(tmp_path: Path) -> None:
    one = cases("hyperfine", EVERY["hyperfine"], tmp_path)[0]
    content = bytearray(one.path.read_bytes())
    content[len(content) // 2] ^= 8
    with pytest.raises(CorruptStore):
        samples.raw(bytes(content), "f")


@pytest.mark.parametrize("samples", [[math.nan] * 3, [math.inf, 1.0], [-1.0, 2.0]])
def test_what_no_clock_can_have_told_is_no_result(samples: list[float], tmp_path: Path) -> None:
    content = json.loads(EVERY["hyperfine"].read_text())
    content["results"][0]["times"] = samples
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(content))
    source, _ = reading.read("hyperfine", path)
    assert [one.outcome for one in source.benchmarks] == [Outcome.ERROR, Outcome.PASS]
    assert source.benchmarks[0].reason == "time: a sample is negative, infinite or no number"
    content["results"][0]["command"] = None
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="a benchmark has no name"):
        reading.read("hyperfine", path)


@pytest.mark.parametrize("form", EVERY)
def test_an_imported_run_is_reported_and_drawn(form: str, tmp_path: Path) -> None:
    import_(form, EVERY[form], tmp_path)
    wanted = Wanted("", False, "", None, tmp_path / "all.html", tmp_path)
    report.report(wanted, as_json=True)
    assert form in wanted.output.read_text()
    drawn = strips.numbers(details.of_run(store.find(tmp_path, "last")))
    assert all(min(min(one.samples)) > 0.0 for one in drawn.strips)


def test_a_benchmark_that_took_no_time_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(EVERY["hyperfine"].read_text())
    content["results"][0]["times"] = [0.0, 0.0]
    (path := tmp_path / "odd.json").write_text(json.dumps(content))
    import_("hyperfine", path, tmp_path)
    report.report(Wanted("", False, "", None, tmp_path / "a.html", tmp_path), as_json=True)
    capsys.readouterr()
    explain.explain("last", None, tmp_path, as_json=False)
    assert "time 0 s in 0 - 0 s" in capsys.readouterr().out
