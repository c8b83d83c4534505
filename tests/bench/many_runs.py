"""A store of many runs, and how long its queries take: python -m tests.bench.many_runs [RUNS].

    nice -n 19 .venv/bin/python -m tests.bench.many_runs 100000 --folder /tmp/many

Every run has one small case of 20 systems and 10 kinds of case; their files are valid, with hashes
of their own. Times are printed, nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.record import hdf5, index, library, recorded, store
from harness.record.library import Selection
from harness.report import compose
from tests.bench.copies import Copies
from tests.harness.conftest import Made

ROOT = Path(__file__).parents[2]
KINDS = 10
SYSTEMS = 20
BEGAN = 1_600_000_000
EVERY_S = 1800


def template(kind: int, system: int) -> tuple[Copies, str, bytes]:
    """A file of a kind of case on a system, the name of the case, and the run.yaml beside it."""
    made = Made()
    environment = {
        "fingerprint": {
            "hardware": {"key": f"{system:016x}"},
            "software": {"key": f"{system + 100:016x}"},
        },
        "software": {"git": {"commit": "c" * 40, "dirty": False}},
    }
    run = replace(
        made.run(Path("/r"), cluster=f"cluster{system % 4}"),
        id="20200101T000000Z-quick-ffffff",
        started=1234567890.0,
        environment=environment,
    )
    result = made.result(made.case(given={"n": 4096 + kind}))
    result = replace(result, started=1234567891.0, ended=1234567892.0)
    document = {
        **compose.of_case(result).model_dump(),
        **recorded.as_members(recorded.origin(run, 1)),
    }
    with TemporaryDirectory() as folder:
        header = store.create(replace(run, path=folder), (result.case,)) / "run.yaml"
        return Copies(hdf5.encoded(run, result, document)), result.case.id, header.read_bytes()


def make(results: Path, runs: int) -> None:
    """Write the runs, folder by folder."""
    drawn = random.Random(7)
    templates = [template(i % KINDS, i // KINDS) for i in range(KINDS * SYSTEMS)]
    for i in range(runs):
        copies, case, header = templates[drawn.randrange(len(templates))]
        began = BEGAN + i * EVERY_S
        name = store.new_id("quick", began)
        words = {
            b"20200101T000000Z-quick-ffffff": name.encode(),
            b"1234567890.0": b"%d.0" % began,
            b"1234567891.0": b"%d.0" % (began + 1),
            b"1234567892.0": b"%d.0" % (began + 2),
            b"c" * 40: b"c%039x" % (i // 100),  # not digits alone: YAML would read a number
        }
        folder = results / f"cluster{i % 4}" / name
        folder.mkdir(parents=True)
        for old, new in words.items():
            header = header.replace(old, new)
        (folder / "run.yaml").write_bytes(header)
        (folder / f"{case}.h5").write_bytes(copies.file(words))


def timed(what: str, do: Callable[[], Any]) -> Any:
    """Do it, and print how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = do()
    print(f"{what:48} {time.perf_counter() - wall:9.3f} s  CPU {time.process_time() - cpu:8.3f} s")
    return found


def command(*words: str) -> None:
    """A command in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"  exit {done.returncode}: {done.stderr.splitlines()[:2]}")


def main() -> None:
    """Make what is missing, and measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("runs", type=int, nargs="?", default=100_000)
    asked.add_argument("--folder", type=Path, default=Path("/tmp/qyran-many"))
    given = asked.parse_args()
    os.environ["XDG_CACHE_HOME"] = str(given.folder / "cache")
    results = given.folder / "results"
    if not results.exists():
        timed(f"make {given.runs} runs", lambda: make(results, given.runs))
    index.forget(results)
    everything = timed("rebuild and all cases", lambda: library.find(results, Selection()))
    print(f"{len(everything.cases)} cases, index {index.file(results).stat().st_size / 1e6:.0f} MB")
    newest = everything.cases[-1]
    series = Selection(series=newest.series, hardware_key=newest.origin.hardware_key)
    for _ in range(2):
        found = timed("history of a series", lambda: library.find(results, series))
    print(f"{len(found.cases)} cases")
    timed(
        "all series of a kernel in 30 days",
        lambda: library.find(
            results, Selection(kernel="stream", since=newest.origin.run_started - 30 * 86400)
        ),
    )
    timed("one run", lambda: library.find(results, Selection(run=newest.origin.run)))
    timed("what is known", lambda: library.Known(results).runs)
    at = ("--results", str(results))
    last = newest.origin.run
    for words in (
        ("ls",), ("store", "ls"), ("show", "last"), ("show", last),
        ("store", "show", str(newest.path)), ("explain", "last"), ("compare", "last~1", "last"),
        ("history",), ("history",), ("history", "stream"),  # the first one judges all
    ):  # fmt: skip
        timed(
            "new process: qyran " + " ".join(words)[-28:], lambda words=words: command(*words, *at)
        )


if __name__ == "__main__":
    main()
