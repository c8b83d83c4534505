"""`qyran env`: this machine now, a run, and two of them explained on one screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import QyranError
from harness.machine.environment import environment
from harness.record import store
from harness.report.env_document import EnvDiffDoc, EnvDoc

HERE = environment()


def recorded(results: Path, name: str, found: dict[str, Any]) -> None:
    folder = results / "laptop" / name
    folder.mkdir(parents=True)
    header = {"schema": store.SCHEMA, "id": name, "cases": [], "environment": found}
    (folder / "run.yaml").write_text(yaml.safe_dump(header))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    other = json.loads(json.dumps(HERE))
    other["hardware"] |= {"governor": "powersave", "cpu_model": "Another CPU"}
    other["fingerprint"]["hardware"] = {
        "key": "0" * 16,
        "text": HERE["fingerprint"]["hardware"]["text"].replace(
            f"cpu_model: {HERE['hardware']['cpu_model']}", "cpu_model: Another CPU"
        ),
    }
    other["software"]["versions"]["numba"] = "0.1"
    recorded(tmp_path, "20261101T000000Z-quick-aaaaaa", other)
    recorded(tmp_path, "20261102T000000Z-quick-bbbbbb", HERE)
    return tmp_path


def called(*words: str) -> str:
    result = CliRunner().invoke(app, ["env", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("words", [["--json"], ["show", "--json"]])
def test_this_machine_now(words: list[str]) -> None:
    found = EnvDoc.model_validate_json(called(*words))
    assert found.of == "now"
    assert found.environment["fingerprint"] == HERE["fingerprint"]


def test_it_is_readable_and_says_why_something_is_unknown() -> None:
    said = called()
    assert HERE["fingerprint"]["hardware"]["key"] in said
    for name, why in HERE["hardware"]["unknown"].items():
        assert name.split("_", maxsplit=1)[0] in said
        assert f"unknown: {why[:30]}" in said


def test_a_run(results: Path) -> None:
    found = json.loads(called("show", "aaaaaa", "--results", str(results), "--json"))
    assert found["environment"]["hardware"]["governor"] == "powersave"


def test_what_differs_is_explained_on_one_screen(results: Path) -> None:
    said = called("diff", "last~1", "last", "--results", str(results))
    lines = said.splitlines()
    assert len(lines) <= 24
    assert "hardware key" in lines[2]
    assert "cpu_model" in lines[2]
    assert "= software key: the same" in lines[3]
    order = [said.index(word) for word in ("cpu model", "governor", "numba")]
    assert order == sorted(order)
    assert "the same" in lines[-1]
    assert "architecture" not in said


def test_the_document_of_a_difference(results: Path) -> None:
    found = EnvDiffDoc.model_validate_json(
        called("diff", "last~1", "last", "--results", str(results), "--json")
    )
    assert [one.name for one in found.differences] == ["cpu_model", "governor", "numba"]
    assert not found.hardware.same
    assert found.software.same
    assert found.hardware.only_a == ["cpu_model: Another CPU"]
    assert found.same > 40


def test_a_run_and_itself_have_no_difference(results: Path) -> None:
    said = called("diff", "last", "last", "--results", str(results))
    assert "0 differ" in said


@pytest.mark.parametrize("name", ["last~7", "cccccc"])
def test_a_run_that_is_not_there(results: Path, name: str) -> None:
    with pytest.raises(QyranError) as caught:
        called("diff", name, "now", "--results", str(results))
    assert caught.value.exit_code == 2


def test_a_run_without_an_environment_could_not_be_compared(results: Path) -> None:
    recorded(results, "20261103T000000Z-import-cccccc", {})
    with pytest.raises(QyranError, match="recorded no environment") as caught:
        called("diff", "cccccc", "now", "--results", str(results))
    assert caught.value.exit_code == 3
