"""Two hosts that are namespaces of this machine, reached by a remote shell of the site.

The shell starts what it is given in namespaces of host names and mounts, with an environment as
bare as that of a login by ssh.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

AGENT = """#!/bin/sh
# AGENT [-option]... HOST WORDS...
while case $1 in -*) true;; *) false;; esac; do shift; done
host=$1; shift
exec env -i HOME="$HOME" PATH=/usr/bin:/bin unshare -u -m sh -c '
  cd /; hostname "$0"; if [ "$0" = n2 ]; then {on_second}; fi; {on_each}
  exec sh -c "$*"' "$host" "$@"
"""


def may_unshare() -> bool:
    command = ["unshare", "-u", "-m", "hostname", "qyran-test"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Site:
    """Two hosts, n1 and n2, and this machine as the head node that is neither of them."""

    def __init__(self, qyran: Qyran) -> None:
        self.qyran = qyran
        self.agent = qyran.folder / "agent"
        self.define()
        self.reach()

    def define(
        self,
        hosts: str = "n[1-2]",
        launcher: str = "",
        node: str = "cores: 2",
        blocks: str = "",
    ) -> None:
        """Write cluster.yaml."""
        cpu = f"hosts: ['{hosts}'], node: {{{node}}}, blocks: {{{blocks}}}"
        (self.qyran.folder / "cluster.yaml").write_text(
            "schema: qyran.cluster/1\ndefault: pair\nclusters:\n  pair:\n"
            f"    launcher: {{kind: hostfile, agent: [{self.agent}, -q], {launcher}}}\n"
            f"    partitions: {{cpu: {{{cpu}}}}}\n"
        )

    def reach(self, on_second: str = ":", on_each: str = ":") -> None:
        """Write the remote shell. on_second, on_each : what it does on n2, on every host first."""
        self.agent.write_text(AGENT.format(on_second=on_second, on_each=on_each))
        self.agent.chmod(0o755)

    def run(self, *arguments: str, **added: str) -> Done:
        """Two cases, ranks on both hosts."""
        return self.qyran.run(
            "faulty", "--nodes", "2", "--ranks", "2", "--repeat", "2", *arguments, **added
        )
