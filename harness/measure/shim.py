"""What mpirun starts on each rank for somebody else's program, and what then becomes it.

``python -P -m harness.measure.shim LAUNCH/order.json`` says where this rank runs, and replaces
itself by the program. It does not start MPI: that is the program's to do, in the same process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from harness.launch.lifeline import end_with_parent
from harness.measure import placement
from kernels.program import STDOUT

# A launcher inside a Slurm job passes the number of the batch script on: it is asked last.
_RANK_VARIABLES: Final = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID")


class NoRankError(RuntimeError):
    """The launcher does not say which rank this is."""


class NotStartedError(RuntimeError):
    """The program cannot be executed."""


@dataclass(frozen=True)
class Order:
    """What the ranks of a launch become. raised : names of the files for what goes wrong."""

    command: list[str]
    ranks: int
    mpi: str
    raised: list[str]

    def write(self, path: Path) -> None:
        """Write it for the ranks."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def place_file(folder: Path, rank: int) -> Path:
    """Where a rank says where it runs."""
    return folder / f"place.rank{rank}.json"


def rank_of(environment: Mapping[str, str], ranks: int) -> int:
    """The rank that the launcher gave this process. Raises NoRankError."""
    words = (environment.get(name, "") for name in _RANK_VARIABLES)
    found = next((int(word) for word in words if word.isdecimal()), 0 if ranks == 1 else None)
    if found is None or found >= ranks:
        what = "no rank" if found is None else f"rank {found} of {ranks}"
        raise NoRankError(
            f"mpirun gives its processes {what} in {', '.join(_RANK_VARIABLES)}; "
            "name the mpirun of the program's MPI with --set mpirun=/path"
        )
    return found


def main() -> None:
    """Become the program; an exception is written down before it ends the rank."""
    end_with_parent(signal.SIGKILL)
    file = Path(sys.argv[1])
    order = Order(**json.loads(file.read_text(encoding="utf-8")))
    rank = 0
    try:
        rank = rank_of(os.environ, order.ranks)
        _report(file.parent, rank, order.mpi)
        _become(order.command, file.parent, rank)
    except Exception as error:
        report = {"rank": rank, "type": type(error).__name__, "message": str(error), "place": ""}
        Path(order.raised[rank]).write_text(json.dumps(report), encoding="utf-8")
        raise


def _report(folder: Path, rank: int, mpi: str) -> None:
    """Write the place of this rank, whole or not at all."""
    facts = placement.as_dict(placement.of_program(rank, mpi, os.environ))
    path = place_file(folder, rank)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.replace(path)


def _become(command: list[str], folder: Path, rank: int) -> None:
    """Go on as the program, in its folder; what rank 0 prints goes into a file there."""
    os.chdir(folder)
    if rank == 0:
        output = os.open(STDOUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, sys.stdout.fileno())
    try:
        os.execv(command[0], command)  # noqa: S606 - the program that the user asked for
    except OSError as error:
        raise NotStartedError(f"{command[0]} cannot be executed: {error.strerror}") from error


if __name__ == "__main__":
    main()
