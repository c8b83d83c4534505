"""An sshd on every machine, with keys of the laboratory's own: `ssh node1` works anywhere in it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.cluster.machines import Machine

PROGRAMS: Final = ("ssh", "ssh-keygen", "sshd")
_CLIENT: Final = """\
Host *
    IdentityFile {folder}/user
    IdentitiesOnly yes
    BatchMode yes
    StrictHostKeyChecking yes
    GlobalKnownHostsFile {folder}/known_hosts
    UserKnownHostsFile /dev/null
    ConnectTimeout 5
"""
_SERVER: Final = """\
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
AuthenticationMethods publickey
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
MaxStartups 100
"""


def write(folder: Path, names: Iterable[str]) -> Path:
    """Keys and configuration in ``folder``, before the machines are made; returns where."""
    here = folder / "ssh"
    here.mkdir()
    for key in ("user", "host"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", str(here / key)]
        subprocess.run(words, check=True)
    (here / "authorized").write_text((here / "user.pub").read_text())
    host = (here / "host.pub").read_text()
    (here / "known_hosts").write_text("".join(f"{name} {host}" for name in names))
    (here / "ssh_config").write_text(_CLIENT.format(folder=here))
    (here / "sshd_config").write_text(_SERVER.format(folder=here))
    return here


def serve(machine: Machine, here: Path) -> None:
    """Start the sshd of a machine, which goes on by itself."""
    log = here / f"{machine.name}.log"
    machine.output("/usr/sbin/sshd", "-f", str(here / "sshd_config"), "-E", str(log))
