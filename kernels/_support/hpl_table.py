"""The results that HPL prints for one test: the T/V line, the residual and the closing summary.

Formats: netlib HPL 2.3, testing/ptest/HPL_pdtest.c and HPL_pddriver.c; hpcc prints the same.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from kernels._support.output import number, only, positive, same
from kernels.contract import Check
from kernels.program import UnclearOutput

THRESHOLD: Final = 16.0
_TEST: Final = r"(W[RC]\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\S+) +(\S+) *"
_RESIDUAL: Final = (
    r"\|\|Ax-b\|\|_oo/\(eps\*\(\|\|A\|\|_oo\*\|\|x\|\|_oo\+\|\|b\|\|_oo\)\*N\)= +"
    r"(\S+) \.{6} (\S+) *"
)


@dataclass(frozen=True)
class HplTest:
    """One test: its T/V code, its parameters, flop/s as printed, and its residual."""

    code: str
    n: int
    nb: int
    p: int
    q: int
    rate: float
    residual: float
    passed: bool

    @property
    def check(self) -> Check:
        """The residual against the threshold; failed if HPL says so, whatever the number is."""
        above = self.residual > THRESHOLD
        return Check(
            "scaled residual", self.residual if self.passed or above else math.inf, THRESHOLD
        )


def only_test(text: str) -> HplTest:
    """The test of an output that holds exactly one; raises UnclearOutput for any other."""
    found = only(_TEST, text, "a T/V line such as 'WR11C2R4 ...'")
    code, *sizes, _time, gflops = found.groups()
    n, nb, p, q = (int(word) for word in sizes)
    residual, verdict = _residual(text)
    _summary(text, passed=verdict)
    rate = 1e9 * positive(gflops, "Gflops of the T/V line")
    return HplTest(code, n, nb, p, q, rate, residual, verdict)


def _residual(text: str) -> tuple[float, bool]:
    """The scaled residual, and whether HPL says that it passed."""
    found = only(_RESIDUAL, text, "the line '||Ax-b||_oo/(eps*...)= ... PASSED'")
    residual = number(found[1], "the scaled residual")
    if found[2] not in ("PASSED", "FAILED"):
        raise UnclearOutput("PASSED or FAILED behind the scaled residual", repr(found[2]))
    passed = found[2] == "PASSED"
    if passed and not residual < THRESHOLD:
        raise UnclearOutput(f"a residual below {THRESHOLD} that PASSED", found[1])
    return residual, passed


def _summary(text: str, *, passed: bool) -> None:
    """The closing counts, which must agree with the verdict."""
    only(r"Finished +1 tests with the following results: *", text, "the line 'Finished 1 tests'")
    for word, wanted in (("passed", int(passed)), ("failed", int(not passed))):
        line = rf" +(\d+) tests completed and {word} residual checks, *"
        found = only(line, text, f"the line '{wanted} tests completed and {word}'")
        same(f"tests completed and {word}", wanted, int(found[1]))
    found = only(r" +(\d+) tests skipped because of illegal input values\. *", text, "'0 skipped'")
    same("tests skipped because of illegal input", 0, int(found[1]))
    only(r"End of Tests\. *", text, "the line 'End of Tests.'")
    if re.search(r"HPL ERROR", text):
        raise UnclearOutput("a run without errors", "a line 'HPL ERROR'")
