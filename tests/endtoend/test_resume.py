"""A run that ended too early is gone on with: nothing is measured twice, no file is touched."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran


def resume(qyran: Qyran, run: str = "last") -> Done:
    done = qyran("resume", run, "--json", "--results", str(qyran.results))
    assert qyran.left() == []
    return done


def hashes(qyran: Qyran) -> dict[str, str]:
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in qyran.files()}


def folder(qyran: Qyran) -> Path:
    (found,) = qyran.results.glob("*/*")
    return found


def cases(journal: str) -> int:
    return journal.count('"event": "case"')


def kill(qyran: Qyran, suite: str, event: str, times: int) -> None:
    """Kill the driver with -9 when the ranks have written an event so many times."""
    running = qyran.start(suite)
    qyran.wait_for(event, times)
    running.kill()
    running.communicate()
    qyran.wait(lambda: not qyran.left(), limit_s=20)


def test_a_driver_that_was_killed_loses_the_running_case_alone(broken: Qyran) -> None:
    suite = broken.suite(*(broken.faulty(tag=tag, nap_s=0.4, repetitions=3) for tag in range(4)))
    kill(broken, suite, "end", 2)
    assert broken.files() == []
    before = cases(broken.journal())
    assert before == 3
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass"] * 4)
    assert len(broken.files()) == 4
    assert sorted(folder(broken).glob("launch-*")) == []
    started = [broken.record(one)["started"] for one in broken.files()]
    assert len(set(started)) == 4


def test_finished_files_stay_as_they_are(broken: Qyran) -> None:
    one, two = broken.faulty(tag=1), broken.faulty(tag=2, nap_s=0.3, repetitions=50, ranks=1)
    kill(broken, broken.suite(one, two), "sample", 5)
    finished = hashes(broken)
    assert len(finished) == 1
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass", "pass"])
    after = hashes(broken)
    assert len(after) == 2
    assert finished.items() <= after.items()
    again = resume(broken)
    assert (again.rc, again.outcomes) == (0, ["pass", "pass"])
    assert hashes(broken) == after
    assert again.json["cases"] == done.json["cases"]


def test_an_interrupted_case_is_attempted_again_and_both_attempts_are_kept(broken: Qyran) -> None:
    one, two = broken.faulty(tag=1), broken.faulty(tag=2, nap_s=0.2, repetitions=10)
    running = broken.start(broken.suite(one, two))
    broken.wait_for("sample", 5)
    running.send_signal(signal.SIGINT)
    done = broken.finish(running)
    assert done.outcomes == ["pass", "skipped"]
    before = hashes(broken)
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass", "pass"])
    first, second = done.json["cases"]
    assert first["earlier"] == []
    assert [one["outcome"] for one in second["earlier"]] == ["skipped"]
    assert second["file"] == f"{second['case']}.2.h5"
    assert set(hashes(broken)) == {*before, second["file"]}
    shown = broken("show", "--json", "--results", str(broken.results))
    assert shown.json["cases"] == done.json["cases"]


def test_launches_in_turns_go_on_where_they_ended(broken: Qyran) -> None:
    suite = broken.folder / "turns.yaml"
    entry = {"kernel": "faulty", "repetitions": 2, "launches": 3, "scaling": "strong"}
    entry |= {"ranks": [1, 2], "parameters": {"nap_s": 0.2}}
    suite.write_text(json.dumps({"schema": "qyran.suite/1", "cases": [entry]}))
    kill(broken, str(suite), "end", 3)
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass", "pass"])
    assert [len(one["metrics"]["row_rate"]["launches"]) for one in done.json["cases"]] == [3, 3]


def test_a_time_limit_ends_the_run_and_leaves_the_rest_to_resume(broken: Qyran) -> None:
    suite = broken.suite(*(broken.faulty(tag=tag, nap_s=0.5, repetitions=4) for tag in range(3)))
    done = broken.run(suite, "--time-limit", "6")
    assert done.rc == 3
    assert done.outcomes[-1] == "skipped"
    assert done.reasons[-1] == "the time limit of the run passed"
    done = resume(broken)
    rest = 0
    while "skipped" in done.outcomes and rest < 5:  # the limit holds for each part of the run
        rest += 1
        done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass"] * 3)


def test_only_one_process_measures_a_run(broken: Qyran) -> None:
    running = broken.start(broken.suite(broken.faulty(nap_s=0.3, repetitions=20)))
    broken.wait_for("sample", 2)
    refused = broken("resume", "--results", str(broken.results))
    refused.complains(3, "is being measured by process", "wait for its end")
    done = broken.finish(running)
    assert (done.rc, done.outcomes) == (0, ["pass"])
    assert not (folder(broken) / "driver.json").exists()


def test_a_run_of_another_machine_is_refused(broken: Qyran) -> None:
    broken.run(broken.suite(broken.faulty()))
    header = folder(broken) / "run.yaml"
    text = header.read_text()
    key = next(line for line in text.splitlines() if line.strip().startswith("key:"))
    header.write_text(text.replace(key, key[:-4] + "beef", 1))
    broken("resume", "--results", str(broken.results)).complains(2, "other hardware", "fix:")


def test_a_run_of_another_version_of_a_kernel_is_refused(broken: Qyran) -> None:
    broken.run(broken.suite(broken.faulty()))
    header = folder(broken) / "run.yaml"
    header.write_text(header.read_text().replace("version: 1", "version: 77", 1))
    broken("resume", "--results", str(broken.results)).complains(2, "version 77 of faulty")


def test_into_a_folder_goes_on_with_what_was_begun_there(broken: Qyran) -> None:
    into = broken.results / "here" / "my-run"
    suite = broken.suite(broken.faulty(tag=1), broken.faulty(tag=2))
    done = broken.run(suite, "--into", str(into))
    assert done.rc == 0
    assert Path(done.json["path"]) == into
    assert done.json["run"] == "my-run"
    after = hashes(broken)
    again = broken.run(suite, "--into", str(into))
    assert again.json["cases"] == done.json["cases"]
    assert hashes(broken) == after


def test_a_damaged_journal_costs_what_is_damaged(broken: Qyran) -> None:
    suite = broken.suite(*(broken.faulty(tag=tag, nap_s=0.3) for tag in range(4)))
    kill(broken, suite, "end", 2)
    (journal,) = folder(broken).glob("launch-*.journal")
    content = bytearray(journal.read_bytes())
    content[content.index(b'"event": "sample"') + 30] ^= 1
    journal.write_bytes(content)
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass"] * 4)
    assert [one["metrics"]["row_rate"]["n"] for one in done.json["cases"]] == [2] * 4


def test_a_run_that_is_not_there(broken: Qyran) -> None:
    broken("resume", "x", "--results", str(broken.results)).complains(2, "holds no runs")
    shutil.rmtree(broken.results, ignore_errors=True)


def test_a_run_that_is_killed_twice_loses_the_running_case_each_time(broken: Qyran) -> None:
    """Cases that are attempted for the first and for the second time share a launch then."""
    planned = [broken.faulty(tag=tag, nap_s=0.3, repetitions=3) for tag in range(5)]
    running = broken.start(broken.suite(*planned))
    broken.wait_for("sample", 5)
    running.send_signal(signal.SIGINT)
    assert broken.finish(running).outcomes == ["pass", *["skipped"] * 4]
    again = broken.start_command("resume", "last")
    broken.wait_for("end", 2)
    again.kill()
    again.communicate()
    killed = time.time()
    broken.wait(lambda: not broken.left(), limit_s=20)
    done = resume(broken)
    assert (done.rc, done.outcomes) == (0, ["pass"] * 5)
    assert sum(case["ended"] < killed for case in done.json["cases"]) >= 3
    assert [len(case["earlier"]) for case in done.json["cases"]] == [0, 1, 0, 0, 0]


def test_a_slow_case_that_was_being_measured_again(broken: Qyran) -> None:
    fast = {"row_rate": {"value": 1e6, "tolerance": 0.05}}
    suite = broken.suite(broken.faulty(nap_s=0.3, repetitions=6, references=fast))
    kill(broken, suite, "sample", 8)
    assert len(broken.files()) == 1
    done = resume(broken)
    assert (done.rc, done.outcomes) == (1, ["slow"])
    (case,) = done.json["cases"]
    assert [one["outcome"] for one in case["earlier"]] == ["slow"]
    assert len(broken.files()) == 2
