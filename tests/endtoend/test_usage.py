"""What is wrong with a command line or a file is said at once: one message, exit code 2."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

    Answers = dict[str, tuple[Qyran, Done]]

CLUSTER = "schema: qyran.cluster/1\ndefault: here\nclusters: {here: {}}\n"
SUITE = "schema: qyran.suite/1\ncases:\n  - kernel: reduce\n    parameters: {rows: 100}\n"

FLAGS = {
    "--ranks 0": ["--ranks", "whole number from 1 on"],
    "--ranks two": ["--ranks", "'two'"],
    "--ranks 1,,2": ["--ranks"],
    "--threads 0": ["--threads"],
    "--nodes 2": ["2 nodes", "found 1"],
    "--set n": ["--set", "--set n=4000"],
    "--set rows=abc": ["--set rows", "'abc'", "whole number"],
    "--set rows=0": ["--set rows", "at least 1"],
    "--set rows=1.5": ["--set rows", "1.5"],
    "--set rows=nan": ["--set rows"],
    "--set rows=1e15": ["GiB", "--set rows=", "auto"],
    "--set rows=1e300": ["--set rows"],
    "--set dtype=float16": ["--set dtype", "float16", "float32"],
    "--set m=4": ["--set", "unknown parameter 'm'"],
    "--set dtpye=float64": ["did you mean 'dtype'"],
    "--sweep rows=": ["--sweep n=4000,8000"],
    "--sweep rows=1,x": ["--sweep rows", "'x'"],
    "--budget -1": ["--budget", "-1"],
    "--budget soon": ["--budget", "'soon'", "15 min"],
    "--budget 0": ["--budget"],
    "--repeat 0": ["--repeat"],
    "--launches 0": ["--launches"],
    "--repeats 5": ["--repeats"],
    "--cluster mars": ["unknown cluster 'mars'", "laptop"],
    "--partition gpu": ["unknown partition 'gpu'"],
    "--cluster-file none.yaml": ["none.yaml", "cannot be read"],
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, at: Callable[[Path], Qyran]) -> Answers:
    """What all these commands said, each in a folder of its own, two at a time."""
    commands = {f"reduce {flags}": {} for flags in FLAGS}
    commands |= {f"reduce #{name}": {"cluster.yaml": CLUSTERS[name][0]} for name in CLUSTERS}
    commands |= {f"mine.yaml #{name}": {"mine.yaml": SUITES[name][0]} for name in SUITES}

    def ask(command: str) -> tuple[Qyran, Done]:
        asked = at(tmp_path_factory.mktemp("usage"))
        for name, text in commands[command].items():
            (asked.folder / name).write_text(text)
        return asked, asked.run(*command.partition(" #")[0].split())

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(commands, pool.map(ask, commands), strict=True))


def refused(answers: Answers, command: str, *words: str) -> None:
    """It ended with exit code 2 and one message, and left nothing."""
    asked, done = answers[command]
    done.complains(2, *words)
    assert not asked.results.exists()


@pytest.mark.parametrize("flags", FLAGS)
def test_flag(answers: Answers, flags: str) -> None:
    refused(answers, f"reduce {flags}", *FLAGS[flags])


def test_a_size_that_does_not_fit_is_refused_at_once(qyran: Qyran) -> None:
    qyran("list")
    began = time.monotonic()
    qyran.run("hpl", "--set", "n=1000000").complains(2, "hpl needs", "--set n=")
    assert time.monotonic() - began < 4  # 1 s where nothing else runs


def test_p_times_q(qyran: Qyran) -> None:
    done = qyran.run("hpl", "--ranks", "2", "--set", "p=3", "--set", "q=5")
    done.complains(2, "p", "3")
    assert not qyran.results.exists()


def test_errors_are_documents_too(qyran: Qyran) -> None:
    done = qyran.run("reduce", "--set", "rows=abc")
    assert done.json["schema"] == "qyran.error/1"
    assert done.json["exit_code"] == done.rc == 2
    assert done.json["where"] == "--set rows"


CLUSTERS = {
    "empty": ("", ["is empty", "qyran init"]),
    "not YAML": ("clusters: [", ["is not YAML"]),
    "binary": ("\x01\x02", ["is not YAML"]),
    "a list": ("- 1\n", ["list"]),
    "a word": ("laptop\n", ["not keys and values"]),
    "another schema": ("schema: qyran.cluster/9\n", ["qyran.cluster/9", "known: qyran.cluster/1"]),
    "unknown key": (CLUSTER + "defualt: here\n", [":4", "did you mean 'default'"]),
    "nothing in it": ("schema: qyran.cluster/1\n", ["'clusters' is missing"]),
    "default unknown": (CLUSTER.replace("default: here", "default: there"), ["'there'", "here"]),
    "wrong type": (CLUSTER.replace("{}", "{partitions: {a: {nodes: many}}}"), ["'many'"]),
    "no partition": (CLUSTER.replace("{}", "{partitions: {}}"), ["partition"]),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_cluster_file(answers: Answers, name: str) -> None:
    refused(answers, f"reduce #{name}", "cluster.yaml", *CLUSTERS[name][1])


SUITES = {
    "unknown kernel": (SUITE.replace("reduce", "redcue"), [":3", "'redcue'", "mean 'reduce'"]),
    "unknown parameter": (SUITE.replace("{rows:", "{rowss:"), [":4", "'rowss'"]),
    "no cases": ("schema: qyran.suite/1\ncases: []\n", ["cases"]),
    "no list": ("schema: qyran.suite/1\ncases: {kernel: reduce}\n", ["cases"]),
    "empty": ("", ["is empty"]),
    "text for a number": (SUITE.replace("100", "1e6"), [":4", "write 1000000"]),
    "illegal value": (SUITE.replace("100", "-5"), [":4", "-5", "at least 1"]),
    "unknown key": (SUITE + "    repetition: 4\n", [":5", "did you mean 'repetitions'"]),
    "another schema": (SUITE.replace("suite/1", "suite/7"), ["qyran.suite/7"]),
    "unknown metric": (SUITE + "    references: {speed: {value: 1}}\n", ["metric 'speed'"]),
    "a null kernel": (SUITE.replace("reduce", ""), [":3"]),
    "ranks of nothing": (SUITE + "    ranks: []\n", [":5", "ranks"]),
    "an empty sweep": (SUITE + "    sweep: {rows: []}\n", [":5", "empty list"]),
}


@pytest.mark.parametrize("name", SUITES)
def test_suite_file(answers: Answers, name: str) -> None:
    refused(answers, f"mine.yaml #{name}", "mine.yaml", *SUITES[name][1])


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        ("nowhere.yaml", ["nowhere.yaml", "cannot be read"]),
        ("./", ["cannot be read"]),
        ("quik", ["did you mean 'quick'", "hpl"]),
        ("", ["unknown suite or kernel"]),
        ("[/x]", ["[/x]"]),
    ],
)
def test_suite_that_does_not_exist(qyran: Qyran, suite: str, words: list[str]) -> None:
    qyran.run(suite).complains(2, *words)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("show", ["holds no runs", "qyran run quick"]),
        ("show 2026", ["holds no runs"]),
        ("rank", ["no HPL result", "--rmax"]),
        ("rank --rmax fast", ["--rmax", "'fast'", "93 TF"]),
        ("rank --rmax 0", ["--rmax"]),
        ("rank --rmax -5TF", ["--rmax"]),
        ("rank --rmax 1PF --against Deep", ["Deep"]),
        ("list hpk", ["did you mean 'hpl'"]),
        ("plan hpl --cluster kaznu --nodes 65", ["65 nodes", "64"]),
        ("frobnicate", ["frobnicate"]),
        ("run", ["suite"]),
    ],
)
def test_other_commands(qyran: Qyran, command: str, words: list[str]) -> None:
    qyran(*command.split()).complains(2, *words)
