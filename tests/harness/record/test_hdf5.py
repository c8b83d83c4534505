"""A result file as h5py alone reads it: by the rules of NeXus, and whole."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from harness.judge import verdict
from harness.outcome import Outcome
from harness.plan.case import Expected
from harness.record import hdf5
from harness.record.result import CaseResult, ProgramRecord
from harness.report import compose
from kernels import listing
from kernels.contract import Check, parameters

# Three launches: 3, 1 and no repetitions of 2 ranks.
RAGGED = [[[0.1, 0.2], [0.3, 0.1], [0.2, 0.2]], [[0.4, 0.5]], []]
NEXUS = {"NXroot", "NXentry", "NXdata", "NXcollection", "NXparameters", "NXnote", "NXprocess"}


def encode(made: Any, result: CaseResult) -> bytes:
    return hdf5.encoded(made.run(Path("/r")), result, compose.of_case(result).model_dump())


@contextmanager
def opened(content: bytes) -> Iterator[h5py.File]:
    with h5py.File(io.BytesIO(content), "r") as file:
        yield file


def walk(file: h5py.File) -> list[Any]:
    found: list[Any] = [file]
    file.visititems(lambda _, thing: found.append(thing))
    return found


def text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def said(thing: Any, name: str) -> Any:
    """An attribute, its text as text."""
    value = thing.attrs[name]
    return value.decode() if isinstance(value, bytes) else value


@pytest.fixture(params=["passed", "ragged", "failed", "wrong", "referenced", "program"])
def result(request: pytest.FixtureRequest, made: Any) -> CaseResult:
    match request.param:
        case "ragged":
            return made.result(seconds=RAGGED)
        case "failed":
            return made.failed()
        case "wrong":
            return replace(
                made.result(), outcome=Outcome.WRONG, metrics={}, check=Check("x", math.nan, 1.0)
            )
        case "referenced":
            references = {"triad_bandwidth": Expected(1.0, 0.05, "a data sheet")}
            return made.result(made.case(references=references))
        case "program":
            return program_result(made)
    return made.result()


def program_result(made: Any) -> CaseResult:
    """A program that was launched twice, the second time without writing anything."""
    case = made.case("xhpl", {"n": 500, "p": 1, "q": 2}, launches=2)
    record = ProgramRecord(
        binary="/opt/xhpl",
        sha256="ab" * 32,
        libraries={"libmpi.so.40": "/usr/lib/libmpi.so.40.30.4"},
        mpi="openmpi 4.1.4",
        mpirun="/usr/bin/mpirun (openmpi 4.1.4)",
        arguments=("-v",),
        inputs=dict(case.instance().files(2)),
        output="stdout.txt",
        printed=("HPLinpack 2.3 \u0444\n", None),
        facts=({"code": "WR11C2R4"}, {}),
    )
    return replace(made.result(case, [[[0.5]], [[0.4]]]), program=record)


def test_every_group_has_a_nexus_class(made: Any, result: CaseResult) -> None:
    with opened(encode(made, result)) as file:
        for thing in walk(file):
            if isinstance(thing, h5py.Group):
                assert said(thing, "NX_class") in NEXUS, thing.name
        assert said(file, "NX_class") == "NXroot"
        assert said(file[said(file, "default")], "NX_class") == "NXentry"


def test_every_numeric_dataset_has_units(made: Any, result: CaseResult) -> None:
    with opened(encode(made, result)) as file:
        numeric = [
            one for one in walk(file) if isinstance(one, h5py.Dataset) and one.dtype.kind in "iufc"
        ]
        assert numeric
        for one in numeric:
            assert text(said(one, "units")), one.name


def test_a_program_of_others_is_identified_with_what_it_read_and_wrote(made: Any) -> None:
    with opened(encode(made, program_result(made))) as file:
        program = file["entry/provenance/program"]
        assert text(program["binary"][()]) == "/opt/xhpl"
        assert text(program["sha256"][()]) == "ab" * 32
        assert [text(one) for one in program["output"]] == ["HPLinpack 2.3 \u0444\n", ""]
        assert said(program["output"], "file") == "stdout.txt"
        libraries = json.loads(program["libraries/data"][()])
        assert libraries == {"libmpi.so.40": "/usr/lib/libmpi.so.40.30.4"}
        assert json.loads(program["facts/data"][()]) == [{"code": "WR11C2R4"}, {}]
        assert "500" in text(program["inputs/HPL.dat"][()])
        rate = file["entry/flop_rate"]
        assert (said(rate, "sync"), said(rate, "rank_reduce")) == ("program", "program")
        assert file["entry/samples/solve/seconds"].shape == (2, 1, 1)
    with opened(encode(made, made.result())) as file:
        assert "program" not in file["entry/provenance"]
        assert said(file["entry/triad_bandwidth"], "sync") == "barrier"


def test_the_default_chain_leads_to_something_to_plot(made: Any) -> None:
    with opened(encode(made, made.result(seconds=RAGGED))) as file:
        entry = file[said(file, "default")]
        data = entry[said(entry, "default")]
        assert data.name == "/entry/triad_bandwidth"
        assert said(data, "NX_class") == "NXdata"
        signal = data[said(data, "signal")]
        axes = [data[text(one)] for one in np.atleast_1d(said(data, "axes"))]
        assert len(axes) == signal.ndim
        assert [len(one) for one in axes] == list(signal.shape)
        assert np.all(np.isfinite(signal[()]))
        assert said(signal, "long_name")


def test_the_default_of_a_failed_case_exists(made: Any) -> None:
    with opened(encode(made, made.failed())) as file:
        entry = file["entry"]
        assert said(entry, "default") in entry
        assert text(entry["outcome"][()]) == "killed"
        assert text(entry["reason"][()]) == "a rank was killed by SIGKILL"


def test_every_nxdata_is_plottable(made: Any, result: CaseResult) -> None:
    with opened(encode(made, result)) as file:
        groups = [one for one in walk(file) if one.attrs.get("NX_class") == b"NXdata"]
        assert len(groups) == len(result.metrics)
        for group in groups:
            signal = group[said(group, "signal")]
            for name in np.atleast_1d(said(group, "axes")):
                assert group[text(name)].shape == signal.shape
            assert group["launch"].shape == signal.shape


def test_a_metric_explains_itself(made: Any) -> None:
    result = made.result()
    value = result.metrics["triad_bandwidth"]
    with opened(encode(made, result)) as file:
        about = file["entry/triad_bandwidth"].attrs
        assert about["units"] == b"B/s"
        assert about["kind"] == b"rate"
        assert about["better"] == b"higher"
        assert about["sync"] == b"barrier"
        assert about["rank_reduce"] == b"max"
        assert (about["median"], about["low"], about["high"]) == (
            value.value,
            value.low,
            value.high,
        )
        assert (about["n"], about["level"]) == (6, value.level)
        assert np.isnan(about["bound"])
        rates = np.sort(file["entry/triad_bandwidth/value"][()])
        slowest = [0.01 * (10 + i) for i in range(6)]
        expected = [24.0 * 4096 * 2 / seconds for seconds in slowest]
        np.testing.assert_allclose(rates, sorted(expected))


def test_raw_samples(made: Any) -> None:
    with opened(encode(made, made.result(seconds=RAGGED))) as file:
        group = file["entry/samples/triad"]
        assert [text(one) for one in said(group, "axes")] == ["launch", "repetition", "rank"]
        seconds = group["seconds"][()]
        assert seconds.shape == (3, 3, 2)
        np.testing.assert_array_equal(seconds[0], RAGGED[0])
        np.testing.assert_array_equal(seconds[1, 0], RAGGED[1][0])
        assert np.isnan(seconds[1, 1:]).all()
        assert np.isnan(seconds[2]).all()
        assert group["warm_up"].shape == (2, 2)
        np.testing.assert_array_equal(file["entry/triad_bandwidth/launch"][()], [0, 0, 0, 1])


def test_samples_of_a_case_that_failed_later_are_kept(made: Any) -> None:
    raw = made.raw(made.case(), RAGGED, outcome=Outcome.TIMEOUT, check=None)
    with opened(encode(made, raw)) as file:
        assert file["entry/samples/copy/seconds"].shape == (3, 3, 2)
        assert text(file["entry/verification/what"][()]) == "not reached"
        assert not file["entry/verification/passed"][()]


@pytest.mark.parametrize("kernel", listing.names())
def test_inputs_of_every_kernel(made: Any, kernel: str) -> None:
    sizes = {one.name for one in parameters(listing.load(kernel))} & {"n"}
    case = made.case(kernel, dict.fromkeys(sizes, 64))
    with opened(encode(made, made.failed(case))) as file:
        group = file["entry/inputs"]
        assert said(group, "kernel") == kernel
        for name, value in case.parameters.items():
            stored = group[name][()]
            assert (text(stored) if isinstance(value, str) else stored.item()) == value
            assert said(group[name], "help")
            expected = "fitted" if name in case.fitted else "given"
            assert said(group[name], "kind") == expected
        assert (group["ranks"][()], group["threads"][()], group["nodes"][()]) == (2, 1, 1)


def test_settings_of_mpi_are_kept_launch_by_launch(made: Any) -> None:
    told = ({"coll_tuned_allreduce_algorithm": "ring", "btl_sm_eager_limit": 4096}, {})
    with opened(encode(made, replace(made.result(), mpi_settings=told))) as file:
        assert json.loads(file["entry/placement/mpi_settings/data"][()]) == list(told)


def test_placement_and_environment(made: Any) -> None:
    with opened(encode(made, made.result())) as file:
        placement = file["entry/placement/ranks"][()]
        np.testing.assert_array_equal(placement["rank"], [0, 1])
        np.testing.assert_array_equal(placement["launch"], [0, 0])
        assert [text(one) for one in placement["host"]] == ["node1", "node1"]
        assert [text(one) for one in placement["cpus"]] == ["0", "1"]
        note = json.loads(file["entry/environment/data"][()])
        assert note["fingerprint"] == {"hardware": {"key": "k1"}}
        assert json.loads(file["entry/provenance/command"][()]) == ["qyran", "run", "quick"]


def test_old_readers_can_open_it_and_arrays_have_checksums(made: Any) -> None:
    content = encode(made, made.result())
    with opened(content) as file:
        small = file["entry/samples/copy/seconds"].id.get_create_plist()
        assert small.get_layout() == h5py.h5d.COMPACT, "under the checksum of its header"
    many = [[[0.01 * (1 + i), 0.01 * (2 + i)] for i in range(400)]]
    with opened(encode(made, made.result(seconds=many))) as file:
        large = file["entry/samples/copy/seconds"]
        assert (large.fletcher32, large.shuffle, large.compression) == (True, True, "gzip")
        np.testing.assert_array_equal(large[()], many)
    assert content[:8] == b"\x89HDF\r\n\x1a\n"
    assert content[8] == 3, "superblock of HDF5 1.10"


def test_the_index_record_is_the_document(made: Any, result: CaseResult) -> None:
    shown = compose.of_case(result).model_dump()
    found = hdf5.index_record(encode(made, result), "f")
    assert found == json.loads(json.dumps(shown))
    assert compose.recorded_case(found) == compose.of_case(result)


def test_the_same_result_gives_the_same_bytes(made: Any, result: CaseResult) -> None:
    run = made.run(Path("/r"))
    shown = compose.of_case(result).model_dump()
    assert hdf5.encoded(run, result, shown) == hdf5.encoded(run, result, shown)


def test_h5dump_reads_it(made: Any, tmp_path: Path) -> None:
    h5dump = shutil.which("h5dump")
    if h5dump is None and not os.environ.get("QYRAN_CI"):
        pytest.skip("h5dump is not installed")
    path = tmp_path / "a.h5"
    path.write_bytes(encode(made, made.result(seconds=RAGGED)))
    dumped = subprocess.run(
        [str(h5dump), "-d", "/entry/samples/triad/seconds", str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DATASPACE  SIMPLE { ( 3, 3, 2 )" in dumped
    assert "CHECKSUM FLETCHER32" in dumped or "seconds" in dumped


def test_what_a_kernel_told_is_kept(made: Any) -> None:
    raw = made.raw(
        made.case(),
        [[[0.3, 0.4], [0.2, 0.5]], [[0.3, 0.3]]],
        parts={"update": (((0.1, 0.2), (0.3, 0.4)), ((0.5, 0.6),))},
        series={"residual": (((9.0, 0.5), (8.0,)), ((7.0, math.inf),))},
    )
    with opened(encode(made, verdict.judged(raw, oversubscribe=False))) as file:
        update = file["entry/parts/update"]
        assert said(update, "units") == "s"
        assert update.shape == (2, 2, 2)
        np.testing.assert_array_equal(update[0], [[0.1, 0.2], [0.3, 0.4]])
        assert np.isnan(update[1, 1]).all()
        residual = file["entry/series/residual"][()]
        np.testing.assert_array_equal(residual[0, 0], [9.0, 0.5])
        assert residual[0, 1, 0] == 8.0
        assert np.isnan(residual[0, 1, 1])
        assert residual[1, 0, 1] == np.inf


def test_references_are_kept_with_where_they_came_from(made: Any, tmp_path: Path) -> None:
    used = Expected(1.0, 0.05, "acceptance", 0.1, None, "2026-11-28", 16, "lab.yaml:2", "n 8")
    result = made.result(made.case(references={"triad_bandwidth": used}))
    content = hdf5.encoded(made.run(tmp_path), result, compose.of_case(result).model_dump())
    with h5py.File(io.BytesIO(content), "r") as file:
        group = file["entry/references/triad_bandwidth"]
        assert group.attrs["source"] == b"acceptance"
        assert (group.attrs["place"], group.attrs["why"]) == (b"lab.yaml:2", b"n 8")
        assert group.attrs["date"] == b"2026-11-28"
        assert (group["below"][()], group["n"][()]) == (0.1, 16)
        assert "above" not in group
