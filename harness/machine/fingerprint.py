"""The two keys of a machine: what it is, and what runs on it.

The hardware key holds only what survives a reboot; it names a series of results. A change of the
software key is marked in that series. Clock, load, host name and free memory are in
neither: with them in the key, each change of the weather would look like another machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.machine.node import NodeFacts

HARDWARE_SCHEMA: Final = "qyran.hardware/1"
SOFTWARE_SCHEMA: Final = "qyran.software/1"
_GIB: Final = 2**30


@dataclass(frozen=True)
class Fingerprint:
    """A short key and the text it is made of, one "name: value" a line."""

    key: str  # 16 hexadecimal digits
    text: str


def fingerprint(facts: NodeFacts) -> Fingerprint:
    """The key of the hardware of a node."""
    return made_of(
        HARDWARE_SCHEMA,
        {
            "cpu_vendor": facts.cpu_vendor,
            "cpu_model": facts.cpu_model,
            "cpu_family": facts.cpu_family,
            "cpu_model_number": facts.cpu_model_number,
            "cpu_stepping": facts.cpu_stepping,
            "sockets": facts.sockets,
            "cores": facts.cores_physical,
            "threads": facts.threads,
            "numa_nodes": facts.numa_nodes,
            "memory_GiB": _nearest_GiB(facts),
            **_devices(facts),
        },
    )


def software_fingerprint(
    facts: NodeFacts, versions: Mapping[str, str | None], mpi: str | None, blas: str | None
) -> Fingerprint:
    """The key of what runs on the node.

    ``versions`` of "python", "numpy", "numba" and others that are not used here; ``mpi`` and
    ``blas`` are name and version of the library that ranks use.
    """
    return made_of(
        SOFTWARE_SCHEMA,
        {
            "kernel": facts.kernel,
            "firmware": facts.firmware,
            "microcode": facts.microcode,
            "mpi": mpi,
            "python": versions.get("python"),
            "numpy": versions.get("numpy"),
            "numba": versions.get("numba"),
            "blas": blas,
            **({"gpu_driver": facts.gpu_driver} if facts.gpu_driver else {}),
        },
    )


def _devices(facts: NodeFacts) -> dict[str, str]:
    """GPUs and interconnect of a node that has them; the key of one that has none stays as it was.

    Keys were made without them until schema 1.1 of the files: no history of such a node breaks.
    """
    found = {"gpus": facts.gpus, "interconnects": facts.interconnects}
    return {name: ", ".join(one) for name, one in found.items() if one}


def _nearest_GiB(facts: NodeFacts) -> int | None:
    # Present memory, because MemTotal moves with what a kernel reserves for itself.
    found = facts.memory_present_B or facts.memory_B
    return None if found is None else round(found / _GIB)


def made_of(schema: str, parts: Mapping[str, object]) -> Fingerprint:
    """The key of these parts, in their order; None is written as unknown."""
    lines = [f"schema: {schema}"]
    lines += [f"{name}: {'unknown' if part is None else part}" for name, part in parts.items()]
    text = "\n".join(lines)
    return Fingerprint(hashlib.sha256(text.encode()).hexdigest()[:16], text)
