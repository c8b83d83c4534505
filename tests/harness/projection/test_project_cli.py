"""`qyran project`, `rank` and `reference` from the command line: their flags, schemas and codes."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.report import schema
from harness.report.project_document import ProjectDoc
from harness.report.rank_document import RankDoc
from harness.report.reference_document import ReferenceDoc

ROOT = Path(__file__).parents[3]


def said(model, *words):
    """The document that a command prints, held against the schema file that is shipped."""
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(schema.file(model).read_text()))
    return document


def test_project_takes_its_flags():
    made = said(ProjectDoc, "project", "--cluster", "kaznu", "--nodes", "64,128", "--place", "400",
                "--cluster-file", str(ROOT / "cluster.yaml"))  # fmt: skip
    assert [one["nodes"] for one in made["sizes"]] == [64, 128]
    assert [one["place"] for one in made["targets"]] == [400]


def test_rank_takes_its_flags():
    made = said(RankDoc, "rank", "--rmax", "93 TF", "--rpeak", "120 TF", "--cores", "8192",
                "--power", "60 kW", "--hpcg", "1.2 TF", "--hpl-mxp", "1 PF", "--cpu-only",
                "--network", "InfiniBand HDR")  # fmt: skip
    more = made["more"]
    assert more["machine"]["network"] == "InfiniBand"
    assert more["machine"]["accelerated"] is False
    assert {one["benchmark"]: one["value"] for one in more["other_lists"]} == {
        "HPCG": 1.2e12, "HPL-MxP": 1e15, "Green500": pytest.approx(93e12 / 60e3),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--rpeak", "9 TF", "below Rmax"),
        ("--power", "-1 W", "above 0"),
        ("--network", "carrier pigeon", "unknown network"),
        ("--hpcg", "fast", "--hpcg"),
    ],
)
def test_rank_refuses_what_cannot_be(flag, value, message):
    with pytest.raises(ConfigError, match=message):
        CliRunner().invoke(app, ["rank", "--rmax", "93 TF", flag, value], catch_exceptions=False)


def test_reference_has_nothing_at_first():
    made = said(ReferenceDoc, "reference", "ls")
    assert (made["lists"], made["newest"], made["done"]) == ([], "2025-11", "listed")
