"""Quantities as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.units import quantity

PREFIXES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}
BINARY = {f"{p}i": 1024.0**n for n, p in enumerate("KMGTPEZ", start=1)}


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("93 TF", "flop/s", 93e12),
        ("93 Tflop/s", "flop/s", 93e12),
        ("93TFLOPS", "flop/s", 93e12),
        ("1.742 EFlop/s", "flop/s", 1.742e18),
        ("1e15", "flop/s", 1e15),
        ("200 GB/s", "B/s", 200e9),
        ("200 GiB/s", "B/s", 200 * 2.0**30),
        ("512 GiB", "B", 512 * 2.0**30),
        ("512 GB", "B", 512e9),
        ("64 kB", "B", 64e3),
        ("64 KB", "B", 64e3),
        ("7 bytes", "B", 7.0),
        ("15 kW", "W", 15e3),
        ("15 kw", "W", 15e3),
        ("2.5 GHz", "Hz", 2.5e9),
        ("90", "s", 90.0),
        ("90 s", "s", 90.0),
        ("15 min", "s", 900.0),
        ("2 h", "s", 7200.0),
        ("1.5h", "s", 5400.0),
        ("250 ms", "s", 0.25),
        ("1 d", "s", 86400.0),
        ("5 k", "1", 5000.0),
        ("1_000_000", "1", 1e6),
        ("1,000,000", "1", 1e6),
        ("-3", "1", -3.0),
        (".5", "1", 0.5),
        (7, "B", 7.0),
        (7.5, "s", 7.5),
    ],
)
def test_reads(text: object, unit: str, value: float) -> None:
    assert quantity(text, unit) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("", "B"),
        ("GiB", "B"),
        ("12:30", "s"),
        ("1h30m", "s"),
        ("five", "1"),
        ("nan", "1"),
        ("inf", "1"),
        ("1e400", "B"),
        (math.nan, "s"),
        (math.inf, "s"),
        (10**400, "B"),
        (True, "B"),
        (None, "B"),
        ([1], "B"),
        ("5 GB", "flop/s"),
        ("5 TF", "B/s"),
        ("5 mB", "B"),
        ("5 GB s", "B"),
        ("5 XB", "B"),
        ("1 2 GB", "B"),
    ],
)
def test_refuses_and_says_how_to_write_it(value: object, unit: str) -> None:
    with pytest.raises(ValueError, match="write it as '") as caught:
        quantity(value, unit)
    assert unit in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("text", ["1,5 GB", "1,50 GB", "0,5 GB", "12,3456 GB", "1,2,3 GB"])
def test_a_decimal_comma_is_refused_instead_of_read_as_fifteen(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantity(text, "B")


@pytest.mark.parametrize(("text", "unit"), [("200 Gb/s", "B/s"), ("512 Gb", "B"), ("8 b", "B")])
def test_bits_are_not_bytes(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantity(text, unit)


NUMBERS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)


@given(NUMBERS, st.sampled_from(["flop/s", "B/s", "B", "W", "Hz", "s", "1"]))
def test_a_bare_number_is_itself(number: float, unit: str) -> None:
    assert quantity(number, unit) == number
    assert quantity(repr(number), unit) == number


@given(
    NUMBERS,
    st.sampled_from([*(PREFIXES | BINARY).items()]),
    st.sampled_from(["flop/s", "B/s", "B", "W", "Hz"]),
    st.sampled_from(["", " ", "  "]),
)
def test_a_prefix_is_a_factor(
    number: float, prefix: tuple[str, float], unit: str, space: str
) -> None:
    name, factor = prefix
    assert quantity(f" {number!r}{space}{name}{unit} ", unit) == pytest.approx(
        number * factor, rel=1e-15
    )


@given(st.integers(min_value=0, max_value=10**15))
def test_separators_of_thousands_change_nothing(number: int) -> None:
    assert quantity(f"{number:,} B", "B") == number
    assert quantity(f"{number:_} B", "B") == number


@given(st.text(max_size=12), st.sampled_from(["flop/s", "B/s", "B", "W", "Hz", "s", "1"]))
def test_any_text_gives_a_number_or_a_value_error(text: str, unit: str) -> None:
    try:
        assert math.isfinite(quantity(text, unit))
    except ValueError as error:
        assert "no quantity" in str(error)  # noqa: PT017 - both ends are right
