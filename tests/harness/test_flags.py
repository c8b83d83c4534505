"""What is read from the text of flags."""

from __future__ import annotations

import pytest

from harness import flags
from harness.errors import ConfigError


@pytest.mark.parametrize(("text", "value"), [(None, None), ("4", (4,)), ("1,2,4", (1, 2, 4))])
def test_counts(text: str | None, value: tuple[int, ...] | None) -> None:
    assert flags.counts("--ranks", text) == value


@pytest.mark.parametrize("text", ["", "0", "-1", "1,,2", "two", "1.5", "1,0"])
def test_counts_refuse(text: str) -> None:
    with pytest.raises(ConfigError, match="--ranks: found"):
        flags.counts("--ranks", text)


def test_pairs() -> None:
    assert flags.pair("--set", " n = 4000 ") == ("n", "4000")
    assert flags.pair("--set", "word=a=b") == ("word", "a=b")
    for text in ("n", "n=", "=5", ""):
        with pytest.raises(ConfigError, match="--set n=4000"):
            flags.pair("--set", text)


@pytest.mark.parametrize(("text", "value"), [(None, None), ("90", 90.0), ("5 min", 300.0)])
def test_a_budget(text: str | None, value: float | None) -> None:
    assert flags.seconds("--budget", text) == value


@pytest.mark.parametrize("text", ["0", "-5", "nan", "soon", "12:30"])
def test_a_budget_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        flags.seconds("--budget", text)
    assert caught.value.where == "--budget"
