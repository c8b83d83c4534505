"""BLAS for compiled code: SciPy's own BLAS, called on parts of matrices without copying them.

A matrix is stored by columns, as Fortran and BLAS have it, and indexed ``a[column, row]``: the
array ``a`` is the transpose of the mathematical matrix, its second axis is contiguous, and its
first stride is the leading dimension. Any slice ``a[j0:j1, i0:i1]`` is then a submatrix that BLAS
accepts as it is. "m x n" below is the mathematical shape: m rows, n columns.

Every function may be called from Python and from ``@njit`` code. They raise ValueError if the rows
of a matrix are not contiguous and OverflowError if a size does not fit the 32-bit integers of
SciPy's BLAS interface. The symbols are looked up by name when a module is loaded, so that Numba's
cache on disk works; a raw address would be compiled in and be wrong in the next process.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding
from numba import extending, njit, types
from numba.core import cgutils
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_LARGEST = 2**31 - 1
_LEFT, _LOWER, _NO, _UNIT, _UPPER = (np.uint8(ord(letter)) for letter in "LLNUU")
_ITEM_B = 8

_VECTOR = types.Array(types.float64, 1, "C")
_MATRIX = types.Array(types.float64, 2, "A")


# Its declared type would have the caller pass the typing context.
_intrinsic: Any = extending.intrinsic


def _external(name: str, arguments: int, result: types.Type = types.void) -> Any:
    """The BLAS routine of that name, all of whose arguments are addresses."""
    symbol = f"qyran_blas_{name}"
    binding.add_symbol(symbol, get_cython_function_address("scipy.linalg.cython_blas", name))
    return types.ExternalFunction(symbol, result(*[types.voidptr] * arguments))


_dgemm = _external("dgemm", 13)
_dtrsm = _external("dtrsm", 11)
_dgemv = _external("dgemv", 11)
_dtrsv = _external("dtrsv", 8)
_idamax = _external("idamax", 3, types.int32)


@_intrinsic
def _ref(_context: Any, value: Any) -> Any:
    """Address of a copy of a scalar on the stack: how Fortran takes an argument."""

    def codegen(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        slot = cgutils.alloca_once_value(builder, arguments[0])  # type: ignore[no-untyped-call]
        return builder.bitcast(slot, cgutils.voidptr_t)

    return types.voidptr(value), codegen


@_intrinsic
def _first(_context: Any, array: Any) -> Any:
    """Address of the first element of an array."""

    def codegen(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = target.make_array(signature.args[0])(target, builder, arguments[0])
        return builder.bitcast(view.data, cgutils.voidptr_t)

    return types.voidptr(array), codegen


@njit(types.int32(types.int64), cache=True, error_model="numpy")
def _integer(size: int) -> np.int32:
    """A size as BLAS's 32-bit integer."""
    if size > _LARGEST:
        raise OverflowError("a matrix has more rows or columns than 32-bit BLAS can count")
    return np.int32(size)


@njit(types.int32(_MATRIX), cache=True, error_model="numpy")
def _leading(a: Matrix) -> np.int32:
    """Leading dimension of a matrix: the distance between two columns, in elements."""
    if a.shape[1] > 1 and a.strides[1] != _ITEM_B:
        raise ValueError("the rows of a matrix must be contiguous: index it [column, row]")
    return _integer(max(1, a.shape[1], a.strides[0] // _ITEM_B))


@njit(
    types.void(types.float64, _MATRIX, _MATRIX, types.float64, _MATRIX),
    cache=True,
    error_model="numpy",
)
def dgemm(alpha: float, a: Matrix, b: Matrix, beta: float, c: Matrix) -> None:
    """C <- alpha A B + beta C, with A (m x k), B (k x n), C (m x n)."""
    _dgemm(
        _ref(_NO),
        _ref(_NO),
        _ref(_integer(c.shape[1])),
        _ref(_integer(c.shape[0])),
        _ref(_integer(a.shape[0])),
        _ref(alpha),
        _first(a),
        _ref(_leading(a)),
        _first(b),
        _ref(_leading(b)),
        _ref(beta),
        _first(c),
        _ref(_leading(c)),
    )


@njit(types.void(_MATRIX, _MATRIX), cache=True, error_model="numpy")
def dtrsm_lower_unit(lower: Matrix, b: Matrix) -> None:
    """B <- L^-1 B, with L (m x m) the unit lower triangle of its argument and B (m x n)."""
    _dtrsm(
        _ref(_LEFT),
        _ref(_LOWER),
        _ref(_NO),
        _ref(_UNIT),
        _ref(_integer(b.shape[1])),
        _ref(_integer(b.shape[0])),
        _ref(1.0),
        _first(lower),
        _ref(_leading(lower)),
        _first(b),
        _ref(_leading(b)),
    )


@njit(types.void(_MATRIX, _VECTOR), cache=True, error_model="numpy")
def dtrsv_upper(upper: Matrix, x: Vector) -> None:
    """Solve U x = b in place, with U (m x m) the upper triangle of its argument."""
    _dtrsv(
        _ref(_UPPER),
        _ref(_NO),
        _ref(_NO),
        _ref(_integer(x.size)),
        _first(upper),
        _ref(_leading(upper)),
        _first(x),
        _ref(np.int32(1)),
    )


@njit(
    types.void(types.float64, _MATRIX, _VECTOR, types.float64, _VECTOR),
    cache=True,
    error_model="numpy",
)
def dgemv(alpha: float, a: Matrix, x: Vector, beta: float, y: Vector) -> None:
    """Update y <- alpha A x + beta y, with A (m x n)."""
    _dgemv(
        _ref(_NO),
        _ref(_integer(a.shape[1])),
        _ref(_integer(a.shape[0])),
        _ref(alpha),
        _first(a),
        _ref(_leading(a)),
        _first(x),
        _ref(np.int32(1)),
        _ref(beta),
        _first(y),
        _ref(np.int32(1)),
    )


@njit(types.int64(_VECTOR), cache=True, error_model="numpy")
def idamax(x: Vector) -> int:
    """Index of the element of largest absolute value, counted from 0; -1 if x is empty.

    Where x holds a NaN the index is any legal one: BLAS leaves it open, and some implementations
    return 0 or size + 1.
    """
    if x.size == 0:
        return -1
    found = int(_idamax(_ref(_integer(x.size)), _first(x), _ref(np.int32(1))))
    return min(max(found, 1), x.size) - 1
