"""The command line: what it reads, and how every error ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import main as cli
from harness.errors import CorruptStore
from kernels import listing


def qyran(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["qyran", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    code = caught.value.code
    return code if isinstance(code, int) else 1 if code else 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "hlp"], "unknown suite or kernel 'hlp'; did you mean 'hpl'?"),
        (["run", "./none.yaml"], "none.yaml: cannot be read"),
        (["run", "hpl", "--ranks", "x"], "--ranks: found 'x'"),
        (["run", "hpl", "--set", "nn=5"], "unknown parameter 'nn'"),
        (["run", "hpl", "--set", "n"], "--set: found 'n'"),
        (["run", "hpl", "--budget", "x"], "--budget: 'x' is no quantity in s"),
        (["run", "hpl", "--cluster", "none"], "unknown cluster 'none'"),
        (["run", "hpl", "--cluster", "kaznu"], "does not exist yet"),
        (["plan", "hpl", "--partition", "gpu"], "unknown partition 'gpu'"),
        (["list", "hlp"], "unknown kernel 'hlp'"),
        (["show", "last"], "holds no runs"),
        (["rank"], "holds no HPL result"),
        (["rank", "--rmax", "5 GB"], "--rmax: '5 GB' is no quantity"),
        (["rank", "--rmax=-5"], "--rmax: "),
    ],
)
def test_an_error_is_one_message_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert qyran(monkeypatch, *words) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert qyran(monkeypatch, *words, "--json") == 2
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["exit_code"]) == ("qyran.error/1", 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["run"], ["nothing"], ["run", "hpl", "--rank", "2"], ["run", "hpl", "--repeat", "0"]]
)
def test_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert qyran(monkeypatch, *words) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(CorruptStore("f", "is damaged"), 5), (KeyboardInterrupt(), 130)]
)
def test_how_other_errors_end(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("harness.commands.records.show", fail)
    assert qyran(monkeypatch, "show") == code
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [["--help"], ["list"], ["list", "hpl"], ["list", "--json"]])
def test_a_good_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert qyran(monkeypatch, *words) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("kernel", listing.names())
def test_every_kernel_is_described(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kernel: str
) -> None:
    assert qyran(monkeypatch, "list", kernel, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["kernels"]
    assert found["name"] == kernel


def test_a_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--set", "n=64", "--sweep", "nb=8,16", "--ranks", "1", "--launches", "2", "--json"]
    assert qyran(monkeypatch, "plan", "hpl", *words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["parameters"]["nb"] for one in found["cases"]] == [8, 16]
    assert [(one["ranks"], one["launches"]) for one in found["cases"]] == [(1, 2)] * 2
    assert list(tmp_path.iterdir()) == []


def test_init_writes_a_file_that_is_read_back_and_never_overwrites(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert qyran(monkeypatch, "init") == 0
    assert "wrote cluster.yaml" in capsys.readouterr().out
    before = Path("cluster.yaml").read_text()
    assert qyran(monkeypatch, "plan", "dgemm", "--set", "n=8", "--ranks", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target"]["source"].startswith("cluster.yaml: ")
    assert qyran(monkeypatch, "init") == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("cluster.yaml").read_text() == before


@pytest.mark.parametrize(
    ("command", "default"),
    [("run", "[every core]"), ("run", "[its default]"), ("submit", "[as configured]")],
)
def test_help_says_what_holds_without_a_flag(command: str, default: str) -> None:
    """Square brackets are markup to the library that draws the help."""
    shown = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert default in shown


def test_a_mistake_in_qyran_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr(cli, "_order", lambda: None)  # of the commands of the real one
    assert qyran(monkeypatch, "list") == 3
    err = capsys.readouterr().err
    assert "RuntimeError: no such thing" in err
    assert err.endswith("qyran: a mistake in qyran itself; report it with the lines above\n")
