"""The programs of a batch system: started in one place, always with a time limit."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from harness.launch.process import end_session, uninterrupted

TIMEOUT_S: Final = 30.0
_MOST_B: Final = 64 * 2**20


@dataclass(frozen=True)
class Answer:
    """What a program said. problem : why it is no good, "" if it is."""

    out: str = ""
    err: str = ""
    problem: str = ""
    timed_out: bool = False


def ask(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    standard_input: Path | None = None,
    folder: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Run a program to its end and return what it printed; raises nothing.

    Past its time it is ended with all that it has started. Its output goes to files: a pipe that a
    grandchild holds open would never end.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            with Path(standard_input or os.devnull).open("rb") as given:
                status = _run(command, environment, (given, out, err), folder, timeout_s)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Answer(problem=f"{command[0]} cannot be started: {reason}")
        said = Answer(_text(out), _text(err))
    if status is None:
        problem = f"{command[0]} gave no answer within {timeout_s:g} s"
        return Answer(said.out, said.err, problem, timed_out=True)
    if status != 0:
        words = (said.err.strip() or said.out.strip() or "nothing was printed").splitlines()[-1]
        return Answer(said.out, said.err, f"{command[0]} ended with status {status}: {words}")
    return said


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    files: tuple[IO[bytes], IO[bytes], IO[bytes]],
    folder: Path | None,
    timeout_s: float,
) -> int | None:
    """Its exit status; None if it was ended."""
    process = subprocess.Popen(  # noqa: S603 - an argument list, never a shell
        command,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
    )
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:
            with uninterrupted():
                end_session(process.pid)
                process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MOST_B).decode(errors="replace")
