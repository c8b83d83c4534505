"""`qyran list`."""

from __future__ import annotations

from typing import Any

from harness.commands import output
from harness.config import files
from harness.config.yaml_file import read
from harness.errors import QyranError, unknown
from harness.plan import metrics
from harness.report import terminal
from harness.report.listing_document import CurveShapeDoc, KernelDoc, ListDoc, ParameterDoc
from kernels import listing
from kernels.contract import AUTO, Kernel, parameters


def show(name: str | None, *, as_json: bool) -> None:
    """All kernels and suites, or one kernel."""
    if name is None:
        shown = ListDoc(
            kernels=[_kernel(one) for one in listing.names()],
            suites={suite: _title(suite) for suite in files.suites()},
        )
        output.show(shown, terminal.listing(shown), as_json=as_json)
        return
    if name not in listing.names():
        raise unknown("", "kernel", name, listing.names())
    one = ListDoc(kernels=[_kernel(name)], suites={})
    output.show(one, terminal.kernel(one.kernels[0]), as_json=as_json)


def _title(suite: str) -> str:
    """The title of a suite; a broken file says so instead of hiding."""
    try:
        return str(read(files.suites()[suite]).data.get("title", ""))
    except (QyranError, AttributeError) as error:
        return f"cannot be read: {error}"


def _kernel(name: str) -> KernelDoc:
    kernel = listing.load(name)
    example = _example(kernel)
    return KernelDoc(
        name=name,
        group=listing.group(name),
        title=kernel.title,
        version=kernel.version,
        verification=kernel.verification,
        primary=metrics.primary(example),
        metrics={one: found.metric.unit for one, found in metrics.metrics(example).items()},
        curves=_curves(example),
        parameters=[
            ParameterDoc(
                name=one.name,
                type=one.type.__name__,
                default=one.default,
                unit=one.unit,
                minimum=one.minimum,
                maximum=one.maximum,
                choices=list(one.choices),
                help=one.help,
            )
            for one in parameters(kernel)
        ],
    )


def _example(kernel: type[Kernel[Any]]) -> Kernel[Any]:
    """A small instance on two ranks: only where a curve ends depends on sizes."""
    given = {one.name: one.default for one in parameters(kernel) if one.default != AUTO}
    return kernel(**{**kernel.fit(given, memory_B=2**34, llc_B=2**20, ranks=2), **given})


def _curves(example: Kernel[Any]) -> dict[str, CurveShapeDoc]:
    named = metrics.metrics(example)
    found = {}
    for name, points in metrics.curves(example).items():
        first, point = next(iter(points.items()))
        unit = named[first].metric.unit
        found[name] = CurveShapeDoc(
            axis=point.axis, unit=point.unit, value_unit=unit, metrics=list(points)
        )
    return found
