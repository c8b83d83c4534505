"""Curves: as a model, and as viewers of NeXus find them in a file."""

from __future__ import annotations

import io
import json
import sys
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
from harness.record import hdf5
from harness.record.curve import curves
from harness.record.result import CaseResult
from harness.report import compose


@contextmanager
def opened(made: Any, result: CaseResult) -> Iterator[h5py.File]:
    shown = compose.of_case(result).model_dump()
    content = hdf5.encoded(made.run(Path("/r")), result, shown)
    assert hdf5.index_record(content, "f") == json.loads(json.dumps(shown))
    with h5py.File(io.BytesIO(content), "r") as file:
        yield file


def test_points_are_in_order_of_their_place(curved: CaseResult) -> None:
    load = curves(curved)["load_bandwidth"]
    assert (load.axis, load.unit, load.metric.unit) == ("working set", "B", "B/s")
    assert load.at == (2**15, 2**20, 2**26)
    assert load.names == tuple(f"load_{k}KiB_bandwidth" for k in (32, 1024, 65536))
    for name, value, low, high in zip(load.names, load.value, load.low, load.high, strict=True):
        one = curved.metrics[name]
        assert (one.value, one.low, one.high) == (value, low, high)
    assert load.calls == {}


def test_calls_of_a_cost_are_curves_too(curved: CaseResult) -> None:
    """2 messages a call; the 4096 B are one call."""
    found = curves(curved)
    assert found["ping_message_rate"].calls == {}
    assert found["ping_latency"].calls == {
        "minimum": (0.25, 0.25, None),
        "median": (1.5, 1.5, None),
        "p99": (2.0, 2.0, None),
        "maximum": (4.5, 4.5, None),
    }


def test_a_case_without_metrics_has_no_curves(made: Any, curved: CaseResult) -> None:
    assert curves(replace(curved, outcome=Outcome.WRONG, metrics={})) == {}
    assert curves(made.result()) == {}


def test_a_viewer_finds_axes_signals_and_scales(made: Any, curved: CaseResult) -> None:
    with opened(made, curved) as file:
        for name in ("load_bandwidth", "copy_bandwidth", "ping_latency", "ping_message_rate"):
            group = file["entry"][name]
            assert group.attrs["NX_class"] == b"NXdata"
            assert len(group.attrs["axes"].split()) == 1
            shape = group[group.attrs["axes"]].shape
            for signal in [group.attrs["signal"], *group.attrs["auxiliary_signals"]]:
                assert group[signal].shape == shape
                assert group[signal].attrs["long_name"]
                assert group[signal].attrs["units"]
            assert len(group["metric"]) == shape[0]
        load = file["entry/load_bandwidth"]
        np.testing.assert_array_equal(load["at"][()], [2**15, 2**20, 2**26])
        assert load["at"].attrs["units"] == b"B"
        assert load["at"].attrs["long_name"] == b"working set (B)"
        assert json.loads(load.attrs["SILX_style"]) == {
            "axes_scale_type": ["log"],
            "signal_scale_type": "log",
        }


def test_a_place_at_zero_has_no_logarithm(made: Any, curved: CaseResult) -> None:
    with opened(made, curved) as file:
        style = json.loads(file["entry/ping_latency"].attrs["SILX_style"])
        assert style == {"axes_scale_type": ["symlog"], "signal_scale_type": "log"}


def test_calls_are_kept_for_every_repetition(made: Any, curved: CaseResult) -> None:
    with opened(made, curved) as file:
        ping = file["entry/samples/ping"]
        calls = ping["calls"]
        assert [one.decode() for one in ping["phase"]] == ["ping_0B", "ping_8B", "ping_4096B"]
        assert calls.attrs["units"] == b"s"
        assert [one.decode() for one in calls.attrs["axes"]] == [
            "point",
            "launch",
            "repetition",
            "statistic",
        ]
        assert calls.shape == (3, 1, 3, 4)
        np.testing.assert_array_equal(calls[1, 0, 1], [0.5, 4.0, 5.0, 9.0])
        assert np.isnan(calls[2]).all()
        assert [one.decode() for one in calls.attrs["statistic"]] == [
            "minimum",
            "median",
            "p99",
            "maximum",
        ]
        maximum = file["entry/ping_latency/calls_maximum"][()]
        np.testing.assert_array_equal(maximum, [4.5, 4.5, np.nan])


@pytest.mark.parametrize(
    ("primary", "default"),
    [
        ("load_32KiB_bandwidth", "load_bandwidth"),
        ("ping_8B_message_rate", "ping_message_rate"),
        ("fma_float64_flop_rate", "fma_float64_flop_rate"),
    ],
)
def test_the_curve_of_the_primary_metric_is_shown_first(
    made: Any, curved: CaseResult, primary: str, default: str
) -> None:
    with opened(made, replace(curved, primary=primary)) as file:
        assert file["entry"].attrs["default"] == default.encode()
        assert file["entry"][default].attrs["NX_class"] == b"NXdata"


def test_the_raw_times_of_a_curve_stand_together(made: Any, curved: CaseResult) -> None:
    with opened(made, curved) as file:
        samples = file["entry/samples"]
        assert set(samples) == {"fma_float64", "fma_float32", "load", "copy", "ping"}
        load = samples["load"]
        names = [one.decode() for one in load["phase"]]
        assert names == ["load_32KiB", "load_1024KiB", "load_65536KiB"]
        assert [one.decode() for one in load.attrs["axes"]] == [
            "point",
            "launch",
            "repetition",
            "rank",
        ]
        assert load["seconds"].shape == (3, 1, 6, 2)
        assert load["warm_up"].shape == (3, 1, 2)
        for i, name in enumerate(names):
            np.testing.assert_array_equal(load["seconds"][i], curved.samples[name].seconds)
        assert samples["fma_float64/seconds"].shape == (1, 6, 2)


def test_a_curve_that_failed_has_no_times(made: Any, curved: CaseResult) -> None:
    failed = replace(curved, outcome=Outcome.KILLED, metrics={}, samples={}, calls={})
    with opened(made, failed) as file:
        assert set(file["entry/samples"]) == set()
        assert "load_bandwidth" not in file["entry"]


def test_the_work_of_all_phases(made: Any, curved: CaseResult) -> None:
    with opened(made, curved) as file:
        work = file["entry/work"]
        names = [one.decode() for one in work["phase"]]
        assert names == list(curved.work)
        i = names.index("copy_65536KiB")
        assert (work["bytes_read"][i], work["bytes_hidden"][i]) == (1e9, 1e9)
        units = dict(zip(work.dtype.names, work.attrs["units"], strict=True))
        assert (units["bytes_hidden"], units["flop"]) == (b"B", b"1")
        assert work["messages"][names.index("ping_8B")] == 2.0


def test_hundreds_of_points_cost_little(
    made: Any, curved: CaseResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """240 points: as many groups and arrays in the file as for 6."""

    def things(result: CaseResult) -> int:
        with opened(made, result) as file:
            found: list[str] = []
            file.visit(found.append)
            return len(found)

    few = things(curved)
    module = sys.modules[type(curved.case.instance()).__module__]
    monkeypatch.setattr(module, "SIZES_B", tuple(1024 * i for i in range(1, 121)))
    raw = made.raw(curved.case, [[[0.1, 0.2]] * 6])
    many = verdict.judged(raw, oversubscribe=False)
    assert len(many.metrics) > 240
    assert things(many) < few + 10
