"""What to look at first: a guess from the name of a metric, and never the wrong part."""

from __future__ import annotations

import pytest

from harness.judge.fleet.evidence import look_first
from harness.judge.fleet.table import Metric


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("stream.triad", "memory modules"),
        ("hpl.flop_rate", "clock under load"),
        ("DGEMM_thread_3", "clock under load"),
        ("p2p_bandwidth", "cable"),
        ("osu_latency", "cable"),
        ("nvlink_bw", "GPU"),
        ("fio_randread", "drive"),
        ("something", "the environment"),
    ],
)
def test_a_name_tells_what_to_look_at(name: str, part: str) -> None:
    assert part in look_first(Metric(name, "1", "higher"))
