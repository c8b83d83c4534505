"""One exit code for a whole table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.compare import Judged, judged
from harness.judge.conclusion import exit_code
from harness.judge.pairs import pairs
from harness.record.recorded import Recorded
from tests.harness.judge.examples import STEADY, named_anew, of, recorded, times

SAME = (of("a", STEADY), of("b", STEADY))
SLOWER = (of("a", STEADY), of("b", times(0.9)))
FASTER = (of("a", STEADY), of("b", times(1.1)))
UNDECIDED = (of("a", STEADY), of("b", (1.0,)))
OTHER_HARDWARE = (of("a", STEADY), of("b", STEADY, hardware_key="h2"))
VANISHED = (of("a", STEADY), None)
NEW = (None, of("b", STEADY))
KILLED = (of("a", STEADY), recorded("b", {}))
WRONG = (of("a", STEADY), recorded("b", {}, outcome="wrong", reason="off"))
WAS_WRONG = (recorded("a", {}, outcome="wrong"), of("b", STEADY))
BOTH_KILLED = (recorded("a", {}), recorded("b", {}))


def table(*cases: tuple[Recorded | None, Recorded | None]) -> list[Judged]:
    """Each case another kernel, so that they do not meet."""
    sides: tuple[list[Recorded], list[Recorded]] = ([], [])
    for i, case in enumerate(cases):
        for side, one in zip(sides, case, strict=True):
            if one is not None:
                side.append(named_anew(replace(one, kernel=f"k{i}")))
    return judged(pairs(*sides))


@pytest.mark.parametrize(
    ("cases", "code", "strict"),
    [
        ((SAME,), 0, 0),
        ((FASTER,), 0, 0),
        ((SAME, FASTER, SAME), 0, 0),
        ((SLOWER,), 1, 1),
        ((SLOWER, FASTER, SAME, UNDECIDED, VANISHED), 1, 1),
        ((UNDECIDED,), 4, 4),
        ((OTHER_HARDWARE,), 4, 4),
        ((UNDECIDED, OTHER_HARDWARE), 4, 4),
        ((UNDECIDED, SAME), 0, 4),
        ((OTHER_HARDWARE, SAME), 0, 4),
        ((VANISHED,), 3, 3),
        ((VANISHED, SAME), 3, 3),
        ((KILLED, SAME), 3, 3),
        ((BOTH_KILLED, SAME), 3, 3),
        ((KILLED, UNDECIDED), 3, 3),
        ((NEW,), 3, 3),
        ((NEW, SAME), 0, 0),
        ((NEW, UNDECIDED), 4, 4),
        ((WAS_WRONG, SAME), 0, 0),
        ((WRONG, SAME), 5, 5),
        ((WRONG, SLOWER), 5, 5),
        ((), 3, 3),
    ],
)
def test_every_mixture_has_its_code(
    cases: tuple[tuple[Recorded | None, Recorded | None], ...], code: int, strict: int
) -> None:
    rows = table(*cases)
    assert exit_code(rows) == code
    assert exit_code(rows, strict=True) == strict
