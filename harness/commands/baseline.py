"""`qyran baseline make`, `show` and `diff`: what the nodes of a class reach."""

from __future__ import annotations

from pathlib import Path

from harness.commands import fleet, output
from harness.commands.fleet import Source
from harness.config import baseline as files
from harness.errors import ConfigError
from harness.judge.fleet import baselines, verdict
from harness.judge.fleet.thresholds import DEFAULT
from harness.outcome import GOOD, INCONCLUSIVE
from harness.record.write_once import write_once
from harness.report import baseline_document
from harness.report import baselines as report
from harness.report.baseline_document import BaselineDiffDoc, BaselineMakeDoc


def make(source: Source, path: Path, environment: str, *, as_json: bool) -> None:
    """Write the baseline of measured nodes; exit 4 if they give none. It is never overwritten."""
    measured = fleet.measured(source)
    judged = verdict.judged(measured.read.table, pairs=measured.read.pairs, blocks=measured.blocks)
    found = baselines.make(judged, environment or measured.environment)
    written = found.baseline is not None and _write(path, files.text(found.baseline))
    shown = BaselineMakeDoc(
        source=source.words,
        file=str(path),
        written=written,
        refused=found.refused,
        baseline=found.baseline and baseline_document.of(found.baseline),
    )
    output.show(shown, report.made(shown), as_json=as_json)
    output.end(GOOD if found.baseline else INCONCLUSIVE)


def _write(path: Path, text: str) -> bool:
    """Whether it was written: not if the file holds the same already."""
    if path.exists():
        if path.is_file() and path.read_bytes() == text.encode():
            return False
        raise ConfigError(
            str(path), "exists already and is another baseline", fix="name another --output"
        )
    if not path.parent.is_dir():
        raise ConfigError(str(path.parent), "is no folder")
    write_once(path, text.encode())
    return True


def show(path: Path, *, as_json: bool) -> None:
    """What a baseline holds."""
    shown = baseline_document.of(files.load(path))
    output.show(shown, report.shown(shown), as_json=as_json)
    output.end(GOOD)


def diff(first: Path, second: Path, *, as_json: bool) -> None:
    """What has changed from one baseline to another; exit 0 whatever it is."""
    one, two = files.load(first), files.load(second)
    changes = baselines.difference(one, two, DEFAULT.effect)
    shown = BaselineDiffDoc(
        first=str(first),
        second=str(second),
        environments=(one.environment, two.environment),
        nodes_added=[name for name in two.nodes if name not in set(one.nodes)],
        nodes_removed=[name for name in one.nodes if name not in set(two.nodes)],
        metrics=[baseline_document.of_change(each) for each in changes],
    )
    output.show(shown, report.different(shown), as_json=as_json)
    output.end(GOOD)
