"""HPL's classic output, read by the patterns that sites use on netlib's."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.judge import verdict
from harness.outcome import Outcome
from harness.plan.case import Geometry
from harness.report import compose, hpl
from harness.report.document import CaseDoc
from kernels.contract import Check

GIVEN = {
    "n": 100, "nb": 16, "p": 1, "q": 2, "order": "column", "depth": 0, "bcast": "1rg",
    "rfact": "crout", "ndiv": 2, "pfact": "left", "nbmin": 4,
}  # fmt: skip

# Lines that netlib HPL 2.3 printed for the same parameters.
NETLIB = """\
================================================================================
T/V                N    NB     P     Q               Time                 Gflops
--------------------------------------------------------------------------------
WC00C2L4         100    16     1     2               0.00             1.4100e+00
HPL_pdgesv() start time Tue Nov 24 08:09:48 2026

HPL_pdgesv() end time   Tue Nov 24 08:09:48 2026

--------------------------------------------------------------------------------
||Ax-b||_oo/(eps*(||A||_oo*||x||_oo+||b||_oo)*N)=   1.07783072e-02 ...... PASSED
================================================================================

Finished      1 tests with the following results:
              1 tests completed and passed residual checks,
              0 tests completed and failed residual checks,
              0 tests skipped because of illegal input values.
--------------------------------------------------------------------------------

End of Tests.
================================================================================
"""
PARAMETERS = """\
The following parameter values will be used:

N      :     100 
NB     :      16 
PMAP   : Column-major process mapping
P      :       1 
Q      :       2 
PFACT  :    Left 
NBMIN  :       4 
NDIV   :       2 
RFACT  :   Crout 
BCAST  :   1ring 
DEPTH  :       0 
SWAP   : Mix (threshold = 64)
"""  # noqa: W291 - as netlib prints them


def case(made: Any, seconds: float = 0.5, check: Check | None = None, **given: Any) -> CaseDoc:
    values = {**GIVEN, **given}
    geometry = Geometry(1, values["p"] * values["q"], 1)
    planned = made.case("hpl", values, geometry)
    times = [[[seconds] * geometry.ranks] * 3]
    raw = made.raw(planned, times, check=check or Check("scaled residual", 1.07783072e-2, 16.0))
    return compose.of_case(verdict.judged(raw, oversubscribe=False))


def printed(made: Any, *cases: CaseDoc) -> str:
    return hpl.text(compose.of_run(made.run(Path("/r")), cases))


def flop(n: int) -> float:
    return n * (2.0 / 3.0 * n + 1.5) * n


def test_the_lines_of_netlib_byte_for_byte(made: Any) -> None:
    found = printed(made, case(made, seconds=flop(100) / 1.41e9))
    ours = [line for line in found.splitlines() if not line.startswith("qyran: ")]
    theirs = NETLIB.splitlines()
    begun, ended = (time.ctime(1.8e9 + later) for later in (0.0, 12.5))
    theirs[4], theirs[6] = theirs[4][:24] + begun, theirs[6][:24] + ended
    assert ours[-len(theirs) :] == theirs
    assert PARAMETERS in found


def test_start_and_end_are_those_of_the_case(made: Any) -> None:
    found = printed(made, case(made))
    (begun,) = re.findall(r"^HPL_pdgesv\(\) start time (.*)$", found, re.MULTILINE)
    assert time.mktime(time.strptime(begun)) == 1.8e9


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        # ReFrame tests of several centres, awk scripts of others.
        (r"^W[RC]\S+\s+\d+\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+(\S+)$", ["5.0000e+00", "2.0000e+01"]),
        (r"^\S+\s+\d+\s+\d+\s+\d+\s+\d+\s+\d+\.\d+\s+(\d+\.\d+e\+\d+)$", ["5.0000e+00"] * 1),
        (r"^W[RC]\S+ +(\d+) ", ["2000", "3000"]),
        (r"^\|\|Ax-b\|\|.*=\s+(\S+) \.+ PASSED$", ["1.07783072e-02"] * 2),
        (r"^\s+(\d+) tests completed and passed residual checks,$", ["2"]),
        (r"^\s+(\d+) tests completed and failed residual checks,$", ["0"]),
        (r"^Finished\s+(\d+) tests with the following results:$", ["2"]),
        (r"^(End of Tests\.)$", ["End of Tests."]),
    ],
)
def test_what_parsers_look_for(made: Any, pattern: str, values: list[str]) -> None:
    first = case(made, seconds=flop(2000) / 5e9, n=2000)
    second = case(made, seconds=flop(3000) / 20e9, n=3000, bcast="mpi", order="row")
    found = re.findall(pattern, printed(made, first, second), re.MULTILINE)
    assert found[: len(values)] == values
    assert len(found) == (2 if values == ["5.0000e+00"] else len(values))


def test_the_full_precision_stands_in_a_line_of_its_own(made: Any) -> None:
    found = printed(made, case(made, seconds=0.123456789012345))
    (line,) = re.findall(r"^qyran: .*$", found, re.MULTILINE)
    said = re.search(r"Time = (\S+) s, Gflops = (\S+), ", line)
    assert said is not None
    assert float(said.group(1)) == pytest.approx(0.123456789012345, rel=1e-14)
    assert float(said.group(2)) == pytest.approx(flop(100) / 0.123456789012345e9, rel=1e-14)
    assert "median of 3 repetitions" in line


def test_a_wrong_result_has_its_residual_and_no_rate(made: Any) -> None:
    wrong = case(made, check=Check("scaled residual", 17.5, 16.0))
    found = printed(made, wrong, case(made, n=101))
    assert "1.75000000e+01 ...... FAILED" in found
    assert len(re.findall(r"^W[RC]\S+\s+\d", found, re.MULTILINE)) == 1
    assert "      1 tests completed and passed" in found
    assert "      1 tests completed and failed" in found
    unknown = case(made, check=Check("scaled residual", float("nan"), 16.0))
    assert "nan ...... FAILED" in printed(made, unknown)


def test_a_case_that_was_not_measured_is_skipped_with_its_reason(made: Any) -> None:
    planned = made.case("hpl", GIVEN)
    broken = compose.of_case(made.failed(planned, Outcome.KILLED))
    found = printed(made, broken)
    assert "killed: a rank was killed by SIGKILL" in found
    assert "      1 tests skipped" in found
    assert not re.findall(r"PASSED|FAILED|^W[RC]\d", found, re.MULTILINE)


def test_values_of_many_cases_as_netlib_breaks_lines(made: Any) -> None:
    cases = [case(made, n=100 + i, nb=8 if i % 2 else 16) for i in range(20)]
    lines = printed(made, *cases).splitlines()
    at = lines.index("The following parameter values will be used:") + 2
    assert lines[at] == "N      :" + "".join(f"{100 + i:>8} " for i in range(8))
    assert lines[at + 1] == "        " + "".join(f"{108 + i:>8} " for i in range(8))
    assert lines[at + 2] == "        " + "".join(f"{116 + i:>8} " for i in range(4))
    assert lines[at + 3] == "NB     :      16        8 "


def test_other_kernels_are_left_out_and_alone_refused(made: Any) -> None:
    other = compose.of_case(made.result())
    found = printed(made, other, case(made))
    assert "Finished      1 tests" in found
    with pytest.raises(ConfigError, match="no case of HPL, but of stream"):
        printed(made, other)


def test_a_record_without_the_choices_is_refused(made: Any) -> None:
    old = case(made)
    del old.parameters["bcast"]
    with pytest.raises(ConfigError, match="was recorded without bcast"):
        printed(made, old)
