"""`qyran plot`: a picture of what was measured, as SVG or PNG, and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.commands import output
from harness.commands.fleet import Source
from harness.config.units import quantity
from harness.errors import CannotMeasure, ConfigError, unknown
from harness.judge.roofline import SOURCE
from harness.record import details, store
from harness.record.details import RunDetails
from harness.report.document import Doc
from harness.report.plots import listing
from harness.report.plots.listing import Kind, NoNumbers

if TYPE_CHECKING:
    from harness.judge.fleet.pairs import Pairs
    from harness.judge.fleet.verdict import Judged

_SUFFIXES: Final = (".svg", ".png")
_SEARCHED: Final = 200


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn of what. run : words that select a run; kernel, metric : "" for all."""

    run: str
    source: Source
    rate: str | None = None
    kernel: str = ""
    metric: str = ""


@dataclass(frozen=True)
class Picture:
    """The file, None for none, and its size in px; None for what suits the numbers."""

    file: Path | None
    width: float | None = None
    height: float | None = None


def names(*, as_json: bool) -> None:
    """All plots, with what each shows."""
    kinds = {name: listing.load(name) for name in listing.names()}
    shown = listing.PlotsDoc(
        plots=[
            listing.PlotDoc(plot=name, title=one.TITLE, shows=one.HELP)
            for name, one in kinds.items()
        ]
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("plot", no_wrap=True)
    table.add_column("shows")
    for line in shown.plots:
        table.add_row(line.plot, line.shows)
    output.show(shown, table, as_json=as_json)


def plot(name: str, wanted: Wanted, picture: Picture, *, as_json: bool) -> None:
    """Draw a plot into a file, or print its numbers, or both."""
    kind = listing.load(name)
    suffix = _suffix(picture.file)
    _refuse(name, kind, wanted)
    if picture.file is None and not as_json:
        raise ConfigError(
            "plot", "has nowhere to draw", fix=f"add -o {name}.svg, -o {name}.png, or --json"
        )
    try:
        document = _SOURCES[kind.NEEDS](kind, wanted)
    except NoNumbers as error:
        raise CannotMeasure(f"plot {name}", error.found, fix=error.fix) from error
    if picture.file is not None:
        _write(picture.file, _drawn(name, document, picture, suffix))
    output.show(document, _said(kind, document, picture.file), as_json=as_json)


def _refuse(name: str, kind: Kind, wanted: Wanted) -> None:
    """ConfigError for what was asked for and would have no effect."""
    source = wanted.source
    for flag, given, needs in (
        ("--rate", wanted.rate, ("rate", "ranking")),
        ("--kernel", wanted.kernel, ("run", "machine", "history")),
        ("--metric", wanted.metric, ("history",)),
        ("--from", source.file, ("fleet", "pairs")),
        ("--runs", source.runs, ("fleet", "pairs")),
    ):
        if given and kind.NEEDS not in needs:
            raise ConfigError(flag, f"has no meaning for plot {name}", fix=f"leave {flag} out")


def _suffix(file: Path | None) -> str:
    """How the file ends; ConfigError if that is no format."""
    suffix = file.suffix.lower() if file else ""
    if file is not None and suffix not in _SUFFIXES:
        raise ConfigError("-o", f"{str(file)!r} names no format", ", ".join(_SUFFIXES))
    return suffix


def _drawn(name: str, document: Doc, picture: Picture, suffix: str) -> bytes:
    from harness.report.plots import render

    size = render.Size(picture.width, picture.height)
    if suffix == ".png":
        return render.png(name, document, size)
    return render.svg(name, document, size).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error


def _said(kind: Kind, document: Doc, file: Path | None) -> RenderableType:
    """What is to be seen, in words, and where."""
    return (
        Text.assemble((f"{file}: ", "bold"), listing.described(kind, document))
        if file
        else Text("")
    )


def _of_rate(kind: Any, wanted: Wanted) -> Doc:
    rate, source = _rate(wanted)
    try:
        made: Doc = kind.numbers(rate, source)
    except ValueError as error:
        raise ConfigError("--rate", str(error)) from error
    return made


def _of_ranking(kind: Any, wanted: Wanted) -> Doc:
    """Among the lists of one benchmark; without a result the lists alone."""
    try:
        value = None if wanted.rate is None else quantity(wanted.rate, kind.UNIT)
        made: Doc = kind.numbers(value)
    except ValueError as error:
        raise ConfigError("--rate", str(error)) from error
    return made


def _rate(wanted: Wanted) -> tuple[float, str]:
    """The HPL result to draw, flop/s, and where it comes from."""
    if wanted.rate is not None:
        try:
            return quantity(wanted.rate, "flop/s"), "given"
        except ValueError as error:
            raise ConfigError("--rate", str(error)) from error
    results = wanted.source.results
    for record in store.newest_first(results, _SEARCHED, ["hpl"]):
        if "flop_rate" in record["metrics"]:
            return float(record["metrics"]["flop_rate"]["value"]), f"run {record['run']}"
    raise NoNumbers(
        f"{results} holds no HPL result that passed its check",
        "`qyran run hpl`, or give one: --rate '93 TF'",
    )


def _run(wanted: Wanted, always: str = "") -> RunDetails:
    """A run, or what it has of one kernel. always : a kernel that is needed in any case."""
    results = wanted.source.results
    if not Path(wanted.run).exists() and next(store.newest(results), None) is None:
        raise NoNumbers(f"{results} holds no runs", "`qyran run quick`")
    run = details.of_run(store.find(results, wanted.run))
    if not wanted.kernel:
        return run
    known = list(dict.fromkeys(one.record["kernel"] for one in run.cases))
    if wanted.kernel not in known:
        raise unknown("--kernel", "kernel", wanted.kernel, known)
    kept = (wanted.kernel, always)
    return replace(run, cases=tuple(one for one in run.cases if one.record["kernel"] in kept))


def _of_run(kind: Any, wanted: Wanted) -> Doc:
    made: Doc = kind.numbers(_run(wanted))
    return made


def _of_machine(kind: Any, wanted: Wanted) -> Doc:
    run = _run(wanted, always=SOURCE)
    made: Doc = kind.numbers(run, kind.earlier(run, wanted.source.results))
    return made


def _of_history(kind: Any, wanted: Wanted) -> Doc:
    from harness.commands import history

    results = wanted.source.results
    asked = history.Wanted(
        wanted.kernel, wanted.metric or None, "", None, None, None, False, results
    )
    found = history.shown(asked)
    if not found.series:
        what = f" of {wanted.kernel}" if wanted.kernel else ""
        raise NoNumbers(f"{results} holds no runs{what}", "`qyran run quick`")
    return found.model_copy(update={"left_out": kind.left_out(found)})


def _of_fleet(kind: Any, wanted: Wanted) -> Doc:
    found, _ = _fleet(wanted)
    if not found.table.nodes or not found.table.metrics:
        raise NoNumbers("there is no measurement of a node", "`qyran submit SUITE --per-node`")
    made: Doc = kind.numbers(found, wanted.source.words)
    return made


def _of_pairs(kind: Any, wanted: Wanted) -> Doc:
    found, pairs = _fleet(wanted)
    if pairs is None or not len(pairs.ends):
        raise NoNumbers(
            f"{wanted.source.words} has no pair of nodes",
            "`qyran run accept-pairs --nodes N`, or a column `peer` in the file (docs/pairs.md)",
        )
    made: Doc = kind.numbers(found, pairs, wanted.source.words)
    return made


def _fleet(wanted: Wanted) -> tuple[Judged, Pairs | None]:
    from harness.commands import fleet
    from harness.judge.fleet import verdict

    measured = fleet.measured(wanted.source)
    read = measured.read
    found = verdict.judged(read.table, pairs=read.pairs, blocks=measured.blocks)
    return found, read.pairs


_SOURCES: Final[dict[str, Callable[[Any, Wanted], Doc]]] = {
    "rate": _of_rate,
    "ranking": _of_ranking,
    "run": _of_run,
    "machine": _of_machine,
    "history": _of_history,
    "fleet": _of_fleet,
    "pairs": _of_pairs,
}
"""What a plot needs -> how its numbers are made of what was typed."""
