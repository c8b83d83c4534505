"""What STREAM prints: sizes, the table of rates, and its verdict (STREAM 5.10, stream.c)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernels._support.output import number, only, positive, same
from kernels.contract import BANDWIDTH, Check, Value
from kernels.program import Parsed, UnclearOutput

if TYPE_CHECKING:
    from kernels.external.stream_c.kernel import StreamC

_TOLERANCE = 1e-13
_ERROR = re.compile(r"^ +Expected Value: .* AvgRelAbsErr: +(\S+) *$", re.MULTILINE)


def parsed(case: StreamC, text: str) -> Parsed:
    """The report of one run; raises UnclearOutput."""
    version = only(r"STREAM version \$Revision: (\S+) \$ *", text, "the line 'STREAM version'")
    bytes_ = only(r"This system uses (\d+) bytes per array element\. *", text, "'bytes per array'")
    same("bytes of an array element", 8, int(bytes_[1]))
    size = only(r"Array size = (\d+) \(elements\), Offset = \d+ .*", text, "the line 'Array size'")
    same("the elements of an array compiled into it (n)", case.n, int(size[1]))
    seconds = {
        phase.name: BANDWIDTH.seconds(phase.work(1), _rate(text, phase.name.capitalize()))
        for phase in case.phases()
    }
    facts: dict[str, Value] = {"program": f"STREAM {version[1]}"}
    counted = re.search(r"^Number of Threads counted = (\d+)", text, re.MULTILINE)
    if counted:
        facts["threads"] = int(counted[1])
    return Parsed(seconds=seconds, check=_check(text), facts=facts)


def _rate(text: str, function: str) -> float:
    """Bytes a second of one line of the table."""
    row = only(rf"{function}: +(\S+) +\S+ +\S+ +\S+ *", text, f"the row '{function}:'")
    return 1e6 * positive(row[1], f"the rate of {function}")


def _check(text: str) -> Check:
    """Its verdict; its errors are printed only where they are too large."""
    failed = _ERROR.findall(text)
    if failed or "Failed Validation" in text:
        worst = max((number(one, "AvgRelAbsErr") for one in failed), default=float("inf"))
        return Check("mean relative error of an array", worst, _TOLERANCE)
    good = r"Solution Validates: avg error less than (\S+) on all three arrays *"
    limit = number(only(good, text, "the line 'Solution Validates'")[1], "the limit of the error")
    if not limit <= _TOLERANCE:
        raise UnclearOutput(f"a limit of the error of {_TOLERANCE}", str(limit))
    return Check("mean relative error of an array, at most", limit, _TOLERANCE)
