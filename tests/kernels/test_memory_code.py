"""The compiled code of stream and ladder, on three kinds of processor.

Instructions are those of x86-64; on other processors only calls and branches are looked at.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from typing import Any

import pytest

from kernels._support.target import target

X86 = platform.machine() == "x86_64"
STREAM = ("copy", "scale", "add", "triad")
LADDER = ("load", "store", "copy", "triad")
PAST = ("store_nontemporal", "copy_nontemporal", "triad_nontemporal")
REGISTERS = {64: "zmm", 32: "ymm", 16: "xmm"}
_TO_MEMORY = re.compile(r"^v?mov\S+\s+%[xyz]mm\d+, .*\(|^(st|stp|stnp|str)\s")
_NONTEMPORAL = re.compile(r"^v?movnt|^stnp\s")
_VECTOR_STORE = re.compile(r"^v?mov(nt|u|a)(p[sd]|dq\w*)\s|^stn?p\s|^str\s+q|^st1")
_PRODUCT = re.compile(r"^v?fmadd\d*p|^v?mulp|^fml|^fmul")
_JUMP = re.compile(r"^(j|b\.|cb|tb)")
_CALL = re.compile(r"^(call|bl\s)")


@pytest.fixture
def facts(facts_on: Callable[..., dict[str, Any]], processor: str) -> dict[str, Any]:
    """What memory_facts.py prints on each kind of processor."""
    return facts_on("memory_facts.py", processor)


def loops(facts: dict[str, Any], kernel: str, name: str) -> list[list[str]]:
    """The innermost loops of a function; there is at least one."""
    found: list[list[str]] = facts[kernel][name]
    assert found, "no loop"
    return found


def assert_tight(body: list[str]) -> None:
    """No call, and no branch but the one back: nothing normalises an index."""
    assert not [line for line in body if _CALL.match(line)], body
    assert len([line for line in body if _JUMP.match(line)]) == 1, body


def stores(body: list[str]) -> list[str]:
    """Instructions that write vectors, or numbers of a vector register, to memory."""
    return [line for line in body if _TO_MEMORY.match(line)]


def past_caches(body: list[str]) -> list[str]:
    """Those of them that are non-temporal."""
    return [line for line in body if _NONTEMPORAL.match(line)]


def vectors(facts: dict[str, Any], body: list[str]) -> list[str]:
    """Instructions on registers of the full width of the processor."""
    register = REGISTERS[facts["vector_B"]] if X86 else "v"
    return [line for line in body if f"%{register}" in line or not X86]


def products(facts: dict[str, Any], body: list[str]) -> list[str]:
    """Multiplications, fused with an addition where the processor can, of full width."""
    found = [line for line in vectors(facts, body) if _PRODUCT.match(line)]
    if X86 and facts["fused"]:
        assert all("fmadd" in line for line in found)
    return found


@pytest.mark.parametrize("kernel", ["plain", "nontemporal", "ladder"])
def test_results_are_right_on_every_kind_of_processor(facts: dict[str, Any], kernel: str) -> None:
    assert facts["passed"][kernel]


@pytest.mark.parametrize("phase", STREAM)
def test_whole_lines_are_written_in_vectors(facts: dict[str, Any], phase: str) -> None:
    found = loops(facts, "stream", phase)
    for body in found:
        assert_tight(body)
        assert stores(body)
        assert all(_VECTOR_STORE.match(line) for line in stores(body)), stores(body)
    past = [body for body in found if past_caches(body)]
    assert past
    assert all(past_caches(body) == stores(body) for body in past)
    assert len(past) < len(found), "no loop with plain stores"


def test_dot_multiplies_and_adds_as_wide_as_the_registers(facts: dict[str, Any]) -> None:
    found = loops(facts, "stream", "dot")
    wide = [body for body in found if products(facts, body)]
    assert wide
    for body in wide:
        assert_tight(body)
        assert not stores(body)


@pytest.mark.parametrize("curve", [*LADDER, *PAST])
def test_loops_are_of_full_vectors_and_nothing_else(facts: dict[str, Any], curve: str) -> None:
    for body in loops(facts, "ladder", curve):
        assert_tight(body)
        assert vectors(facts, body)
        written = stores(body)
        assert bool(written) == (curve != "load")
        assert past_caches(body) == (written if curve in PAST else [])
        if curve == "triad":
            assert products(facts, body)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_peak_is_of_multiply_adds_in_registers(facts: dict[str, Any], dtype: str) -> None:
    chains = facts["chains"]
    for body in loops(facts, "ladder", f"fma_{dtype}"):
        assert_tight(body)
        adds = products(facts, body)
        assert len(adds) % chains == 0
        assert len(adds) >= chains
        assert not [line for line in body if "(%r" in line or "[sp" in line]


@pytest.mark.skipif(not X86, reason="names of features are those of x86-64")
def test_the_vectors_are_those_that_archspec_promises() -> None:
    """LLVM prefers 256 bits on many processors with AVX-512: explicit vectors do not."""
    import archspec.cpu

    features = archspec.cpu.host().features
    promised = 64 if "avx512f" in features else 32 if "avx" in features else 16
    assert target().vector_B == promised
    assert target().fused == ("fma" in features)
