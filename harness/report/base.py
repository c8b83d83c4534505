"""The base of all documents that `--json` prints."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Doc(BaseModel):
    """Base of all documents."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_serialization_defaults_required=True,  # all of them are always printed
        defer_build=True,  # a command prints one of them: the others need not be compiled
    )
