"""Numbers for people."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.units import quantity
from harness.report import units


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.2e9, "B/s", "1.20 GB/s"),
        (93.014e15, "flop/s", "93.0 Pflop/s"),
        (999.4, "B", "999 B"),
        (999.6, "B", "1.00 kB"),
        (999.6e6, "B", "1.00 GB"),
        (1000.0, "B", "1.00 kB"),
        (1.0, "B", "1.00 B"),
        (9.999, "B", "10.0 B"),
        (99.96, "B", "100 B"),
        (0.5, "flop/s", "0.500 flop/s"),
        (0.123, "flop/s", "0.123 flop/s"),
        (0.0123, "s", "12.3 ms"),
        (3.608e-7, "s", "361 ns"),
        (1e-12, "s", "0.001 ns"),
        (0.0123, "B/s", "0.0123 B/s"),
        (-1.2e9, "B/s", "-1.20 GB/s"),
        (0.0, "B", "0 B"),
        (0.0, "", "0"),
        (5.0, "", "5.00"),
        (1e24, "B", "1000 ZB"),
        (None, "B", "-"),
        (math.nan, "B", "-"),
        (math.inf, "B", "-"),
    ],
)
def test_si(value: float | None, unit: str, text: str) -> None:
    assert units.si(value, unit) == text


@given(st.floats(0.1, 9.9e23))
def test_si_keeps_three_digits_and_is_read_back(value: float) -> None:
    text = units.si(value, "B/s")
    assert len(re.sub(r"\D", "", text).lstrip("0")) == 3
    assert quantity(text, "B/s") == pytest.approx(value, rel=5.1e-3)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.001, "0.001"),
        (0.0999, "0.0999"),
        (0.1, "0.100"),
        (0.9996, "1.00"),
        (1.0, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (999.96, "1000"),
        (1234.5, "1234"),
        (1e6, "1e+06"),
        (1e-5, "1e-05"),
        (-12.34, "-12.3"),
    ],
)
def test_digits(number: float, text: str) -> None:
    assert units.digits(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "12.3 ms"),
        (1.0, "1.00 s"),
        (9.999, "10.0 s"),
        (59.99, "60.0 s"),
        (599.0, "599 s"),
        (600.0, "10 min"),
        (5400.0, "1 h 30 min"),
        (3599.0, "1 h 0 min"),
        (86400.0, "24 h 0 min"),
        (2.5e-6, "2.50 us"),
        (3.6e-7, "360 ns"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_seconds(value: float | None, text: str) -> None:
    assert units.seconds(value) == text


@pytest.mark.parametrize(
    ("size_B", "text"),
    [
        (0, "0 B"),
        (1, "1.00 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (2**31, "2.00 GiB"),
        (512 * 2**30, "512 GiB"),
        (1.5 * 2**40, "1.50 TiB"),
        (2**60, "1024 PiB"),
    ],
)
def test_binary(size_B: float, text: str) -> None:
    assert units.binary(size_B) == text


@given(st.integers(1, 2**53))
def test_binary_is_read_back(size_B: int) -> None:
    assert quantity(units.binary(size_B), "B") == pytest.approx(size_B, rel=5.1e-3)


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.853, "85 %"), (0.0, "0 %"), (1.004, "100 %"), (None, "-"), (math.nan, "-")],
)
def test_percent(fraction: float | None, text: str) -> None:
    assert units.percent(fraction) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.814e9, 1.44e9, "0.814 - 1.44 GB/s"),
        (8.5e9, 9.8e9, "8.50 - 9.80 GB/s"),
        (0.0, 2.0e3, "0 - 2.00 kB/s"),
        (5.0, 7.0, "5.00 - 7.00 B/s"),
    ],
)
def test_a_range_has_one_prefix(low: float, high: float, text: str) -> None:
    assert units.si_range(low, high, "B/s") == text


@pytest.mark.parametrize(
    ("values", "unit", "like", "head", "words"),
    [
        ([1e9, 2e10], "B/s", [1e9], "GB/s", ["1.00", "20.0"]),
        ([1e-6, 5e-3, None], "s", [1e-6, 2e-6, 5e-3], "us", ["1.00", "5000", "-"]),
        ([0.0], "s", [0.0], "s", ["0"]),
        ([3.0], "1", [3.0], "1", ["3.00"]),
    ],
)
def test_a_column_has_one_unit(
    values: list[float | None], unit: str, like: list[float], head: str, words: list[str]
) -> None:
    assert units.column(values, unit, like) == (head, words)


@pytest.mark.parametrize(
    ("size_B", "words"),
    [
        (0, "0 B"),
        (8, "8 B"),
        (1000, "1000 B"),
        (1024, "1 KiB"),
        (12288, "12 KiB"),
        (1000000, "1000000 B"),
        (2**20, "1 MiB"),
        (3 * 2**19, "1.5 MiB"),
        (5 * 2**28, "1.25 GiB"),
        (2**20 + 8, "1048584 B"),
    ],
)
def test_a_size_that_is_exact(size_B: float, words: str) -> None:
    assert units.exact_binary(size_B) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 s"), (42.4, "42 s"), (90.0, "1.5 min"), (1800.0, "30 min"), (5400.0, "1.5 h"),
        (43200.0, "12 h"), (86400.0, "1.0 days"), (30 * 86400.0, "30 days"),
    ],
)  # fmt: skip
def test_a_pause_has_the_unit_that_fits(seconds: float, words: str) -> None:
    assert units.pause(seconds) == words
