"""Arrays on cache lines and in huge pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kernels._support.memory import CACHE_LINE_B, COLOUR_B, HUGE_PAGE_B, aligned, touched

MIB = 2**20


@pytest.mark.parametrize("shape", [1, (3, 5), 4 * MIB // 8 - 1, 4 * MIB // 8, (7, MIB)])
@pytest.mark.parametrize("dtype", ["float64", "float32", "uint8"])
def test_every_array_begins_on_a_cache_line_and_can_be_written(
    shape: int | tuple[int, ...], dtype: str
) -> None:
    array = aligned(shape, dtype)
    assert array.shape == (shape if isinstance(shape, tuple) else (shape,))
    assert array.dtype == np.dtype(dtype)
    assert array.ctypes.data % CACHE_LINE_B == 0
    assert array.flags.c_contiguous
    array[...] = 1
    assert (array == 1).all()


def test_large_arrays_begin_at_different_places_of_a_huge_page() -> None:
    arrays = [aligned(8 * MIB, "uint8") for _ in range(8)]
    starts = sorted(array.ctypes.data % HUGE_PAGE_B for array in arrays)
    assert starts == [i * COLOUR_B for i in range(8)]


def test_large_arrays_do_not_overlap() -> None:
    arrays = [touched(5 * MIB, "uint8") for _ in range(3)]
    for i, array in enumerate(arrays):
        array.fill(i)
    assert [set(array.tolist()) for array in arrays] == [{0}, {1}, {2}]


def test_large_arrays_lie_in_huge_pages_where_the_kernel_gives_them() -> None:
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not setting.is_file() or "[never]" in setting.read_text():
        pytest.skip("transparent huge pages are off on this machine")
    array = touched(16 * MIB, "uint8")
    flags = _flags_of_mapping(array.ctypes.data)
    assert "hg" in flags, "the mapping does not ask for huge pages"


def _flags_of_mapping(address: int) -> list[str]:
    """The flags of the mapping that holds an address; see `man 5 proc`, smaps."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            low, high = (int(one, 16) for one in first.split("-"))
            inside = low <= address < high
        elif inside and first == "VmFlags:":
            return line.split()[1:]
    raise AssertionError("no mapping holds this address")
