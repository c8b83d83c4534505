"""What the MPI library was told about its algorithms, read from itself by the tool interface.

MPI_T (MPI 3.0, chapter 14) names control variables, whatever set them: the environment, a file of
the site, or nobody. Those kept here say which components may carry messages and collectives, in
which order they are preferred, and which algorithm somebody forced. One that nobody forced is the
library's choice at each call, by operation, size and ranks; MPI has no way to ask for it.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any, Final

KEPT: Final = re.compile(
    r"(coll|pml|mtl|btl|smsc)"  # Open MPI: components that are allowed; "" for all
    r"|(coll|smsc|pml)_\w+_priority"
    r"|coll_tuned_\w+_algorithm|coll_tuned_(use_dynamic_rules|dynamic_rules_filename)"
    r"|btl_(sm|vader|tcp|uct|ofi)_(eager_limit|max_send_size)|btl_vader_single_copy_mechanism"
    r"|MPIR_CVAR_\w+_(ALGORITHM|COMPOSITION)|MPIR_CVAR_(DEVICE_COLLECTIVES|CH4_NETMOD)"  # MPICH
)
_TEXT_B: Final = 4096


def read() -> dict[str, int | float | str]:
    """Control variable -> value, by name of the choice where it has one; after MPI_Init.

    Where the library has no such interface, ``unknown`` holds the reason.
    """
    from mpi4py import MPI

    library = ctypes.CDLL(MPI.__file__)
    if not hasattr(library, "MPI_T_init_thread"):
        return {"unknown": "this MPI library has no tool interface"}
    if library.MPI_T_init_thread(MPI.THREAD_SINGLE, ctypes.byref(ctypes.c_int())):
        return {"unknown": "the tool interface of this MPI library does not start"}
    try:
        return dict(sorted(_kept(library, _types())))
    finally:
        library.MPI_T_finalize()


def _types() -> dict[int, Any]:
    """Handle of an MPI datatype -> the C type of it."""
    from mpi4py import MPI

    return {
        MPI._handleof(MPI.INT): ctypes.c_int,
        MPI._handleof(MPI.UNSIGNED): ctypes.c_uint,
        MPI._handleof(MPI.UNSIGNED_LONG): ctypes.c_ulong,
        MPI._handleof(MPI.UNSIGNED_LONG_LONG): ctypes.c_ulonglong,
        MPI._handleof(MPI.COUNT): ctypes.c_longlong,
        MPI._handleof(MPI.DOUBLE): ctypes.c_double,
        MPI._handleof(MPI.CHAR): ctypes.c_char,
    }


def _kept(library: Any, types: dict[int, Any]) -> Iterator[tuple[str, int | float | str]]:
    count = ctypes.c_int()
    library.MPI_T_cvar_get_num(ctypes.byref(count))
    for index in range(count.value):
        name, kind, choices = _about(library, index)
        if KEPT.fullmatch(name) and kind in types:
            value = _value(library, index, types[kind])
            if value is not None:
                yield name, _named(library, choices, value)


def _about(library: Any, index: int) -> tuple[str, int, ctypes.c_void_p]:
    """Name, handle of the datatype, and the named values (null for none) of a variable."""
    from mpi4py import MPI

    name, length = ctypes.create_string_buffer(_TEXT_B), ctypes.c_int(_TEXT_B)
    words = [ctypes.c_int() for _ in range(3)]  # verbosity, binding, scope
    kind = ctypes.c_int64() if MPI._sizeof(MPI.Datatype) == 8 else ctypes.c_int()
    choices, none = ctypes.c_void_p(), ctypes.byref(ctypes.c_int())
    verbosity, binding, scope = (ctypes.byref(one) for one in words)
    about = (ctypes.byref(kind), ctypes.byref(choices), None, none, binding, scope)
    library.MPI_T_cvar_get_info(index, name, ctypes.byref(length), verbosity, *about)
    return name.value.decode(errors="replace"), kind.value, choices


def _value(library: Any, index: int, kind: Any) -> int | float | str | None:
    """The value of a variable of the whole process; None for one that has none."""
    handle, count = ctypes.c_void_p(), ctypes.c_int()
    made = (ctypes.byref(handle), ctypes.byref(count))
    if library.MPI_T_cvar_handle_alloc(index, None, *made) or not 0 < count.value <= _TEXT_B:
        return None
    room = (kind * (_TEXT_B // ctypes.sizeof(kind)))()
    failed = library.MPI_T_cvar_read(handle, ctypes.byref(room))
    library.MPI_T_cvar_handle_free(ctypes.byref(handle))
    if failed:
        return None
    value: int | float | str = (
        room.value.decode(errors="replace") if kind is ctypes.c_char else room[0]
    )
    return value


def _named(library: Any, choices: ctypes.c_void_p, value: float | str) -> int | float | str:
    """The name of a value that is one of several choices, else the value."""
    if not choices or not isinstance(value, int):
        return value
    count, text = ctypes.c_int(), ctypes.create_string_buffer(_TEXT_B)
    length = ctypes.c_int(_TEXT_B)
    library.MPI_T_enum_get_info(choices, ctypes.byref(count), text, ctypes.byref(length))
    for item in range(count.value):
        number, length = ctypes.c_int(), ctypes.c_int(_TEXT_B)
        found = (ctypes.byref(number), text, ctypes.byref(length))
        if not library.MPI_T_enum_get_item(choices, item, *found) and number.value == value:
            return text.value.decode(errors="replace")
    return value
