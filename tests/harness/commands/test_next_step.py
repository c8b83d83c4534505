"""What to type next measures the same series again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands import next_step


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("qyran run stream --set n=100000 --ranks 1", "qyran run stream --set n=100000 --ranks 1"),
        ("qyran run quick --launches 2 --tag old --results /r", "qyran run quick"),
        ("qyran run stream --ranks=2 --launches=3 --into=/r/x", "qyran run stream --ranks=2"),
        ("qyran gate quick --against tag:june", "qyran run quick"),
        ("", "qyran run quick"),
    ],
)
def test_a_run_is_repeated_as_it_was_asked_for(command: str, typed: str) -> None:
    header = {"suite": "quick", "command": command.split()}
    assert next_step.repeated(header, Path("results"), 7) == f"{typed} --launches 7"
    assert next_step.repeated(header, Path("/a b"), 7).endswith(" --launches 7 --results '/a b'")


def test_as_many_launches_as_then() -> None:
    typed = "qyran run hpl --launches 3 --tag a --set n=9"
    header = {"suite": "hpl", "command": typed.split()}
    assert next_step.repeated(header, Path("results")) == "qyran run hpl --launches 3 --set n=9"
