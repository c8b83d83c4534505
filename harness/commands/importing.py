"""`qyran store import`: results of other tools become runs of the store."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from harness.commands import output
from harness.outcome import GOOD
from harness.record import recorded, store
from harness.record.foreign import reading, writing
from harness.record.foreign.model import Source, word
from harness.record.result import Run
from harness.record.write_once import write_once
from harness.report import imported
from harness.report.import_document import ImportDoc, ImportedDoc


def import_(
    form: str, files: list[Path], cluster: str | None, results: Path, *, as_json: bool
) -> None:
    """Import files; all are read before the first is recorded, and none is recorded twice.

    cluster : the name that their runs have in the store, else the host or the tool they name.
    """
    read = [(path, *reading.read(form, path)) for path in files]
    runs = [
        _recorded(
            path, source, writing.run(source, path, content, _cluster(cluster, source), results)
        )
        for path, source, content in read
    ]
    shown = ImportDoc(format=form, results=str(results), runs=runs)
    output.show(shown, imported.lines(shown), as_json=as_json)
    output.end(GOOD)


def _cluster(given: str | None, source: Source) -> str:
    return given or word(source.host or source.tool)


def _recorded(path: Path, source: Source, begun: Run) -> ImportedDoc:
    """The run of a file; what an interrupted import has left out is added."""
    cases = writing.cases(source)
    folder = Path(begun.path)
    if not (folder / "run.yaml").exists():
        store.create(begun, tuple(case for case, _ in cases))
    origin = recorded.as_members(recorded.origin(begun, len(cases)))
    new = [pair for pair in cases if not (folder / f"{pair[0].id}.h5").exists()]
    for case, one in new:
        document = imported.of_benchmark(source, case, one).model_dump() | origin
        write_once(folder / f"{case.id}.h5", writing.encoded(begun, case, one, document))
    return ImportedDoc(
        file=str(path),
        run=begun.id,
        path=begun.path,
        cluster=begun.cluster,
        started=begun.started,
        cases=len(cases),
        recorded=len(new),
        outcomes=dict(Counter(str(one.outcome) for _, one in cases)),
    )
