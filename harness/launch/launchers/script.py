"""Any other batch system, described by the site: a template of its script, and its commands.

In the template these are replaced, and nothing else: ${name}, ${nodes}, ${ranks},
${ranks_per_node}, ${threads}, ${cpus}, ${cpus_per_node}, ${time} (HH:MM:SS), ${minutes}, ${queue},
${hosts} (with commas), ${folder}, ${output}, and ${command}: the lines that run qyran and leave
the end marker, on a line of its own. Before it, the template says where the job is:

    export QYRAN_JOB=...    its id
    export QYRAN_HOSTS=...  the names of its nodes, between blanks

In a line that begins with # a value must be plain text; elsewhere it is quoted for the shell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.config import cluster as clusters
from harness.errors import ConfigError
from harness.launch import job_script
from harness.launch.contract import Allocation, Job, Report, State

_JOB: Final = "QYRAN_JOB"
_HOSTS: Final = "QYRAN_HOSTS"
_NAME: Final = re.compile(r"\$\{([a-z_]+)\}")
_COMMAND: Final = "${command}"


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
    """The nodes that the template has put into `QYRAN_HOSTS`; None outside of a job."""
    job = environ.get(_JOB)
    named = tuple(dict.fromkeys(environ.get(_HOSTS, "").split()))
    return Allocation("script", named, job) if job and named else None


def configured(launcher: clusters.Launcher, folder: Path) -> Described:
    """The batch system that cluster.yaml describes; ConfigError if a part of it is missing."""
    if launcher.template is None or launcher.commands is None:
        raise ConfigError(
            str(folder / "cluster.yaml"),
            "launcher: {kind: script} needs a template and commands",
            fix="launcher: {kind: script, template: site.sh, commands: {submit: [...], ...}}",
        )
    return Described(launcher.commands, folder / launcher.template)


@dataclass(frozen=True)
class Described:
    """A batch system as a site describes it. template : the file, read when a script is made."""

    commands: clusters.Commands
    template: Path

    @property
    def where(self) -> str:
        """The place that errors name."""
        return str(self.template)

    def script(self, job: Job) -> str:
        """The template with its values; ConfigError if it cannot be read or used."""
        lines = self._text().splitlines()
        if sum(line.strip() == _COMMAND for line in lines) != 1:
            found = "has no line ${command}, or several"
            raise ConfigError(self.where, found, fix="put ${command} on one line of its own")
        values = _values(job)
        return "".join(
            job_script.body(job, _JOB)
            if line.strip() == _COMMAND
            else f"{self._filled(line, values, number)}\n"
            for number, line in enumerate(lines, start=1)
        )

    def _text(self) -> str:
        try:
            return self.template.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            raise ConfigError(self.where, f"cannot be read: {reason}") from error

    def _filled(self, line: str, values: Mapping[str, str], number: int) -> str:
        """A line with its values; a misspelt one would be passed over by a shell in a comment."""
        comment = line.startswith("#")
        where = f"{self.where}:{number}"

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name not in values:
                if not comment:
                    return found[0]  # a variable of the shell
                raise ConfigError(where, f"unknown ${{{name}}}", ", ".join(values))
            text = values[name]
            if comment:
                return job_script.plain(text, where) if text else ""
            return job_script.quoted([text])

        return _NAME.sub(value, line)

    def submit(self, script: Path) -> list[str]:
        """The site's command."""
        return [str(script) if word == "${script}" else word for word in self.commands.submit]

    def job_id(self, printed: str) -> str:
        """Group 1 of the site's pattern."""
        found = re.search(self.commands.job_id, printed, re.MULTILINE)
        if found is None or not found[1]:
            words = f"{self.commands.submit[0]} printed nothing like {self.commands.job_id!r}"
            raise ValueError(words)
        return found[1]

    def queries(self, jobs: Sequence[str]) -> list[list[str]]:
        """The site's command, if it has one."""
        return [_of_jobs(self.commands.status, jobs)] if self.commands.status else []

    def reports(self, printed: str) -> dict[str, Report]:
        """The lines that the site's pattern knows."""
        found = {}
        for line in printed.splitlines():
            read = re.search(self.commands.state, line)
            if read is not None:
                found[read["job"]] = Report(self._state(read["word"]), read["word"])
        return found

    def denies(self, said: str) -> bool:
        """Not known of a system that is only described."""
        return False

    def _state(self, word: str) -> State:
        known = {
            State.QUEUED: self.commands.queued,
            State.RUNNING: self.commands.running,
            State.ENDED: self.commands.ended,
        }
        return next((state for state, words in known.items() if word in words), State.UNKNOWN)

    def cancel(self, jobs: Sequence[str]) -> list[str]:
        """The site's command; ConfigError if it has none."""
        if not self.commands.cancel:
            fix = "launcher: {commands: {cancel: [..., '${jobs}']}}"
            raise ConfigError(self.where, "no command that cancels is known", fix=fix)
        return _of_jobs(self.commands.cancel, jobs)

    def nodes(self, queue: str | None) -> list[str]:
        """None: the nodes are those of cluster.yaml."""
        return []

    def states_of_nodes(self, printed: str) -> dict[str, bool]:
        """None."""
        return {}

    def clean(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Without variables of an outer job."""
        return job_script.cleaned(environ, (_JOB, _HOSTS), "")


def _of_jobs(command: Sequence[str], jobs: Sequence[str]) -> list[str]:
    return [one for word in command for one in (jobs if word == "${jobs}" else [word])]


def _values(job: Job) -> dict[str, str]:
    time_s = job.time_s or 0.0
    return {
        "name": job_script.label(job.name),
        "nodes": str(job.nodes),
        "ranks_per_node": str(job.ranks_per_node),
        "threads": str(job.threads),
        "cpus_per_node": str(job.cpus_per_node),
        "ranks": str(job.nodes * job.ranks_per_node),
        "cpus": str(job.nodes * job.cpus_per_node),
        "time": job_script.clock(time_s) if job.time_s else "",
        "minutes": str(-int(-time_s // 60)) if job.time_s else "",
        "queue": job.queue or "",
        "hosts": ",".join(job.hosts),
        "folder": str(job.folder),
        "output": str(job.folder / job_script.OUTPUT),
    }
