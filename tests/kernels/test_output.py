"""Strict reading of other programs' output."""

from __future__ import annotations

import math

import pytest

from kernels._support.output import last_line, number, only, positive, same
from kernels.program import UnclearOutput


def test_the_only_line_that_fits_whole() -> None:
    assert only(r"rate: (\S+)", "a\nrate: 3\nb", "the rate")[1] == "3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no such line; the last one is ''"),
        ("rate: 3 more\n\n", "no such line; the last one is 'rate: 3 more'"),
        (" rate: 3", "no such line"),
        ("rate: 3\nrate: 3", "2 such lines"),
    ],
)
def test_any_other_number_of_lines_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnclearOutput, match="looked for the rate") as caught:
        only(r"rate: (\S+)", text, "the rate")
    assert words in str(caught.value)


def test_numbers() -> None:
    assert number("1e3", "x") == positive("1e3", "x") == 1000.0
    assert math.isnan(number("nan", "x"))
    for word in ("", "1,0", "***", "1 2"):
        with pytest.raises(UnclearOutput, match="a number for x"):
            number(word, "x")
    for word in ("nan", "inf", "0", "-1"):
        with pytest.raises(UnclearOutput, match="above 0 for x"):
            positive(word, "x")


def test_what_was_asked_for() -> None:
    same("N", 500, 500)
    with pytest.raises(UnclearOutput, match="looked for N = 500, found 501"):
        same("N", 500, 501)
    assert last_line("a\n" + "b" * 200 + "\n \n") == "b" * 80
