"""Programs of others: run for real, and failing in every way a binary can."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import psutil
import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

DATA = Path(__file__).parent.parent / "kernels" / "data"
GOOD = DATA / "xhpl-500-1x2.txt"
NB = {"n": 500, "nb": 64}
RANK_0 = '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || exit 0\n'
SAYS = f'{RANK_0}grep -q "^500 " HPL.dat && cat {GOOD}\n'
NAP_S = "4711.25"
# What the program does -> outcome and words of the reason.
FAULTS = {
    "good": (SAYS, "pass", ""),
    "silent": ("exit 0", "error", "looked for a T/V line"),
    "torn": (f"{RANK_0}head -c 2000 {GOOD}", "error", "stdout.txt of "),
    "twice": (f"{RANK_0}cat {GOOD} {GOOD}", "error", "2 such lines"),
    "failed": (f"{RANK_0}cat {DATA}/xhpl-500-1x2-failed.txt", "wrong", "scaled residual: inf"),
    "exits": (f"{RANK_0}echo no '[/licence]'; exit 3", "error", "stdout.txt ends with: no [/lice"),
    "good_but_exits": (f"{SAYS}exit 3", "error", "exit status 3"),
    "crashes": (f"{RANK_0}cat {GOOD}; kill -SEGV $$", "killed", "SIGSEGV"),
    "hangs": (f"exec sleep {NAP_S}", "timeout", "budget of 3 s passed while the program ran"),
    "talks": (f"{RANK_0}head -c 5000000 /dev/zero; cat {GOOD}", "error", "at most 4194304 B"),
    "garbage": (f"{RANK_0}head -c 3000 /dev/urandom", "error", "no such line"),
}


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def xhpl(binary: str, **more: Any) -> dict[str, Any]:
    keys = ("launches", "repetitions", "budget", "ranks")
    entry = {key: more.pop(key) for key in keys if key in more}
    return {"kernel": "xhpl", "ranks": 2, **entry, "parameters": {**NB, "binary": binary, **more}}


@pytest.fixture(scope="module")
def trial(at: Any, tmp_path_factory: pytest.TempPathFactory) -> Qyran:
    return at(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="module")
def done(trial: Qyran) -> Done:
    """One run of all faults: each costs its own case."""
    cases = [
        xhpl(script(trial.folder, name, text), budget=3 if name == "hangs" else 60)
        for name, (text, _, _) in FAULTS.items()
    ]
    not_executable = trial.folder / "broken"
    not_executable.write_bytes(b"\x7fELF is no program")
    not_executable.chmod(0o755)
    return trial.run(trial.suite(*cases, xhpl(str(not_executable))))


def case_of(done: Done, name: str) -> dict[str, Any]:
    found = [one for one in done.json["cases"] if one["parameters"]["binary"].endswith(f"/{name}")]
    return dict(found[0])


@pytest.mark.parametrize("name", FAULTS)
def test_fault(done: Done, name: str) -> None:
    case = case_of(done, name)
    _, outcome, words = FAULTS[name]
    assert (case["outcome"], words in case["reason"]) == (outcome, True), case["reason"]
    assert case["reason"].isprintable()
    assert bool(case["metrics"]) == (outcome == "pass")


def test_a_file_that_is_no_program(done: Done) -> None:
    case = case_of(done, "broken")
    assert case["outcome"] == "error"
    assert "cannot be executed: Exec format error" in case["reason"]


def test_the_run_ends_with_its_worst_and_nothing_runs_on(done: Done, trial: Qyran) -> None:
    assert (done.rc, done.json["exit_code"]) == (5, 5)
    assert "Traceback" not in done.err
    assert not [one for one in psutil.process_iter(["cmdline"]) if NAP_S in str(one.info)]
    folder = Path(done.json["path"])
    assert {one.suffix for one in folder.iterdir()} == {".yaml", ".txt", ".h5"}
    shown = trial("show", "--results", str(trial.results), "--json")
    assert shown.json["cases"] == done.json["cases"]


def test_the_record_holds_the_program_and_what_it_printed(done: Done) -> None:
    case = case_of(done, "good")
    with h5py.File(Path(done.json["path"]) / case["file"]) as file:
        program = file["entry/provenance/program"]
        assert program["binary"][()].decode() == case["parameters"]["binary"]
        assert len(program["sha256"][()]) == 64
        assert program["output"][0].decode() == GOOD.read_text()
        assert program["output"].attrs["file"] == b"stdout.txt"
        assert program["inputs/HPL.dat"][()].decode().startswith("HPLinpack benchmark input file")
        assert "mpirun" in program["mpirun"][()].decode()
        assert list(file["entry/placement/ranks"]["rank"]) == [0, 1]
        assert file["entry/flop_rate"].attrs["sync"] == b"program"
        assert file["entry/samples/solve/seconds"].shape == (1, 1, 1)


def test_the_record_of_a_failed_program_holds_its_output_too(done: Done) -> None:
    case = case_of(done, "torn")
    with h5py.File(Path(done.json["path"]) / case["file"]) as file:
        printed = file["entry/provenance/program/output"][0].decode()
    assert printed == GOOD.read_text()[:2000]


def test_repetitions_are_launches(qyran: Qyran) -> None:
    suite = qyran.suite(xhpl(script(qyran.folder, "good", SAYS), launches=2))
    planned = qyran("plan", suite, "--repeat", "3", "--json").json["cases"][0]
    assert (planned["repetitions"], planned["launches"]) == (1, 3)
    planned = qyran("plan", suite, "--json").json["cases"][0]
    assert (planned["repetitions"], planned["launches"]) == (1, 2)
    done = qyran.run(suite, "--repeat", "2", "--launches", "1")
    metric = done.json["cases"][0]["metrics"]["flop_rate"]
    assert (metric["n"], metric["launches"]) == (2, pytest.approx([2.7276e10] * 2))


def test_missing_programs_are_told_by_the_plan(qyran: Qyran) -> None:
    qyran.run("xhpl").complains(2, "xhpl: binary", "'xhpl'", "--set binary=/path")
    qyran("plan", "hpcc", "--set", "binary=hpcx").complains(
        2, "--set binary", "'hpcx'", "apt-get install hpcc"
    )
    good = script(qyran.folder, "good", SAYS)
    flags = ("--set", f"binary={good}", "--set", "mpirun=/nonexistent/mpirun")
    qyran.run("xhpl", *flags).complains(2, "--set mpirun", "/nonexistent/mpirun", "mpirun=own")
    qyran.run("stream_c", "--ranks", "2").complains(2, "ranks", "--ranks 1 --threads")
    assert not qyran.results.exists()


def test_a_planned_cluster_need_not_have_its_programs_here(qyran: Qyran) -> None:
    planned = qyran("plan", "xhpl", "--cluster", "kaznu", "--nodes", "2", "--json")
    assert planned.json["cases"][0]["ranks"] == 256


def test_an_mpirun_that_gives_no_ranks(qyran: Qyran) -> None:
    """Each process would be a world of its own."""
    good = script(qyran.folder, "good", SAYS)
    loop = 'while [ "$1" != -n ]; do shift; done; shift 2; "$@"; "$@"'
    banner = 'if [ "$1" = --version ]; then echo "mpirun (Open MPI) 5.0.7"; exit 0; fi'
    mpirun = script(qyran.folder, "mpirun", f"{banner}\n{loop}")
    done = qyran.run(qyran.suite(xhpl(good, mpirun=mpirun)))
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert "gives its processes no rank" in done.reasons[0]
    assert "--set mpirun=" in done.reasons[0]


def test_an_interrupt_ends_the_program(qyran: Qyran) -> None:
    running = qyran.start(qyran.suite(xhpl(script(qyran.folder, "hangs", FAULTS["hangs"][0]))))
    qyran.wait_for("case")
    running.terminate()
    done = qyran.finish(running)
    assert (done.rc, done.outcomes) == (130, ["skipped"])
    assert not [one for one in psutil.process_iter(["cmdline"]) if NAP_S in str(one.info)]


def test_streams_own_program_with_threads_of_one_rank(qyran: Qyran) -> None:
    printed = DATA / "stream_c-2000000.txt"
    binary = script(qyran.folder, "stream_c", f'[ "$OMP_NUM_THREADS" = 1 ] && cat {printed}')
    flags = ("--ranks", "1", "--set", f"binary={binary}", "--set", "n=2000000")
    done = qyran.run("stream_c", *flags)
    assert done.outcomes == ["pass"]
    metrics = done.json["cases"][0]["metrics"]
    assert metrics["triad_bandwidth"]["value"] == pytest.approx(1.84129e10)
    other = qyran.run("stream_c", *flags[:-1], "n=3000000")
    assert other.outcomes == ["error"]
    assert "(n) = 3000000, found 2000000" in other.reasons[0]


def test_the_real_hpcc_in_turns_with_qyrans_hpl(qyran: Qyran) -> None:
    if shutil.which("hpcc") is None:
        pytest.fail("hpcc is not installed: apt-get install hpcc")
    began = time.monotonic()
    cases = [
        {"kernel": "hpl", "parameters": NB, "ranks": 2, "launches": 2, "repetitions": 1},
        {"kernel": "hpcc", "parameters": NB, "ranks": 2, "launches": 2},
    ]
    path = Path(qyran.suite(*cases))
    text = path.read_text().replace(
        '"cases"', '"compare": [["hpl.flop_rate", "hpcc.hpl_flop_rate"]], "cases"'
    )
    path.write_text(text)
    done = qyran.run(str(path))
    assert done.outcomes == ["pass", "pass"], done.reasons
    measured = [line.split("-")[0] for line in done.err.splitlines() if ": measuring" in line]
    assert measured == ["hpl", "hpcc", "hpcc", "hpl"]
    ours, theirs = done.json["cases"]
    assert ours["check"]["error"] == pytest.approx(theirs["check"]["error"], rel=3.0)
    assert len(theirs["metrics"]) == 14
    (ratio,) = done.json["ratios"]
    assert (ratio["n"], ratio["verdict"]) == (2, "undecided")
    shown = qyran("show", "--results", str(qyran.results))
    assert "hpl.flop_rate / hpcc.hpl_flop_rate" in shown.out
    assert qyran("show", "--results", str(qyran.results), "--json").json["ratios"] == [ratio]
    assert time.monotonic() - began < 110
