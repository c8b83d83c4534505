"""Everything about the place of a measurement, as one record that is stored with each result.

Nested, ready for JSON, base units; None always comes with a reason beside it ("unknown").
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import CannotMeasure
from harness.machine import software, surroundings
from harness.machine.fingerprint import fingerprint, software_fingerprint
from harness.machine.mpi import MpiLibrary, Mpirun, find_mpirun, mpi_library
from harness.machine.node import NodeFacts, detect
from harness.machine.state import state
from harness.machine.tree import Asker, Tree, Unavailable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def environment(
    root: Path = Path("/"), mpirun: str | None = None, facts: NodeFacts | None = None
) -> dict[str, Any]:
    """The record of this machine now; ``mpirun`` as configured, ``facts`` if they are at hand.

    Keys: hardware, software, fingerprint, variables, container, job, state, unknown. Never raises.
    """
    tree = Tree(root)
    facts = facts or detect(root)
    soft = _software(tree, mpirun)
    ask = Asker(tree)
    return {
        "hardware": _plain(facts),
        "software": soft,
        "fingerprint": _fingerprints(facts, soft),
        "variables": surroundings.variables(),
        "container": ask("container", surroundings.container),
        "job": ask("job", lambda _: surroundings.job()),
        "state": _plain(state(root)),
        "unknown": ask.unknown,
    }


def _software(tree: Tree, mpirun: str | None) -> dict[str, Any]:
    ask = Asker(tree)
    found = ask("mpirun", lambda _: _mpirun(mpirun))
    library = ask("mpi", lambda _: _library())
    git = ask("git", software.checkout)
    return {
        "versions": software.versions(),
        "mpirun": found and _plain(found),
        "mpi": library and _plain(library),
        "blas_build": ask("blas_build", software.blas_build),
        "llvm": ask("llvm", software.llvm),
        "git": git and _plain(git),
        "unknown": ask.unknown,
    }


def _mpirun(configured: str | None) -> Mpirun:
    try:
        return find_mpirun(configured)
    except CannotMeasure as error:
        raise Unavailable(str(error)) from None


def _library() -> MpiLibrary:
    try:
        return mpi_library()
    except CannotMeasure as error:
        raise Unavailable(str(error)) from None


def _fingerprints(facts: NodeFacts, soft: dict[str, Any]) -> dict[str, Any]:
    mpi = soft["mpi"]
    library = f"{mpi['flavour']} {mpi['version']}" if mpi else None
    both = software_fingerprint(facts, soft["versions"], library, soft["blas_build"])
    return {"hardware": _plain(fingerprint(facts)), "software": _plain(both)}


def _plain(record: DataclassInstance) -> dict[str, Any]:
    """The fields of a dataclass as JSON holds them: tuples are lists, paths are text."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(record), default=str))
    return plain
