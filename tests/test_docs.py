"""The documentation: every command in it is one, and what it prints in seconds is really run."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from harness.cli import main  # noqa: F401 - it registers every command
from harness.cli.app import app
from harness.config import cluster, contract, references
from harness.config import suite as suites
from harness.errors import ConfigError
from harness.judge.history import events
from harness.plan import expand, metrics

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\s*(?:\$ )?(qyran [a-z].*)$")


def commands(text: str, language: str | None = None) -> Iterator[str]:
    """The lines of a page that call qyran, in their order; those of one kind of block."""
    for _, kind, block in BLOCK.findall(text):
        if language is None or kind == language:
            found = (COMMAND.match(line) for line in block.replace("\\\n", " ").splitlines())
            yield from (one[1] for one in found if one and not _is_output(one[0], block))


def _is_output(line: str, block: str) -> bool:
    """Whether a line is what a command printed: where one begins with $, the others are output."""
    return re.search(r"^\$ ", block, re.MULTILINE) is not None and not line.startswith("$ ")


def parsed(line: str) -> None:
    """Every command of a line by the real parser, started by nothing; SystemExit-like errors."""
    for words in _calls(line):
        command: Any = typer.main.get_command(app)
        name, rest = words[0], words[1:]
        while hasattr(command, "commands"):
            if not rest or rest[0] not in command.commands:
                # A group by itself may be a command: `qyran env`.
                assert not rest or rest[0].startswith("-"), f"no command {' '.join(words)!r}"
                break
            command, name, rest = command.commands[rest[0]], rest[0], rest[1:]
        command.make_context(name, list(rest), resilient_parsing=False)


def _calls(line: str) -> Iterator[list[str]]:
    """The calls of qyran in a line, without comments and redirections."""
    words = shlex.split(line, comments=True)
    call: list[str] = []
    for word in [*words, "&&"]:
        if word in ("&&", "|", ">", ";"):
            if call[:1] == ["qyran"]:
                yield call
            call = []
        else:
            call.append(word)


LINES = [
    pytest.param(line, id=f"{page.name}: {line[:60]}")
    for page in PAGES
    for line in commands(page.read_text(encoding="utf-8"))
]


def test_there_are_commands() -> None:
    assert len(LINES) > 80


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_one(line: str) -> None:
    parsed(line)


@pytest.mark.parametrize(
    "line",
    ["qyran nothing", "qyran run quick --repetitions 3", "qyran store nothing", "qyran list a b"],
)
def test_a_wrong_command_is_noticed(line: str) -> None:
    assert list(commands(f"```\n{line}\n```\n")) == [line]
    with pytest.raises(Exception, match=r"(?i)no|option|unexpected"):
        parsed(line)


def test_what_takes_seconds_is_run(tmp_path: Path) -> None:
    """The lines with $ of ```console blocks, one after the other in a scratch folder."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "COLUMNS": "100"}
    done = []
    for page in PAGES:
        for line in commands(page.read_text(encoding="utf-8"), "console"):
            for words in _calls(line):
                run = subprocess.run(
                    [str(Path(sys.executable).with_name("qyran")), *words[1:]],
                    cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
                    timeout=100,
                )  # fmt: skip
                assert run.returncode == 0, f"{page.name}: {line}\n{run.stderr}"
                assert run.stdout
                done.append(line)
    assert len(done) >= 3


def examples(language: str) -> list[Any]:
    """The blocks of a language as (page, text), each named by its page and number."""
    return [
        pytest.param(page.name, textwrap.dedent(block), id=f"{page.name}-{i}")
        for page in PAGES
        for i, (_, kind, block) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if kind == language
    ]


PYTHON = examples("python")
YAML = examples("yaml")


def test_there_are_examples() -> None:
    assert len(PYTHON) >= 3
    assert len(YAML) >= 13


@pytest.mark.parametrize(("page", "text"), PYTHON)
def test_every_example_of_python_compiles(page: str, text: str) -> None:
    """They are run over recorded results in tests/endtoend/test_docs.py."""
    compile(text, page, "exec")


def loaded(text: str, folder: Path) -> None:
    """Read a file, or a part of one, by the loader of its kind; ConfigError as for a user."""
    if text.startswith("partitions:"):  # of a cluster
        text = "clusters:\n  part:\n" + textwrap.indent(text, "    ")
    top = yaml.safe_load(text)
    if "clusters" in top and "default" not in top:  # of a file
        text = f"default: {next(iter(top['clusters']))}\n{text}"
    path = folder / "example.yaml"
    path.write_text(text, encoding="utf-8")
    known = {"clusters": _cluster, "cases": _suite, "metrics": contract.load,
             "references": _references, "events": _events}  # fmt: skip
    (kind,) = set(known) & set(top)
    known[kind](path)


def _cluster(path: Path) -> None:
    file, where = cluster.load(path)
    cluster.choose(file, None, where)


def _suite(path: Path) -> None:
    """With the names and values of its parameters, and of the metrics that it compares."""
    suite, document = suites.load(str(path))
    drafts = expand.drafts(suite, document, expand.Overrides())
    assert len(drafts) >= len(suite.cases)
    for name in (one for pair in suite.compare for one in pair):
        kernel, _, metric = name.partition(".")
        draft = next(one for one in drafts if one.entry.kernel == kernel)
        fitted = draft.kernel.fit(draft.given, memory_B=2**30, llc_B=2**20, ranks=1)
        assert metric in metrics.metrics(draft.kernel(**{**fitted, **draft.given})), name


def _references(path: Path) -> None:
    (path.parent / "references").mkdir()
    shutil.copy(path, path.parent / "references")
    with contextlib.chdir(path.parent):
        assert references.load()


def _events(path: Path) -> None:
    assert events.load(path, path.parent).events


@pytest.mark.parametrize(("page", "text"), YAML)
def test_every_example_of_yaml_is_loaded(page: str, text: str, tmp_path: Path) -> None:
    loaded(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "cases:\n  - {kernel: hpl, parameters: {m: 1000}}\n",
        "cases:\n  - {kernel: hpll}\n",
        "compare: [[hpl.flop_rat, hpl.flop_rate]]\ncases:\n  - {kernel: hpl, parameters: {n: 9}}\n",
        "metrics:\n  triad: {minimun: 330 GB/s}\n",
        "events:\n  - {date: 2026-11-20, titel: x}\n",
        "partitions:\n  cpu: {nodes: 64, node: {corse: 2}}\n",
        "references:\n- {kernel: dgemm, metric: flop_rate, value: 3 TB}\n",
    ],
)
def test_a_wrong_example_is_noticed(text: str, tmp_path: Path) -> None:
    with pytest.raises((ConfigError, AssertionError)):
        loaded(text, tmp_path)


def test_every_key_of_a_file_is_explained() -> None:
    """In the reference made from the code: kind and meaning of each key, and nothing escaped."""
    pytest.importorskip("mkdocs")
    path = ROOT / "docs" / "_generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    for name in ("suite", "cluster"):
        text = found.pages()[name]
        rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
        assert len(rows) > 15
        assert [row[0] for row in rows if row[-1].strip(" |") == "" or row[1] == "any"] == []
        assert "&lt;" not in text


def test_the_first_page_leads_to_every_other() -> None:
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {one.name for one in PAGES if one.parent.name == "docs"} - {"index.md"}
    assert {one for one in pages if f"]({one})" not in text} == set()


def test_the_site_is_built_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=110,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    for name, words in {
        "commands": "qyran store fsck",
        "kernels": "star2d",
        "suite": "launches",
    }.items():
        assert words in (tmp_path / "reference" / name / "index.html").read_text(encoding="utf-8")
    fetched = re.compile(r'<(?:link|script|img)[^>]+(?:href|src)="https?://')
    assert not [one for one in tmp_path.rglob("*.html") if fetched.search(one.read_text("utf-8"))]
