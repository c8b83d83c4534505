"""What the processor that Numba compiles for can do, asked of LLVM itself.

NUMBA_CPU_NAME and NUMBA_CPU_FEATURES choose that processor, else it is the one of this machine. A
name alone does not take features away (Numba then still adds those of this machine), so nothing is
read from names: a multiply-add of each vector width is compiled and its instructions are counted.
Numba's cache on disk keeps the code of different processors apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from llvmlite import binding, ir
from numba.core import cgutils
from numba.core.registry import cpu_target

_WIDTHS_B: Final = (64, 32, 16)
_MULTIPLIES: Final = re.compile(r"^\s+(?:v?(?:fmadd\d*|mul)pd|fmla|fmul)\s", re.MULTILINE)
"""A multiplication of vectors, fused or not: vfmadd213pd, vmulpd, mulps, fmla, fmul."""
_CALLS: Final = re.compile(r"^\s+(?:call\w*|bl|jmp|b)\s+\S*fma", re.MULTILINE)


@dataclass(frozen=True)
class Target:
    """The vector unit: bytes of a register, number of registers, fused multiply-add or not."""

    vector_B: int
    registers: int
    fused: bool


@cache
def target() -> Target:
    """The widest vectors that this processor multiplies in one instruction."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(
        cpu=name, features=features, opt=2
    )
    for vector_B in _WIDTHS_B:
        for fused in (True, False):
            if _in_one_instruction(machine, vector_B, fused=fused):
                arm = triple.startswith(("aarch64", "arm64"))
                return Target(vector_B, 32 if arm or vector_B == 64 else 16, fused)
    return Target(_WIDTHS_B[-1], 16, fused=False)


def _in_one_instruction(machine: Any, vector_B: int, *, fused: bool) -> bool:
    code = machine.emit_assembly(binding.parse_assembly(_example(vector_B, fused=fused)))
    return len(_MULTIPLIES.findall(code)) == 1 and not _CALLS.search(code)


def _example(vector_B: int, *, fused: bool) -> str:
    """IR of a function that computes a b + c of vectors of float64 in memory."""
    vector = ir.VectorType(ir.DoubleType(), vector_B // 8)
    module = ir.Module("example")
    kind = ir.FunctionType(ir.VoidType(), [vector.as_pointer()] * 3)
    function = ir.Function(module, kind, "multiply_add")
    builder = ir.IRBuilder(function.append_basic_block())
    a, b, c = (builder.load(one) for one in function.args)
    builder.store(multiply_add(builder, a, b, c, fused=fused), function.args[2])
    builder.ret_void()
    return str(module)


def multiply_add(builder: Any, a: Any, b: Any, c: Any, *, fused: bool) -> Any:
    """Emit a b + c of vectors; unfused where the processor would need a call of a library."""
    if not fused:
        return builder.fadd(builder.fmul(a, b), c)
    kind = a.type
    name = f"llvm.fma.v{kind.count}{kind.element.intrinsic_name}"
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(kind, [kind] * 3), name
    )
    return builder.call(function, (a, b, c))
