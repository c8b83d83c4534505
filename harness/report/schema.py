"""JSON Schemas of the documents, shipped as files: ``python -m harness.report.schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from harness.report import document
from harness.report.accept_document import AcceptDoc
from harness.report.baseline_document import BaselineDiffDoc, BaselineDoc, BaselineMakeDoc
from harness.report.compare_document import CompareDoc
from harness.report.doctor_document import DoctorDoc
from harness.report.document import Doc
from harness.report.env_document import EnvDiffDoc, EnvDoc
from harness.report.explain_document import ExplainDoc
from harness.report.gate_document import GateDoc
from harness.report.history_document import HistoryDoc
from harness.report.import_document import ImportDoc
from harness.report.job_document import CollectDoc, JobsDoc, SubmitDoc
from harness.report.listing_document import ListDoc
from harness.report.pair_document import ExplainPairDoc
from harness.report.plan_document import PlanDoc
from harness.report.plots import listing
from harness.report.project_document import ProjectDoc
from harness.report.rank_document import RankDoc
from harness.report.reference_document import ReferenceDoc
from harness.report.report_document import ReportDoc
from harness.report.store_document import (
    ExportDoc,
    FileDoc,
    FsckDoc,
    PackDoc,
    RecoverDoc,
    ReindexDoc,
    StoreDoc,
    TagDoc,
)
from harness.report.tuning_document import TuneDoc

ALL: Final[tuple[type[Doc], ...]] = (
    document.RunDoc,
    PlanDoc,
    ListDoc,
    DoctorDoc,
    document.LsDoc,
    RankDoc,
    ProjectDoc,
    ReferenceDoc,
    document.ErrorDoc,
    TuneDoc,
    SubmitDoc,
    JobsDoc,
    CollectDoc,
    CompareDoc,
    ExplainDoc,
    ExplainPairDoc,
    ImportDoc,
    AcceptDoc,
    BaselineDoc,
    BaselineMakeDoc,
    BaselineDiffDoc,
    GateDoc,
    HistoryDoc,
    EnvDoc,
    EnvDiffDoc,
    StoreDoc,
    FileDoc,
    FsckDoc,
    RecoverDoc,
    ReindexDoc,
    TagDoc,
    PackDoc,
    ExportDoc,
    listing.PlotsDoc,
    ReportDoc,
    *(one for one in listing.documents() if one is not HistoryDoc),
)
FOLDER: Final = Path(__file__).parent / "schemas"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def identity(model: type[Doc]) -> str:
    """The ``schema`` that a document of this kind carries, such as ``qyran.run/1``."""
    return str(model.model_fields["schema_id"].default)


def file(model: type[Doc]) -> Path:
    """Where the schema of a kind of document is kept: ``schemas/qyran.run.1.json``."""
    return FOLDER / f"{identity(model).replace('/', '.')}.json"


def text(model: type[Doc]) -> str:
    """The content of that file."""
    made: dict[str, Any] = model.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": _DIALECT, "$id": identity(model), **made}, indent=1) + "\n"


def write() -> None:
    """Write the files anew; those of documents that no longer exist go."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {file(model): text(model) for model in ALL}
    for path in FOLDER.glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, content in wanted.items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write()
