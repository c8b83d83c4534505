"""What all batch scripts have in common: quoting, the command they run, and the end marker.

The folder of a job holds, beside its script,

    begun     the id of the job, written when its script starts
    end.json  the exit status of its command, written under another name and renamed
    cancelled if it is there, the command is not started: whoever cancelled a job may not have
              reached the batch system

The marker is written by the shell, so that it is there even if Python cannot start, and removed
when the script starts again (a job that was requeued).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from harness.errors import ConfigError
from harness.launch.contract import Job

SCRIPT: Final = "job.sh"
OUTPUT: Final = "job.out"
BEGUN: Final = "begun"
MARKER: Final = "end.json"
CANCELLED: Final = "cancelled"
MARKER_SCHEMA: Final = "qyran.end/1"
_LONGEST_NAME: Final = 60
_PLAIN: Final = re.compile(r"[\w.+:@=,/\[\]-]+", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# What an MPI run that this process is part of would tell the MPI run of the job.
_OF_MPI: Final = ("PMI_", "PMIX_", "PRTE_", "OMPI_COMM_WORLD_", "OMPI_UNIVERSE_", "HYDI_")


def quoted(command: Iterable[str]) -> str:
    """An argument list as words of a POSIX shell; ConfigError for what no argument can hold."""
    words = list(command)
    if any("\0" in word for word in words):
        raise ConfigError("", f"found a NUL in {words!r}: no program can be given one")
    return shlex.join(words)


def plain(value: str, where: str) -> str:
    """A value of a directive: the lines that a batch system reads itself know no quoting."""
    if not _PLAIN.fullmatch(value) or value.startswith("-"):
        raise ConfigError(
            where,
            f"found {value!r}, which a line of a batch script cannot hold",
            known="letters without accents, digits, and . _ + - : @ = , / [ ]",
        )
    return value


def line(value: str, where: str) -> str:
    """A directive of the site as it stands in cluster.yaml: it must be one line."""
    if not value.strip() or any(one in value for one in "\n\r\0"):
        raise ConfigError(where, f"found {value!r}; a directive is one line")
    return value


def label(name: str) -> str:
    """A name for a job that every batch system takes."""
    kept = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-._")
    return f"qyran-{kept}"[:_LONGEST_NAME] if kept else "qyran"


def clock(seconds: float) -> str:
    """``HH:MM:SS``, in whole minutes, rounded up; hours may pass 24."""
    minutes = max(1, -int(-seconds // 60))
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def cleaned(environ: Mapping[str, str], prefixes: tuple[str, ...], kept: str) -> dict[str, str]:
    """The variables but those of these prefixes and of an MPI run; ``kept``: names that stay."""
    names = kept.split()
    gone = (*prefixes, *_OF_MPI)
    return {k: v for k, v in environ.items() if k in names or not k.startswith(gone)}


def body(job: Job, id_variable: str) -> str:
    """The lines below the directives. ``id_variable``: where the system tells the job its id."""
    return _BODY.format(
        folder=quoted([str(job.folder)]),
        begun=BEGUN,
        marker=MARKER,
        cancelled=CANCELLED,
        schema=MARKER_SCHEMA,
        id_variable=id_variable,
        prologue="\n".join(job.prologue) or ":",
        directory=quoted([str(job.directory or job.folder)]),
        exports="".join(_export(name, value) for name, value in job.environment.items()),
        command=quoted(job.command),
    )


def _export(name: str, value: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ConfigError("", f"found {name!r}, which is no name of a variable")
    return f"export {name}={quoted([value])}\n"


# TERM comes before the time limit and when the job is cancelled: the command records what it has.
# `wait` ends early when a signal has come, hence the loop.
_BODY: Final = """\
set -u
folder={folder}
child=
signalled=0
finish() {{
  printf '{{"schema": "{schema}", "exit_code": %d, "ended": %(%s)T}}\\n' "$1" -1 \\
    > "$folder/.{marker}.$$" && command -p mv -f -- "$folder/.{marker}.$$" "$folder/{marker}"
}}
forward() {{
  signalled=1
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}}
trap 'finish "$?"' EXIT
trap forward TERM INT HUP XCPU
command -p rm -f -- "$folder/{marker}"
printf '%s\\n' "${{{id_variable}-}}" > "$folder/{begun}"
[ ! -e "$folder/{cancelled}" ] || exit 143

set +u
{prologue}
set -u

cd -- {directory} || exit 1
{exports}[ "$signalled" = 0 ] || exit 143
{command} < /dev/null &
child=$!
[ "$signalled" = 0 ] || kill -TERM "$child" 2>/dev/null
while :; do
  signalled=0
  wait "$child"
  status=$?
  [ "$signalled" = 1 ] || break
done
exit "$status"
"""
