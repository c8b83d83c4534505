"""Stands in for Slurm's programs: keeps jobs in a folder, and really runs their scripts here.

Installed under each of their names on PATH; the variable FAKE_SLURM names the folder. A file in it
changes what they do:

    hold      jobs wait in the queue
    outage    the controller does not answer
    hang      the programs do not end
    garbage   they print what nobody can read
    refuse    sbatch takes no job
    forget    they know no job
    word      what they call the state of every job
    nodes     what sinfo prints
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HOME = Path(os.environ["FAKE_SLURM"])
PROGRAM = Path(sys.argv[0]).name


def main(words: list[str]) -> int:
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps([PROGRAM, *words]) + "\n")
    if is_told("hang"):
        subprocess.run(["sleep", "1000"], check=False)
    if is_told("outage"):
        return fail("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    if is_told("garbage"):
        print("\x00\x1b[31m<html>502 Bad Gateway</html>")
        return 0
    return PROGRAMS[PROGRAM](words)


def is_told(what: str) -> bool:
    return (HOME / what).exists()


def fail(said: str) -> int:
    print(said, file=sys.stderr)
    return 1


def sbatch(words: list[str]) -> int:
    if is_told("refuse"):
        return fail("sbatch: error: Batch job submission failed: Invalid account")
    number = 1 + len(list(HOME.glob("job-*.json")))
    script = Path(words[-1]).read_text(errors="surrogateescape")
    folder = next(one.partition("=")[2] for one in words if one.startswith("--chdir="))
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", script, re.MULTILINE))
    write(number, {"state": "PENDING", "folder": folder, "options": options, "pid": 0})
    (HOME / f"job-{number}.sh").write_text(script, errors="surrogateescape")
    subprocess.Popen(
        [sys.executable, __file__, "run", str(number)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(number)
    return 0


def run(number: int) -> None:
    """The life of a job."""
    while is_told("hold"):
        time.sleep(0.05)
    job = read(number)
    if job["state"] != "PENDING":
        return
    options = job["options"]
    variables = os.environ | {
        "SLURM_JOB_ID": str(number),
        "SLURM_JOB_NODELIST": socket.gethostname(),
        "SLURM_NODELIST": socket.gethostname(),
        "SLURM_NNODES": "1",
        "SLURM_JOB_NUM_NODES": "1",
        "SLURM_TASKS_PER_NODE": options["ntasks-per-node"],
        "SLURM_CPUS_PER_TASK": options["cpus-per-task"],
    }
    with (Path(job["folder"]) / options["output"]).open("ab") as output:
        process = subprocess.Popen(
            ["bash", str(HOME / f"job-{number}.sh")],
            cwd=job["folder"],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    write(number, job | {"state": "RUNNING", "pid": process.pid})
    status = process.wait()
    if read(number)["state"] == "RUNNING":
        write(number, job | {"state": "FAILED" if status else "COMPLETED"})


def squeue(words: list[str]) -> int:
    asked = ids(words)
    known = [one for one in asked if exists(one)]
    if not known and len(asked) == 1:
        return fail("slurm_load_jobs error: Invalid job id specified")
    for one in known:
        print(f"{one}|{state(one)}|None")
    return 0


def scontrol(words: list[str]) -> int:
    number = int(words[-1])
    if not exists(number):
        return fail("slurm_load_jobs error: Invalid job id specified")
    print(f"JobId={number} JobName=x Priority=1 JobState={state(number)} Reason=None Restarts=0")
    return 0


def sacct(words: list[str]) -> int:
    return fail("Slurm accounting storage is disabled")


def scancel(words: list[str]) -> int:
    for number in map(int, words):
        job = read(number)
        write(number, job | {"state": "CANCELLED"})
        if job["pid"]:
            os.killpg(job["pid"], signal.SIGTERM)
    return 0


def sinfo(words: list[str]) -> int:
    print((HOME / "nodes").read_text(), end="")
    return 0


def ids(words: list[str]) -> list[int]:
    listed = next(one.partition("=")[2] for one in words if one.startswith("--jobs="))
    return [int(one) for one in listed.split(",")]


def exists(number: int) -> bool:
    return not is_told("forget") and (HOME / f"job-{number}.json").exists()


def state(number: int) -> str:
    return (HOME / "word").read_text() if is_told("word") else str(read(number)["state"])


def read(number: int) -> dict:
    return json.loads((HOME / f"job-{number}.json").read_text())


def write(number: int, job: dict) -> None:
    new = HOME / f".{number}.{os.getpid()}"
    new.write_text(json.dumps(job))
    new.replace(HOME / f"job-{number}.json")


PROGRAMS = {
    "sbatch": sbatch,
    "squeue": squeue,
    "scontrol": scontrol,
    "sacct": sacct,
    "scancel": scancel,
    "sinfo": sinfo,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(int(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
