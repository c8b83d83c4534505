"""`qyran tune`."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Final

from harness import session, tuning
from harness.commands import output, run
from harness.errors import CannotMeasure, ConfigError
from harness.machine.node import NodeFacts
from harness.prepare import Request
from harness.record.write_over import write_over
from harness.report import tuned as rendering
from harness.report import units
from harness.report.document import CaseDoc
from harness.report.tuning_document import StageDoc, TrialDoc, TuneDoc
from harness.tuning import Stage, Tuned
from kernels.contract import AUTO

_FOLDER: Final = Path("jobs")


def tune(request: Request, file: Path | None, *, force: bool, as_json: bool) -> None:
    """Try what the kernel declares, show it, and write the best into a suite."""
    run.heed_signals()
    started = time.time()
    tuned = tuning.begin(request)
    path = file or _FOLDER / f"{request.name}-tuned.yaml"
    _refuse(path, force=force)
    tuning.tune(tuned, request, lambda one: session.run(one, run.display(stderr=as_json)))
    written = tuned.best is not None and not tuned.interrupted
    shown = _document(tuned, started, path if written else None)
    if written:
        _write(path, rendering.suite(shown))
    output.show(shown, rendering.table(shown), as_json=as_json)
    output.end(shown.exit_code)


def _refuse(path: Path, *, force: bool) -> None:
    """ConfigError before anything is measured if the suite could not be written."""
    if path.suffix not in (".yaml", ".yml"):
        raise ConfigError("--output", f"found {str(path)!r}", known="the name of a .yaml file")
    if path.exists() and not force:
        fix = "--force overwrites it, --output FILE writes another"
        raise ConfigError(str(path), "exists already", fix=fix)
    folder = next(one for one in path.parents if one.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        found = f"cannot be written: {folder} is no folder of yours"
        raise CannotMeasure(str(path), found, fix="--output FILE")


def _write(path: Path, text: str) -> None:
    """The whole file or none: an old one is replaced at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_over(path, text.encode())
    except OSError as error:
        found = f"cannot be written: {error.strerror}"
        raise CannotMeasure(str(path), found, fix="--output FILE") from error


def _document(tuned: Tuned, started: float, path: Path | None) -> TuneDoc:
    case = tuned.base
    phases = case.instance().phases()
    primary = next(phase for phase in phases if phase.name == case.instance().primary)
    return TuneDoc(
        kernel=case.kernel,
        started=started,
        cluster=tuned.prepared.cluster_name,
        machine=_machine(tuned.prepared.facts),
        nodes=case.geometry.nodes,
        ranks=case.geometry.ranks,
        threads=case.geometry.threads,
        metric=primary.metric.name,
        unit=primary.metric.unit,
        better=primary.metric.better,
        sizes=tuned.sizes,
        outcome=str(tuned.outcome),
        exit_code=tuned.exit_code,
        best=_best(tuned) if path else None,
        case=tuned.best.case if tuned.best else None,
        stages=[
            _stage(stage, ratios)
            for stage, ratios in zip(tuned.stages, tuned.to_best(), strict=True)
        ],
        file=str(path) if path else None,
        run_next=_next(path) if path else "",
    )


def _machine(facts: NodeFacts) -> str:
    cores = units.counted(facts.cores_usable or os.cpu_count() or 1, "core")
    return f"{facts.cpu_model or 'an unknown processor'}, {cores}"


def _best(tuned: Tuned) -> dict[str, int | float | str | bool]:
    """What was tried or given, in the order of the declaration; a size is fitted by each run."""
    tried = {name for stage in tuned.stages for name in stage.parameters}
    given = set(tuned.prepared.request.overrides.set)
    values = {**tuned.values, **dict.fromkeys(tuned.sizes, AUTO)}
    return {k: v for k, v in values.items() if k in tried | given | set(tuned.sizes)}


def _next(path: Path) -> str:
    return f"qyran run {path.stem if path.parent == _FOLDER else path}"


def _stage(stage: Stage, ratios: dict[str, float]) -> StageDoc:
    chosen = stage.chosen.parameters if stage.chosen else {}
    return StageDoc(
        name=stage.name,
        parameters=list(stage.parameters),
        chosen={name: chosen[name] for name in stage.parameters if name in chosen},
        reason=stage.reason,
        trials=[_trial(stage.run.run, one, ratios.get(one.case)) for one in stage.run.cases],
    )


def _trial(run_id: str, case: CaseDoc, ratio: float | None) -> TrialDoc:
    metric = case.metrics.get(case.primary)
    return TrialDoc(
        run=run_id,
        case=case.case,
        parameters=case.parameters,
        outcome=case.outcome,
        reason=case.reason,
        value=metric.value if metric else None,
        low=metric.low if metric else None,
        high=metric.high if metric else None,
        n=metric.n if metric else 0,
        ratio=ratio if ratio is not None and math.isfinite(ratio) else None,
    )
