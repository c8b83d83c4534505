"""An sshd on every machine, with keys of the laboratory's own: `ssh node1` works anywhere in it.

What was found with ranks over two such hosts (Open MPI 5.0.11 of its wheel, 4.1.4, MPICH 4.0.2):

- Open MPI, 4 and 5, hands on no variable but its own: each needs `-x NAME`, on the first host too.
  Hydra hands on all.
- `--map-by slot` fills the first host; `--map-by ppr:R:node:PE=T --bind-to core` gives each host R
  ranks of T cores, and so does Hydra's `-ppn R -bind-to core:T`.
- mpirun killed by 9 or TERM: no rank is left after 0.3 s (Open MPI 5), 1.0 s (4), 0.03 s (Hydra).
  Ranks are in sessions of their own on their hosts: only mpirun can end them.
- A rank killed by 9: mpirun ends with 137, or 255 (Hydra), within a second.
- A host that is away: Open MPI ends after 3 s with 255 and names it; Hydra prints the words of ssh
  and hangs.
- A host that loses power, or its cable, in mid-run: nobody notices within 25 s.
- Daemons of Open MPI 4 under ranks with the library of 5: MPI_Init hangs.
"""

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
