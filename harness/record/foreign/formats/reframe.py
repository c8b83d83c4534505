"""ReFrame: a report file, https://reframe-hpc.readthedocs.io (``data_version`` 3 and 4).

One number of each performance variable a test; what happened to it is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from harness.config import hosts
from harness.outcome import Outcome
from harness.record.foreign.model import (
    Benchmark,
    Better,
    Measured,
    Source,
    better,
    in_base_units,
    plain,
)
from kernels.contract import Value

_MAJORS: Final = ("3", "4")
# The phase in which a test failed -> what that means here; the others are errors.
_FAILED: Final = {"sanity": Outcome.WRONG, "performance": Outcome.SLOW}
# Of a test, beside the parameters of its author: names of ReFrame's own that a name can hold.
_OWN_PARAMETER: Final = "%"


def read(content: Any, _: Path) -> Source:
    """The tests of a session, the last run of each."""
    session = content["session_info"]
    version = str(session["data_version"])
    if version.partition(".")[0] not in _MAJORS:
        raise ValueError(f"is of version {version} of ReFrame's format, known: 3 and 4")
    tests = {_identity(one): one for run in content["runs"] for one in run["testcases"]}
    first: dict[str, Any] = next(iter(tests.values()), {})
    return Source(
        tool="reframe",
        tool_version=str(session.get("version", "")),
        started=float(session["time_start_unix"]),
        host=str(session.get("hostname", "")),
        hardware={"system": f"{first.get('system', '')}:{first.get('partition', '')}"},
        software={"environ": str(first.get("environ", ""))},
        benchmarks=tuple(_benchmark(one) for one in tests.values()),
        facts={"session_info": session},
    )


def _identity(test: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(test.get(name, "")) for name in ("name", "system", "partition", "environ"))


def _benchmark(test: dict[str, Any]) -> Benchmark:
    name = str(test.get("display_name") or test["name"])
    outcome = _outcome(test)
    tasks = test.get("num_tasks") or 1
    ended = test.get("job_completion_time_unix")
    total = test.get("time_total")
    ran_on = _hosts(test)
    return Benchmark(
        name=name.split(maxsplit=1)[0],
        parameters=_parameters(name, test),
        metrics=_metrics(test) if outcome in (Outcome.PASS, Outcome.SLOW) else {},
        entry=test,
        outcome=outcome,
        reason=str(test.get("fail_reason") or ""),
        started=float(ended) - float(total) if ended and total else None,
        ended=float(ended) if ended else None,
        hosts=ran_on,
        nodes=max(1, len(ran_on)),
        ranks=int(tasks) if int(tasks) > 0 else 1,
        threads=int(test.get("num_cpus_per_task") or 1),
    )


def _outcome(test: dict[str, Any]) -> Outcome:
    if test["result"] == "pass":
        return Outcome.PASS
    if test["result"] in ("skip", "abort"):
        return Outcome.SKIPPED
    return _FAILED.get(str(test.get("fail_phase")), Outcome.ERROR)


def _hosts(test: dict[str, Any]) -> tuple[str, ...]:
    found = test.get("job_nodelist") or ()
    return hosts.expand(found) if isinstance(found, str) else tuple(map(str, found))


def _parameters(name: str, test: dict[str, Any]) -> dict[str, Value]:
    """``triad %n=20 %kind=a``, and where it ran: tests of several systems are several series."""
    where = f"{test.get('system', '')}:{test.get('partition', '')}+{test.get('environ', '')}"
    found: dict[str, Value] = {"system": where}
    for word in name.split():
        key, equals, value = word.lstrip(_OWN_PARAMETER).partition("=")
        if equals:
            found[key] = plain(test.get(key, value))
    return found


def _metrics(test: dict[str, Any]) -> dict[str, Measured]:
    return {
        key.rpartition(":")[2]: _measured(*row[:5])
        for key, row in (test.get("perfvalues") or {}).items()
        if isinstance(row[0], int | float)
    }


def _measured(
    value: float, reference: Any, lower: float | None, upper: float | None, unit: str | None
) -> Measured:
    number, base = in_base_units(float(value), unit or "")
    return Measured(base, _direction(base, reference, lower, upper), ((number,),))


def _direction(unit: str, reference: Any, lower: float | None, upper: float | None) -> Better:
    """ReFrame has none; a reference with one limit says it, else the unit."""
    if reference and (lower is None) != (upper is None):
        return "higher" if upper is None else "lower"
    return better(unit)
