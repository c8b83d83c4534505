"""What an error says."""

from __future__ import annotations

import pytest

from harness.errors import (
    CannotMeasure,
    ConfigError,
    CorruptStore,
    QyranError,
    did_you_mean,
    unknown,
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.yaml:3", "is wrong"), "a.yaml:3: is wrong"),
        (("", "is wrong"), "is wrong"),
        (("a", "b", "c"), "a: b\n  known: c"),
        (("a", "b", "c", "d"), "a: b\n  known: c\n  fix: d"),
        (("a", "b", "", "d"), "a: b\n  fix: d"),
    ],
)
def test_message(arguments: tuple[str, ...], message: str) -> None:
    assert str(QyranError(*arguments)) == message


def test_exit_codes() -> None:
    assert [one.exit_code for one in (ConfigError, CannotMeasure, CorruptStore)] == [2, 3, 5]
    assert all(issubclass(one, QyranError) for one in (ConfigError, CannotMeasure, CorruptStore))


@pytest.mark.parametrize(
    ("found", "hint"),
    [
        ("hlp", "; did you mean 'hpl'?"),
        ("STREAM", "; did you mean 'stream'?"),
        ("dgem", "; did you mean 'DGEMM'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_did_you_mean(found: str, hint: str) -> None:
    assert did_you_mean(found, ["hpl", "stream", "DGEMM"]) == hint


def test_unknown() -> None:
    error = unknown("f:1", "kernel", "hlp", iter(["hpl", "dgemm"]), "`qyran list`")
    assert str(error) == (
        "f:1: unknown kernel 'hlp'; did you mean 'hpl'?\n  known: hpl, dgemm\n  fix: `qyran list`"
    )
    assert unknown("f", "run", "x", []).known == "none"
