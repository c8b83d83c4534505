"""Prints the innermost loops of jacobi3d as JSON, for the processor that Numba compiles for.

test_jacobi3d_code.py starts it with NUMBA_CPU_NAME set: a process compiles for one processor only.
"""

from __future__ import annotations

import json

from assembly import innermost, of

from kernels._support.target import target
from kernels.stencil.jacobi3d.lines import update_lines

if __name__ == "__main__":
    loops = {
        real: innermost(of(update_lines, signature))
        for real, signature in zip(("float64", "float32"), update_lines.signatures, strict=True)
    }
    print(json.dumps({"vector_B": target().vector_B, "loops": loops}))
