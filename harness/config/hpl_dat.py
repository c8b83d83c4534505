"""A site's HPL.dat as a suite: every combination of values becomes a case, in netlib's order."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.config.suite import Case, Suite
from harness.config.yaml_file import Document, Path_
from harness.errors import ConfigError
from kernels._support import hpl_dat
from kernels._support.hpl_dat import LINES, HplDat, HplDatError

_WITHOUT_CHOICE: Final = {
    "threshold", "l1_transposed", "u_transposed", "equilibration", "alignment",
}  # fmt: skip
PARAMETERS: Final = tuple(name for name in LINES if name not in _WITHOUT_CHOICE)
"""The parameters that a file gives to a kernel."""
_MOST_CASES: Final = 10_000
_CHECKED_AGAINST: Final = 16.0


@dataclass(frozen=True)
class _Places(Document):
    """Where the values of an HPL.dat stand: a parameter has its line."""

    def where(self, path: Path_) -> str:
        """``HPL.dat:8: nb``, or the file's name for what is no parameter."""
        name = path[-1] if path else ""
        return f"{self.name}:{LINES[str(name)]}: {name}" if name in LINES else self.name


def read(path: Path) -> HplDat:
    """The values of a file; ConfigError with its line if it is none."""
    try:
        return hpl_dat.read(path.read_text(encoding="utf-8", errors="replace"), str(path))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    except HplDatError as error:
        raise ConfigError(f"{error.name}:{error.line}", error.found, error.known) from error


def suite(values: HplDat, path: Path, kernel: str) -> tuple[Suite, Document]:
    """The suite of all combinations; a case has the ranks of its grid."""
    number = values.count
    if number > _MOST_CASES:
        raise ConfigError(
            str(path),
            f"asks for {number} combinations",
            known=f"at most {_MOST_CASES}",
            fix="split it into several files",
        )
    cases = [
        Case(kernel=kernel, parameters=one, ranks=(int(one["p"]) * int(one["q"]),))
        for one in values.combinations()
    ]
    return Suite(title=f"every combination of {path}", cases=cases), _Places(str(path), {}, {})


def refuse_changes(
    values: HplDat, path: Path, named: Mapping[str, Collection[str]], ranks: tuple[int, ...] | None
) -> None:
    """ConfigError if the command line gives what the file gives.

    named : the parameters that each flag names; ranks : those of ``--ranks``.
    """
    for flag, names in named.items():
        for name in (one for one in names if one in LINES):
            raise ConfigError(
                f"{flag} {name}",
                f"is given by {path}:{LINES[name]} too",
                fix="change that line, or leave one of the two out",
            )
    for p, q in values.grids:
        if ranks is not None and ranks != (p * q,):
            raise ConfigError(
                "--ranks",
                f"found {','.join(map(str, ranks))}, and {path}:{LINES['p']} has a grid {p} x {q}",
                known="a grid of P x Q runs on as many ranks",
                fix="leave --ranks out, or change the grids of the file",
            )


def without_effect(values: HplDat, path: Path) -> str:
    """What the file says and no kernel here has a choice for, in one sentence."""
    words = f"{path}:{LINES['l1_transposed']}-{LINES['alignment']}: form of L1 and U, "
    words += "equilibration and alignment have no effect here"
    if math.isclose(values.threshold, _CHECKED_AGAINST):
        return words
    return f"{words}, nor has the threshold: residuals are checked against {_CHECKED_AGAINST}"
