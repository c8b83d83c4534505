"""`qyran list`."""

from __future__ import annotations

from typing import Any

from harness.commands import output
from harness.config import files
from harness.config.yaml_file import read
from harness.errors import QyranError, unknown
from harness.plan.resolve import metric_names
from harness.report import document, terminal
from kernels import listing
from kernels.contract import AUTO, Kernel, parameters


def show(name: str | None, *, as_json: bool) -> None:
    """All kernels and suites, or one kernel."""
    if name is None:
        shown = document.ListDoc(
            kernels=[_kernel(one) for one in listing.names()],
            suites={suite: _title(suite) for suite in files.suites()},
        )
        output.show(shown, terminal.listing(shown), as_json=as_json)
        return
    if name not in listing.names():
        raise unknown("", "kernel", name, listing.names())
    one = document.ListDoc(kernels=[_kernel(name)], suites={})
    output.show(one, terminal.kernel(one.kernels[0]), as_json=as_json)


def _title(suite: str) -> str:
    """The title of a suite; a broken file says so instead of hiding."""
    try:
        return str(read(files.suites()[suite]).data.get("title", ""))
    except (QyranError, AttributeError) as error:
        return f"cannot be read: {error}"


def _kernel(name: str) -> document.KernelDoc:
    kernel = listing.load(name)
    return document.KernelDoc(
        name=name,
        group=listing.group(name),
        title=kernel.title,
        version=kernel.version,
        verification=kernel.verification,
        primary=_primary(kernel),
        metrics=_metrics(kernel),
        parameters=[
            document.ParameterDoc(
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
    """A small instance on two ranks: phases and metrics do not depend on sizes."""
    given = {one.name: one.default for one in parameters(kernel) if one.default != AUTO}
    return kernel(**{**kernel.fit(given, memory_B=2**28, llc_B=2**20, ranks=2), **given})


def _metrics(kernel: type[Kernel[Any]]) -> dict[str, str]:
    example = _example(kernel)
    units = {phase.name: phase.metric.unit for phase in example.phases()}
    return {name: units[phase] for name, phase in metric_names(example).items()}


def _primary(kernel: type[Kernel[Any]]) -> str:
    names = metric_names(_example(kernel))
    return next(name for name, phase in names.items() if phase == kernel.primary)
