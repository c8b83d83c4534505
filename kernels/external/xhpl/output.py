"""What xhpl prints: one test, which must be the one that was asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernels._support.hpl_table import only_test
from kernels._support.output import same
from kernels.contract import FLOP_RATE, Value, Work
from kernels.program import Parsed

if TYPE_CHECKING:
    from kernels.external.xhpl.kernel import Xhpl

_BANNER = re.compile(r"^(HPLinpack \S+) .*$", re.MULTILINE)


def parsed(case: Xhpl, text: str, work: Work) -> Parsed:
    """The report of the test; raises UnclearOutput."""
    test = only_test(text)
    for name in ("n", "nb", "p", "q"):
        same(name.upper(), getattr(case, name), getattr(test, name))
    same("the T/V code", case.code(), test.code)
    banner = _BANNER.search(text)
    facts: dict[str, Value] = {"program": banner[1] if banner else "unknown", "code": test.code}
    return Parsed(
        seconds={"solve": FLOP_RATE.seconds(work, test.rate)}, check=test.check, facts=facts
    )
