"""What each node is, told by itself: one process on each writes its environment to a shared folder.

Started by the launcher as ``mpirun ... python -P -m harness.machine.census FOLDER [MPIRUN]``. Not
to standard output: starters mix lines of that length. MPI is not begun, so that one node whose
MPI does not work is told apart from one that does not answer.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any, Final

from harness.machine.environment import environment

SUFFIX: Final = ".facts.json"


def main() -> None:
    """Write what this node is; whole, or not at all."""
    folder, *mpirun = sys.argv[1:]
    told = {
        "host": platform.node(),
        "node": os.environ.get("SLURMD_NODENAME", ""),
        "environment": environment(mpirun=mpirun[0] if mpirun else None),
    }
    name = told["node"] or told["host"]
    new = Path(folder) / f".{name}.{os.getpid()}"
    new.write_text(json.dumps(told), encoding="utf-8")
    new.replace(Path(folder) / f"{name}{SUFFIX}")


def read(folder: Path) -> list[dict[str, Any]]:
    """What nodes have told: host, node, environment of each."""
    return [
        json.loads(one.read_text(encoding="utf-8")) for one in sorted(folder.glob(f"*{SUFFIX}"))
    ]


if __name__ == "__main__":
    main()
