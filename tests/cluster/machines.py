"""Machines of a small cluster, made of this one: a head and two nodes that real daemons run on.

A machine is a set of namespaces: its own host name, network, processes, ``/tmp``, ``/run`` and
``/dev/shm``, its own ``/etc/hosts``, ``/etc/slurm`` and ``/etc/ssh/ssh_config``. Files are
otherwise those of this machine, as on a cluster with one shared file system; so are its CPUs, of
which every node has all. The machines are joined by a bridge in a namespace of the laboratory,
which has no way out: two laboratories never meet, and use the same names, addresses and ports.

Everything lives in one process namespace. When its first process ends, which the kernel sees to
when the one that made it does (pytest, even by ``kill -9``), so does all that was started in it,
and with the processes go networks and mounts. Nothing of this machine's own ``/etc`` is touched.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

HEAD: Final = "head"
NODES: Final = ("node1", "node2")
ADDRESSES: Final = {HEAD: "10.17.0.1", "node1": "10.17.0.11", "node2": "10.17.0.12"}
LIMIT_S: Final = 120.0
PROGRAMS: Final = ("ip", "nsenter", "unshare")
_PR_SET_PDEATHSIG: Final = 1
_NAMESPACES: Final = ("--pid", "--mount", "--uts", "--ipc", "--net")
# Process 1 of a process namespace inherits orphans: the kernel reaps them if it ignores SIGCHLD.
_FIRST: Final = "exec env --ignore-signal=CHLD sleep infinity"
_BRIDGE: Final = f"ip link add bridge type bridge && ip link set bridge up; echo ready; {_FIRST}"
# Host name, folder with the files that the machine has for itself, folders that all have.
_FURNISH: Final = f"""
hostname "$1"; own=$2; shift 2
ip link set lo up
mount -t tmpfs shm /dev/shm
for file in hosts ssh/ssh_config slurm; do
  if [ -e "$own/$file" ]; then mount --bind "$own/$file" "/etc/$file"; fi
done
mount -t tmpfs run /run && mkdir /run/sshd /run/munge
i=0
for folder do i=$((i + 1)); mkdir "/run/$i"; mount --bind "$folder" "/run/$i"; done
mount -t tmpfs -o mode=1777 tmp /tmp
i=0
for folder do i=$((i + 1)); mkdir -p "$folder"; mount --move "/run/$i" "$folder"; done
echo ready
{_FIRST}
"""


@dataclass(frozen=True)
class Machine:
    """A host name, an address, and the namespaces of the process ``pid``."""

    name: str
    address: str
    pid: int

    def command(self, *words: str, folder: Path = Path("/")) -> list[str]:
        """The argument list that runs ``words`` on this machine, in a folder that it sees."""
        return ["nsenter", f"--target={self.pid}", *_NAMESPACES, f"--wdns={folder}", *words]

    def run(
        self,
        *words: str,
        folder: Path = Path("/"),
        environment: Mapping[str, str] | None = None,
        limit_s: float = LIMIT_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its exit status."""
        return subprocess.run(
            self.command(*words, folder=folder),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )

    def output(self, *words: str) -> str:
        """What a command prints, which must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def tmp(self) -> Path:
        """Its ``/tmp``, as it is seen from here."""
        return Path(f"/proc/{self.pid}/root/tmp")

    def processes(self, *words: str) -> list[psutil.Process]:
        """What runs on this machine with all of these texts in its command line."""
        found = []
        for one in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                mine = one.pid != self.pid and _namespace(one.pid) == _namespace(self.pid)
                if mine and one.status() != psutil.STATUS_ZOMBIE:
                    line = " ".join(one.cmdline())
                    found += [one] if all(word in line for word in words) else []
        return found

    def lose_power(self) -> None:
        """Every process is gone at once, and nobody on the network is told."""
        self.output("ip", "link", "set", "eth0", "down")
        os.kill(self.pid, signal.SIGKILL)


def _namespace(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/pid").stat().st_ino


def until(condition: Callable[[], bool], limit_s: float = LIMIT_S, what: str = "it") -> float:
    """Poll until a condition holds; returns the seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit_s, f"{what} did not happen within {limit_s:g} s"
        time.sleep(0.05)
    return time.monotonic() - began


def obstacle(*programs: str) -> str:
    """Why there can be no machines here, or no such programs on them; empty if nothing is amiss."""
    missing = [one for one in (*PROGRAMS, *programs) if not shutil.which(one)]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install as .ci/run does)"
    if os.geteuid() != 0:
        return "only root can make the machines of this laboratory"
    made = subprocess.run(
        ["unshare", "--fork", *_NAMESPACES, "mount", "-t", "tmpfs", "run", "/run"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"namespaces are not permitted here: {made.stderr.strip()}" if made.returncode else ""


@contextmanager
def machines(folder: Path, shared: Sequence[Path] = ()) -> Iterator[dict[str, Machine]]:
    """The head and the nodes, by name, while this lasts.

    folder : of files that each has instead of those in /etc: ``hosts`` is written here; a file
    ``ssh/ssh_config`` and a folder ``slurm`` are taken if they are there. shared : further folders
    that all machines see; those outside of ``/tmp`` they see anyway.
    """
    lines = [f"{address} {name}" for name, address in ADDRESSES.items()]
    (folder / "hosts").write_text("\n".join(["127.0.0.1 localhost", *lines]) + "\n")
    hidden = _outermost(one for one in (folder, *shared) if one.is_relative_to("/tmp"))
    with ExitStack() as stack:
        laboratory = stack.enter_context(_first_process([], ["sh", "-ec", _BRIDGE]))
        inside = ["nsenter", f"--target={laboratory}", "--pid", "--mount"]
        found = {}
        for name, address in ADDRESSES.items():
            furnish = ["sh", "-ec", _FURNISH, "sh", name, str(folder), *map(str, hidden)]
            pid = stack.enter_context(_first_process(inside, furnish))
            found[name] = Machine(name, address, pid)
            _join(found[name], laboratory)
        yield found


def _outermost(folders: Iterator[Path]) -> list[Path]:
    """These folders without those that lie in another of them."""
    kept: list[Path] = []
    for one in sorted({folder.resolve() for folder in folders}):
        kept += [] if any(one.is_relative_to(other) for other in kept) else [one]
    return kept


@contextmanager
def _first_process(before: Sequence[str], script: Sequence[str]) -> Iterator[int]:
    """The id, as seen from here, of the first process in new namespaces."""
    unshare = ["unshare", "--fork", "--kill-child", "--mount-proc", *_NAMESPACES]
    with subprocess.Popen(
        [*before, *unshare, *script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - there are no other threads
    ) as started:
        try:
            assert started.stdout is not None
            assert started.stderr is not None
            assert started.stdout.readline() == "ready\n", started.stderr.read()
            (*_, first) = psutil.Process(started.pid).children(recursive=True)
            yield first.pid
        finally:
            with suppress(psutil.Error):
                for one in psutil.Process(started.pid).children(recursive=True):
                    one.kill()
            started.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _join(machine: Machine, laboratory: int) -> None:
    """A cable from the machine to the bridge."""
    bridge = ["nsenter", f"--target={laboratory}", "--net", "ip"]
    inside = machine.command("ip")
    peer = ["peer", "name", "eth0", "netns", str(machine.pid)]
    for words in (
        [*bridge, "link", "add", machine.name, "type", "veth", *peer],
        [*bridge, "link", "set", machine.name, "master", "bridge", "up"],
        [*inside, "address", "add", f"{machine.address}/24", "dev", "eth0"],
        [*inside, "link", "set", "eth0", "up"],
    ):
        subprocess.run(words, check=True)
