"""`qyran compare`: two selections of recorded cases, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.commands import output
from harness.config.units import quantity
from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.judge import conclusion, earlier
from harness.judge.compare import Judged, judged
from harness.judge.pairs import pairs
from harness.machine.difference import differences
from harness.record import library, selection, store
from harness.record.library import Found, Known, Selection
from harness.record.recorded import Recorded
from harness.report import compare_forms, compared, comparison, junit
from harness.report.compare_document import ChangeDoc, CompareDoc


@dataclass(frozen=True)
class Options:
    """How two sides are compared and shown. threshold : as typed, None for that of each metric."""

    threshold: str | None = None
    across: bool = False
    strict: bool = False
    everything: bool = False
    markdown: bool = False
    junit: Path | None = None


def compare(first: str, second: str, results: Path, options: Options, *, as_json: bool) -> None:
    """Compare two selections and end with the exit code of the table."""
    if as_json and options.markdown:
        raise ConfigError("--json", "and --markdown are two forms", fix="give one of them")
    shown = document(first, second, results, options)
    if options.junit is not None:
        tests = compare_forms.tests(shown)
        junit.write(options.junit, f"qyran compare {first} {second}", tests, shown.b.last)
    if options.markdown:
        output.plain(compare_forms.markdown(shown, everything=options.everything))
    else:
        table = comparison.table(shown, everything=options.everything)
        output.show(shown, table, as_json=as_json)
    output.end(shown.exit_code)


@dataclass(frozen=True)
class Sides:
    """Two selections with what was found in them, and the verdicts on their metrics."""

    first: Found
    second: Found
    rows: list[Judged]


def sides(first: str, second: str, results: Path, options: Options) -> Sides:
    """Two selections, judged; CannotMeasure if one of them holds no case."""
    threshold = fraction("--threshold", options.threshold)
    known = Known(results)
    one, other = (_selected(words, results, known) for words in (first, second))
    spreads = earlier.spreads(one.cases, other.cases, partial(_before, results))
    met = pairs(one.cases, other.cases, spreads, across=options.across)
    return Sides(one, other, judged(met, threshold))


def document(first: str, second: str, results: Path, options: Options) -> CompareDoc:
    """The comparison of two selections; CannotMeasure if one of them holds no case."""
    found = sides(first, second, results, options)
    one, other = found.first.cases, found.second.cases
    return compared.document(
        (compared.side(first, one), compared.side(second, other)),
        found.rows,
        across=options.across,
        threshold=fraction("--threshold", options.threshold),
        exit_code=conclusion.exit_code(found.rows, strict=options.strict),
        environment=environment(one[-1], other[-1]),
        skipped=found.first.skipped,
        notes=_notes(one, other),
    )


def _selected(words: str, results: Path, known: Known) -> Found:
    found = library.find(results, selection.parse(words, results, known))
    if not found.cases:
        fix = "`qyran ls` shows the runs"
        raise CannotMeasure(words, f"selects no recorded case in {results}", fix=fix)
    return found


def _before(results: Path, case: Recorded, until: float) -> Sequence[Recorded]:
    key = case.origin.hardware_key
    wanted = Selection(series=case.series, hardware_key=key, until=until)
    return library.find(results, wanted).cases if key else ()


def environment(first: Recorded, second: Recorded) -> list[ChangeDoc] | None:
    """What differs between the runs of two cases; None if one does not say where it was made."""
    try:
        found = [store.header(one.path.parent).get("environment") for one in (first, second)]
    except CorruptStore:
        return None
    if not found[0] or not found[1]:
        return None
    return compared.changes(differences(found[0], found[1]))


def _notes(first: Sequence[Recorded], second: Sequence[Recorded]) -> list[str]:
    shared = {one.path for one in first} & {one.path for one in second}
    if not shared:
        return []
    if len(shared) == 1:
        return ["a case is on both sides, and compared with itself"]
    return [f"{len(shared)} cases are on both sides, and compared with themselves"]


def fraction(flag: str, text: str | None) -> float | None:
    """``3%`` or ``0.03``; ConfigError for anything else."""
    if text is None:
        return None
    number, percent, rest = text.strip().partition("%")
    try:
        found = quantity(number, "1") * (0.01 if percent else 1.0)
    except ValueError:
        found = -1.0
    if not 0.0 < found < 1.0 or rest:
        raise ConfigError(flag, f"found {text!r}", known="a fraction such as 3% or 0.03")
    return found
