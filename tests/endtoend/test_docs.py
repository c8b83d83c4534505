"""The commands of README.md and docs/ are typed, and do what a reader expects of them.

What reads is run over a small store; what measures is planned, with the same suite and parameters.
What needs a cluster, a file of others or many minutes is named with its reason.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.conftest import ROOT, Done, Qyran
from tests.test_docs import LINES, PYTHON, _calls

# Beginning of a command -> why it is not run here; other tests run it.
NOT_HERE = {
    "accept --allocation": "measures for minutes: tests/endtoend/test_accept.py",
    "accept --partition": "needs a batch system: tests/slurm/test_accept.py",
    "accept --resume": "needs an acceptance: tests/endtoend/test_accept.py",
    "accept node": "needs the nodes: tests/endtoend/test_accept.py",
    "cancel": "needs a batch system: tests/slurm/test_jobs.py",
    "collect": "needs a batch system: tests/slurm/test_jobs.py",
    "compare cluster:old": "needs two clusters: tests/harness/record/test_selection.py",
    "gate": "measures: tests/endtoend/test_gate.py",
    "history --confirm": "measures: tests/endtoend/test_history.py",
    "plot scaling": "needs a scaling series: tests/endtoend/test_plots.py",
    "reference import": "needs a published list: tests/harness/reference/test_published.py",
    "reference remove": "needs an imported list: tests/harness/reference/test_published.py",
    "resume": "needs a run that was ended: tests/endtoend/test_resume.py",
    "store import": "needs a file of another tool: tests/harness/record/foreign",
    "submit": "needs a batch system: tests/slurm/test_jobs.py",
    "tune": "measures for minutes: tests/endtoend/test_tune.py",
    "wait": "needs a batch system: tests/slurm/test_jobs.py",
}
# Files that a reader has and this folder has not, or sizes that no machine of tests has.
NOT_PLANNED = re.compile(
    r"HPL\.dat|my\.yaml|race|sales\.parquet|run\.h5|binary=|jobs/ours|--set memory|scratch="
    r"|stream_c|xhpl|GiB|--nodes (?!1\b)|--partition|duration=|--ranks (?:4|1,2,4)|n=80000000"
)
# Good, a verdict, no data of that kind, undecided; never a mistake in the command or an exception.
ENDED = {0, 1, 3, 4}
TAGS = ("baseline", "rack3", "june", "before-bios", "after-bios")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Qyran:
    """Two runs of a small suite, and the files that the pages speak of."""
    made = Qyran(tmp_path_factory.mktemp("site"))
    small = {"ranks": 1, "repetitions": 2}
    suite = made.suite(
        {"kernel": "ladder", "parameters": {"largest": 2**22}, **small},
        {"kernel": "stream", "parameters": {"n": 100_000}, **small},
        {"kernel": "dgemm", "parameters": {"n": 100}, **small},
        {"kernel": "hpl", "parameters": {"n": 200}, **small},
    )
    tags = [word for one in TAGS for word in ("--tag", one)]
    for _ in range(2):
        done = made.run(suite, *tags)
        assert done.rc == 0, done.err
    made.results.rename(made.folder / "results")
    shutil.copytree(ROOT / "docs" / "examples", made.folder / "docs" / "examples")
    fleet(made.folder / "fleet.csv")
    shutil.copy(made.folder / "fleet.csv", made.folder / "new.csv")
    contract = {"schema": "qyran.contract/1", "metrics": {"triad": {"minimum": "300 GB/s"}}}
    for name in ("c.yaml", "contract.yaml"):
        (made.folder / name).write_text(json.dumps(contract))
    for name in ("rack.yaml", "later.yaml"):
        done = made("baseline", "make", "--from", "fleet.csv", "--output", name)
        assert done.rc == 0, done.err
    accepted = made("accept", "--from", "fleet.csv", "--json")
    (made.folder / "accept.json").write_text(accepted.out)
    return made


def fleet(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("node", "metric", "value", "unit", "better"))
        for i in range(12):
            rows.writerow((f"node{i + 1:03d}", "triad", 330.0 + 0.3 * (i % 5), "GB/s", "higher"))


def typed() -> list[Any]:
    """Each command once, without `qyran`."""
    found: dict[str, list[str]] = {}
    for line in LINES:
        for words in _calls(line.values[0]):
            found.setdefault(" ".join(words[1:]), words[1:])
    return [pytest.param(words, id=name[:70]) for name, words in found.items()]


def is_skipped(words: list[str]) -> bool:
    text = " ".join(words)
    return any(text.startswith(one) for one in NOT_HERE) or words[0] in ("run", "plan")


READING = [one for one in typed() if not is_skipped(one.values[0])]
MEASURING = [one for one in typed() if one.values[0][0] in ("run", "plan")]
PLANNED = [one for one in MEASURING if not NOT_PLANNED.search(" ".join(one.values[0]))]


def test_most_commands_are_run() -> None:
    assert len(READING) > 50
    assert len(PLANNED) >= 20
    for beginning in NOT_HERE:
        assert any(" ".join(one.values[0]).startswith(beginning) for one in typed()), beginning


def in_the_folder(site: Qyran, words: list[str]) -> Done:
    """A command as it stands in the page; what it would not overwrite goes before."""
    if words[:2] == ["baseline", "make"]:
        (site.folder / "rack.yaml").unlink()
    done = site(*words, XDG_CACHE_HOME=str(site.folder / "cache"))
    (site.folder / "cluster.yaml").unlink(missing_ok=True)  # of `init`: it knows no other cluster
    return done


@pytest.mark.parametrize("words", READING)
def test_what_reads_is_run(words: list[str], site: Qyran) -> None:
    done = in_the_folder(site, words)
    assert done.rc in ENDED, (done.rc, done.err)
    assert done.out or done.rc == 3, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("page", "text"), PYTHON)
def test_python_is_run(page: str, text: str, site: Qyran) -> None:
    """``path`` is a file of HPL, as in the pages; what is printed are numbers, or a picture."""
    (path, *_) = (site.folder / "results").rglob("hpl-*.h5")
    script = f"path = {str(path)!r}\n{text}"
    if "svg = " in text:
        script += "print(svg[:4], len(svg))\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=site.folder, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, f"{page}\n{done.stderr}"
    assert re.search(r"[1-9]", done.stdout), page


def planned(words: list[str]) -> list[str]:
    """The words of `run` that `plan` knows."""
    kept, rest = [], iter(words)
    for word in rest:
        if word in ("--tag", "--format", "--into", "--time-limit", "--stall", "--retries"):
            next(rest)
        elif word not in ("--json", "--require-references"):
            kept.append(word)
    return kept


def test_what_measures_is_planned(site: Qyran) -> None:
    """In one go: a plan takes half a second."""
    failed = []
    for one in PLANNED:
        done = site("plan", *planned(one.values[0][1:]))
        if done.rc != 0:
            failed.append(f"{one.id}: {done.err}")
    assert failed == []
