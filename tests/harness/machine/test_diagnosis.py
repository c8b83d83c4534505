"""What the output of a starter means."""

from __future__ import annotations

import pytest

from harness.machine.diagnosis import cause

_UNREACHABLE = """\
ssh: Could not resolve hostname node9: Name or service not known
--------------------------------------------------------------------------
PRTE was unable to reliably start one or more daemons. Please correct it and
try again.
--------------------------------------------------------------------------
"""


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (_UNREACHABLE, "a node cannot be reached: ssh: Could not resolve hostname node9"),
        ("/bin/sh: prted: not found\nbye\n", "a node lacks what is needed"),
        ("something that nobody knows\n", ""),
    ],
)
def test_the_cause_is_the_line_that_says_it_and_not_the_last_one(output: str, found: str) -> None:
    said = cause(output)
    assert said.startswith(found)
    assert bool(said) == bool(found)
    assert "try again" not in said
