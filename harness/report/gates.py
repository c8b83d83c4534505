"""A gate for others to read: one sentence, and a test for each case and each metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.outcome import Outcome
from harness.report import compare_forms, junit
from harness.report.document import CaseDoc, RunDoc
from harness.report.gate_document import GateDoc

_STATES: Final[dict[str, junit.State]] = {
    Outcome.PASS: "passed",
    Outcome.SLOW: "failure",
    Outcome.WRONG: "failure",
    Outcome.INCONCLUSIVE: "skipped",
    Outcome.NO_REFERENCE: "skipped",
    Outcome.SKIPPED: "skipped",
}
_MEANING: Final = {
    0: "open: nothing is slower than the baseline",
    1: "closed: slower than the baseline, or than a reference",
    3: "closed: not everything could be measured",
    4: "undecided: see what the verdicts need",
    5: "closed: a wrong answer, or a damaged file",
    130: "interrupted",
}


def sentence(shown: GateDoc) -> str:
    """``gate closed: slower than the baseline, or than a reference (exit 1)``."""
    meaning = _MEANING.get(shown.exit_code, "closed")
    return f"gate {meaning} (exit {shown.exit_code}); baseline {shown.baseline}"


def tests(shown: GateDoc) -> list[junit.Test]:
    """How each case ended, and then how each of its metrics compares."""
    compared = compare_forms.tests(shown.comparison) if shown.comparison else []
    return [*of_run(shown.run), *compared]


def of_run(run: RunDoc) -> list[junit.Test]:
    """A test for each case: slow and wrong fail, what could not be measured is an error."""
    return [
        junit.Test(
            name=case.case,
            group=f"{run.suite}.{case.kernel}",
            state=_STATES.get(case.outcome, "error"),
            kind=case.outcome,
            message=case.reason,
            seconds=case.seconds["total"],
            properties=dict(_properties(case)),
        )
        for case in run.cases
    ]


def _properties(case: CaseDoc) -> Iterator[tuple[str, object]]:
    """Parameters and metrics, in base units."""
    yield from (("nodes", case.nodes), ("ranks", case.ranks), ("threads", case.threads))
    yield from case.parameters.items()
    for name, metric in case.metrics.items():
        yield f"{name} ({metric.unit})", metric.value
