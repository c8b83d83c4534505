"""What a launch is asked to do: the cases of one geometry, as a JSON file that every rank reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from harness.errors import CannotMeasure
from harness.plan.case import Case, from_dict


@dataclass(frozen=True)
class Batch:
    """Cases of one geometry, and the files that report on them.

    launch : which one of its cases this is, from 0. attempts : which one at each case this is, from
    1.
    """

    cases: tuple[Case, ...]
    journal: Path
    launch: int
    attempts: tuple[int, ...]

    @property
    def is_program(self) -> bool:
        """Whether its one case is somebody else's program."""
        return self.cases[0].is_program

    def write(self, path: Path) -> None:
        """Write the batch for the ranks; CannotMeasure if the folder cannot take it."""
        content = {
            "journal": str(self.journal),
            "launch": self.launch,
            "attempts": list(self.attempts),
            "cases": [case.as_dict() for case in self.cases],
        }
        try:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise CannotMeasure(
                str(path),
                f"cannot be written: {error.strerror}",
                fix="free space, or use --results",
            ) from error


def read(path: Path) -> Batch:
    """The batch that `Batch.write` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Batch(
        cases=tuple(from_dict(one) for one in content["cases"]),
        journal=Path(content["journal"]),
        launch=content["launch"],
        attempts=tuple(content["attempts"]),
    )


def raised_file(journal: Path, rank: int) -> Path:
    """Where a rank that raises says why."""
    return journal.with_name(f"{journal.stem}.rank{rank}.json")
