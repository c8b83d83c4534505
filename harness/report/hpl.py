"""A run in the form in which netlib HPL 2.3 prints its tests, for programs that read that.

Lines, columns and widths are those of testing/ptest/HPL_pdinfo.c, HPL_pdtest.c and HPL_pddriver.c;
the sentences between them are our own. What differs in meaning:

- Time and Gflops are the median over the repetitions of a case; below them a line of its own has
  them in full precision, with the interval. Start and end are those of the whole case.
- A case without a passed check has no line of Time and Gflops: a number without a check is none.
  It counts as failed, with its residual, or as skipped, with its reason.
- Broadcast digit 6 of T/V is the MPI library's own, which netlib does not have.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from harness.errors import ConfigError
from harness.report import units
from harness.report.document import CaseDoc, MetricDoc, RunDoc
from kernels import listing
from kernels._support.hpl_dat import Variant
from kernels.contract import parameters

KERNELS: Final = ("hpl", "xhpl")
_DOUBLE: Final = "=" * 80
_SINGLE: Final = "-" * 80
_HEAD: Final = "T/V                N    NB     P     Q               Time                 Gflops"
_RESIDUAL: Final = "||Ax-b||_oo/(eps*(||A||_oo*||x||_oo+||b||_oo)*N)= "
_EPS: Final = 2.0**-53
_NEEDED: Final = (
    "n", "nb", "p", "q", "order", "pfact", "rfact", "nbmin", "ndiv", "bcast", "depth",
    "swap", "swap_threshold",
)  # fmt: skip
_BROADCAST: Final = {
    "1rg": "1ring", "1rM": "1ringM", "2rg": "2ring", "2rM": "2ringM", "Lng": "Blong",
    "LnM": "BlongM",
}  # fmt: skip
_SWAP: Final = {"binary": "Binary-exchange", "long": "Spread-roll (long)"}
# Form of L1, form of U, equilibration: properties of the program, the same in all its tests.
_FORMS: Final = {
    "hpl": ("no-transposed form", "no-transposed form", "no"),
    "xhpl": ("transposed form", "transposed form", "yes"),
}


def refuse(kernels: Iterable[str], where: str) -> None:
    """ConfigError if none of these kernels is HPL: there would be nothing to print."""
    found = set(kernels)
    if not found & set(KERNELS):
        raise ConfigError(
            "--format hpl",
            f"{where} has no case of HPL, but of {', '.join(sorted(found)) or 'nothing'}",
            known="kernels " + ", ".join(KERNELS),
            fix="leave --format out",
        )


def text(run: RunDoc) -> str:
    """The output of a run; ConfigError if it has no case of HPL, or one without HPL's choices."""
    refuse((case.kernel for case in run.cases), f"run {run.run}")
    cases = [case for case in run.cases if case.kernel in KERNELS]
    for case in cases:
        _complete(case)
    lines = [*_banner(run), *_parameters(cases), *_rules(cases)]
    for case in cases:
        lines += _test(case)
    return "\n".join([*lines, *_summary(cases)]) + "\n"


def _complete(case: CaseDoc) -> None:
    missing = [name for name in _NEEDED if name not in case.parameters]
    if missing:
        raise ConfigError(
            "--format hpl",
            f"{case.case} was recorded without {', '.join(missing)}",
            known="cases recorded since the kernel has these parameters",
            fix="run it again, or leave --format out",
        )


def _banner(run: RunDoc) -> Iterator[str]:
    yield _DOUBLE
    yield "HPLinpack 2.3 output  --  written by qyran from its own record"
    yield f"Run {run.run}, cluster {run.cluster}"
    yield _DOUBLE
    yield ""
    yield "The columns and parameters below:"
    yield "T/V    : the variant: W, mapping, DEPTH, BCAST, RFACT, NDIV, PFACT, NBMIN."
    yield "N      : order of the matrix."
    yield "NB     : block size of the distribution."
    yield "P      : process rows."
    yield "Q      : process columns."
    yield "Time   : seconds to solve the system, the median of the repetitions."
    yield "Gflops : 10^9 flop/s of that time."
    yield ""
    yield "The following parameter values will be used:"
    yield ""


def _parameters(cases: Sequence[CaseDoc]) -> Iterator[str]:
    """The values of all cases, each once, in the order of the cases."""

    def listed(head: str, name: str, word: Callable[[str], str] = str) -> Iterator[str]:
        values = dict.fromkeys(word(str(case.parameters[name])) for case in cases)
        return _wrapped(head, [f"{value:>8} " for value in values])

    yield from listed("N", "n")
    yield from listed("NB", "nb")
    yield f"PMAP   : {_joined(_mapping(case) for case in cases)}"
    grids = list(dict.fromkeys((case.parameters["p"], case.parameters["q"]) for case in cases))
    for i, head in enumerate("PQ"):
        yield from _wrapped(head, [f"{grid[i]:>8} " for grid in grids])
    yield from listed("PFACT", "pfact", str.capitalize)
    yield from listed("NBMIN", "nbmin")
    yield from listed("NDIV", "ndiv")
    yield from listed("RFACT", "rfact", str.capitalize)
    yield from listed("BCAST", "bcast", lambda word: _BROADCAST.get(word, word))
    yield from listed("DEPTH", "depth")
    yield f"SWAP   : {_joined(_swap(case) for case in cases)}"
    for i, head in enumerate(("L1", "U", "EQUIL")):
        yield f"{head:<7}: {_joined(_FORMS[case.kernel][i] for case in cases)}"
    yield "ALIGN  : 8 double precision words"
    yield ""


def _wrapped(head: str, values: Sequence[str]) -> Iterator[str]:
    """Eight values in each of the first two lines, all others in the third."""
    for start, stop in ((0, 8), (8, 16), (16, len(values))):
        if start == 0 or start < len(values):
            yield f"{head if start == 0 else '':<7}{':' if start == 0 else ' '}" + "".join(
                values[start:stop]
            )


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _mapping(case: CaseDoc) -> str:
    return f"{str(case.parameters['order']).capitalize()}-major process mapping"


def _swap(case: CaseDoc) -> str:
    mix = f"Mix (threshold = {case.parameters['swap_threshold']})"
    return _SWAP.get(str(case.parameters["swap"]), mix)


def _rules(cases: Sequence[CaseDoc]) -> Iterator[str]:
    tolerance = max((case.check.tolerance for case in cases if case.check), default=math.nan)
    yield _SINGLE
    yield ""
    yield "- The matrix A is random, the same for every grid and block size."
    yield "- This scaled residual is computed from A and b generated anew:"
    yield "      ||Ax-b||_oo / ( eps * ( || x ||_oo * || A ||_oo + || b ||_oo ) * N )"
    yield f"- The relative machine precision (eps) is taken to be      {_EPS:21.6e}"
    if math.isfinite(tolerance):
        yield f"- A test passes if its scaled residual is not above {tolerance:28.1f}"
    yield ""


def _test(case: CaseDoc) -> Iterator[str]:
    """The lines of one test."""
    metric = case.metrics.get(case.primary)
    passed = metric is not None and case.check is not None and case.check.passed
    yield _DOUBLE
    yield _HEAD
    yield _SINGLE
    if metric is not None and passed:
        yield from _measured(case, metric)
    if case.check is not None and (passed or not case.check.passed):
        error = math.nan if case.check.error is None else case.check.error
        yield _SINGLE
        yield f"{_RESIDUAL}{error:16.8e} ...... {'PASSED' if passed else 'FAILED'}"
    if not passed:
        yield f">>> {case.case}: {case.outcome}: {case.reason} <<<"


def _measured(case: CaseDoc, metric: MetricDoc) -> Iterator[str]:
    values, seconds = case.parameters, _seconds(case, metric)
    rate, low, high = (units.giga(one) for one in (metric.value, metric.low, metric.high))
    grid = f"{values['n']:>12} {values['nb']:>5} {values['p']:>5} {values['q']:>5}"
    yield f"{_variant(case)}{grid} {seconds:18.2f}    {rate:19.4e}"
    for word, at in (("start time", case.started), ("end time  ", case.ended)):
        if at is not None:
            yield f"HPL_pdgesv() {word} {time.ctime(at)}"
            yield ""
    yield (
        f"qyran: {case.case}, median of {units.counted(metric.n, 'repetition')}: "
        f"Time = {seconds!r} s, Gflops = {rate!r}, "
        f"{metric.level:.0%} interval {low!r} to {high!r}"
    )


def _variant(case: CaseDoc) -> str:
    values = case.parameters
    words = (str(values[name]) for name in ("order", "bcast", "rfact", "pfact"))
    order, bcast, rfact, pfact = words
    depth, ndiv, nbmin = (int(values[name]) for name in ("depth", "ndiv", "nbmin"))
    return Variant(order, depth, bcast, rfact, ndiv, pfact, nbmin).code


def _seconds(case: CaseDoc, metric: MetricDoc) -> float:
    """The time of the median rate, s."""
    kernel = listing.load(case.kernel)
    known = {one.name for one in parameters(kernel)}
    phases = kernel(**{k: v for k, v in case.parameters.items() if k in known}).phases()
    work = next(one for one in phases if one.name == metric.phase).work(case.ranks)
    return work.flop / metric.value


def _summary(cases: Sequence[CaseDoc]) -> Iterator[str]:
    passed = sum(
        case.check is not None and case.check.passed and bool(case.metrics) for case in cases
    )
    failed = sum(case.check is not None and not case.check.passed for case in cases)
    skipped = len(cases) - passed - failed
    yield _DOUBLE
    yield ""
    yield f"Finished {len(cases):6d} tests with the following results:"
    yield f"         {passed:6d} tests completed and passed residual checks,"
    yield f"         {failed:6d} tests completed and failed residual checks,"
    yield f"         {skipped:6d} tests skipped because of illegal input values."
    yield _SINGLE
    yield ""
    yield "End of Tests."
    yield _DOUBLE
