"""A program: stream and ladder on the processor that NUMBA_CPU_NAME names, as JSON on stdout.

Whether their results are right, and the innermost loops of their compiled code.
"""

from __future__ import annotations

import json
from typing import Any

from assembly import innermost, of
from mpi4py import MPI

from kernels._support.target import target
from kernels.contract import Kernel
from kernels.memory.ladder import vectors
from kernels.memory.ladder.kernel import Ladder
from kernels.memory.stream import lines
from kernels.memory.stream.kernel import Stream

LADDER: dict[str, tuple[Any, str]] = {
    "load": (vectors.sum_blocks, "i8(i8, i8)"),
    "store": (vectors.store_blocks, "void(i8, f8, i8)"),
    "store_nontemporal": (vectors.store_blocks_past, "void(i8, f8, i8)"),
    "copy": (vectors.copy_blocks, "void(i8, i8, f8, i8)"),
    "copy_nontemporal": (vectors.copy_blocks_past, "void(i8, i8, f8, i8)"),
    "triad": (vectors.triad_blocks, "void(i8, i8, i8, f8, i8)"),
    "triad_nontemporal": (vectors.triad_blocks_past, "void(i8, i8, i8, f8, i8)"),
    "fma_float64": (vectors.multiply_add_chains, "void(i8, i8, f8, f8)"),
    "fma_float32": (vectors.multiply_add_chains, "void(i8, i8, f4, f4)"),
}
STREAM: dict[str, Any] = {
    "copy": lines.copy,
    "scale": lines.scale,
    "add": lines.add,
    "triad": lines.triad,
    "dot": lines.dot,
}


def main() -> None:
    """Print the facts. Importing mpi4py before the kernels has started MPI."""
    facts: dict[str, Any] = {"vector_B": target().vector_B, "fused": target().fused}
    facts["chains"] = vectors.CHAINS
    facts["passed"] = {
        "plain": passes(Stream(n=1001)),
        "nontemporal": passes(Stream(n=1001, variant="nontemporal")),
        "ladder": passes(Ladder(sets=2, largest=2**15, cache=2**12)),
    }
    facts["stream"] = {name: innermost(of(one)) for name, one in STREAM.items()}
    facts["ladder"] = {
        name: innermost(of(calling(intrinsic, signature), signature))
        for name, (intrinsic, signature) in LADDER.items()
    }
    print(json.dumps(facts))


def calling(intrinsic: Any, signature: str) -> Any:
    """A plain function that calls an intrinsic: Numba compiles no intrinsic by itself."""
    return {
        2: lambda a, b: intrinsic(a, b),  # noqa: PLW0108
        3: lambda a, b, c: intrinsic(a, b, c),  # noqa: PLW0108
        4: lambda a, b, c, d: intrinsic(a, b, c, d),  # noqa: PLW0108
        5: lambda a, b, c, d, e: intrinsic(a, b, c, d, e),  # noqa: PLW0108
    }[signature.count(",") + 1]


def passes(kernel: Kernel[Any]) -> bool:
    """Whether the results of two repetitions are right."""
    state = kernel.setup(MPI.COMM_SELF)
    for _ in range(2):
        for phase in kernel.phases():
            phase.run(state)
    return kernel.verify(state, MPI.COMM_SELF).passed


if __name__ == "__main__":
    main()
