"""BLAS for compiled code: SciPy's own BLAS, called on parts of matrices without copying them.

A matrix is stored by columns, as Fortran and BLAS have it, and indexed ``a[column, row]``: the
array ``a`` is the transpose of the mathematical matrix, its second axis is contiguous, and its
first stride is the leading dimension. Any slice ``a[j0:j1, i0:i1]`` is then a submatrix that BLAS
accepts as it is. "m x n" below is the mathematical shape: m rows, n columns.

Every function takes float64 or float32 (one of them for all its arrays), may be called from Python
and from ``@njit`` code, and releases the GIL. They raise ValueError if the rows of a matrix are not
contiguous and OverflowError if a size does not fit the 32-bit integers of SciPy's BLAS interface.
The symbols are looked up by name when a module is loaded, so that Numba's cache on disk works; a
raw address would be compiled in and be wrong in the next process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import binding, ir
from numba import extending, njit, types
from numba.core import cgutils
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

Vector = NDArray[Any]
Matrix = NDArray[Any]
"""Arrays of float64 or float32."""

_LARGEST = 2**31 - 1
_LEFT, _LOWER, _NO, _UNIT, _UPPER, _RIGHT, _GENERAL = (np.uint8(ord(one)) for one in "LLNUURN")
_TRANSPOSED = np.uint8(ord("T"))

_REALS: dict[Any, str] = {types.float64: "d", types.float32: "s"}
_VECTORS = {real: types.Array(real, 1, "C") for real in _REALS}
_MATRICES = {real: types.Array(real, 2, "A") for real in _REALS}

_TUPLE: Any = types.UniTuple
_FORMS, _FORM, _LETTERS = (_TUPLE(types.uint8, count) for count in (2, 3, 4))
_SIZES, _FACTORS = _TUPLE(types.int64, 3), _TUPLE(types.float64, 2)

# Its declared type would have the caller pass the typing context.
_intrinsic: Any = extending.intrinsic
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _routine(name: str, result: types.Type = types.void) -> Any:
    """The BLAS routine ``d<name>`` or ``s<name>``, chosen by the type of an array.

    Called as ``routine(array, (address, ...))``: Fortran takes every argument by address.
    ``i?amax`` has its letter in second place.
    """
    symbols = {real: name.replace("?", letter) for real, letter in _REALS.items()}
    for symbol in symbols.values():
        address = get_cython_function_address("scipy.linalg.cython_blas", symbol)
        binding.add_symbol(f"qyran_blas_{symbol}", address)

    @_intrinsic
    def call(_context: Any, array: Any, addresses: Any) -> Any:
        symbol = f"qyran_blas_{symbols[array.dtype]}"

        def codegen(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            given = cgutils.unpack_tuple(builder, arguments[1])  # type: ignore[no-untyped-call]
            kind = ir.FunctionType(
                target.get_value_type(result) if result is not types.void else ir.VoidType(),
                [cgutils.voidptr_t] * len(given),
            )
            function = cgutils.get_or_insert_function(builder.module, kind, symbol)  # type: ignore[no-untyped-call]
            value = builder.call(function, given)
            return target.get_dummy_value() if result is types.void else value

        return result(array, addresses), codegen

    return call


_gemm = _routine("?gemm")
_trsm = _routine("?trsm")
_gemv = _routine("?gemv")
_trsv = _routine("?trsv")
_iamax = _routine("i?amax", types.int32)


@_intrinsic
def _ref(_context: Any, value: Any) -> Any:
    """Address of a copy of a scalar on the stack: how Fortran takes an argument."""

    def codegen(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        slot = cgutils.alloca_once_value(builder, arguments[0])  # type: ignore[no-untyped-call]
        return builder.bitcast(slot, cgutils.voidptr_t)

    return types.voidptr(value), codegen


@_intrinsic
def _ref_as(_context: Any, array: Any, value: Any) -> Any:
    """Address of a copy of a float64 scalar in the type of an array."""

    def codegen(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        real = target.cast(builder, arguments[1], signature.args[1], signature.args[0].dtype)
        slot = cgutils.alloca_once_value(builder, real)  # type: ignore[no-untyped-call]
        return builder.bitcast(slot, cgutils.voidptr_t)

    return types.voidptr(array, value), codegen


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


def _for_both(signature: Callable[[Any], Any]) -> Callable[[_Function], _Function]:
    """Compile a function for float64 and float32. ``signature``: from the real type."""
    signatures = [signature(real) for real in _REALS]
    compiled: Any = njit(signatures, cache=True, error_model="numpy", nogil=True)
    return cast("Callable[[_Function], _Function]", compiled)


@_for_both(lambda real: types.int32(_MATRICES[real]))
def _leading(a: Matrix) -> np.int32:
    """Leading dimension of a matrix: the distance between two columns, in elements."""
    if a.shape[1] > 1 and a.strides[1] != a.itemsize:
        raise ValueError("the rows of a matrix must be contiguous: index it [column, row]")
    return _integer(max(1, a.shape[1], a.strides[0] // a.itemsize))


@_for_both(lambda real: types.void(_FORMS, _SIZES, _FACTORS, *[_MATRICES[real]] * 3))
def _multiply(
    forms: tuple[np.uint8, np.uint8],
    sizes: tuple[int, int, int],
    factors: tuple[float, float],
    a: Matrix,
    b: Matrix,
    c: Matrix,
) -> None:
    """C <- alpha op(A) op(B) + beta C. sizes : m, n, k of the product; factors : alpha, beta."""
    _gemm(
        c,
        (
            _ref(forms[0]),
            _ref(forms[1]),
            _ref(_integer(sizes[0])),
            _ref(_integer(sizes[1])),
            _ref(_integer(sizes[2])),
            _ref_as(c, factors[0]),
            _first(a),
            _ref(_leading(a)),
            _first(b),
            _ref(_leading(b)),
            _ref_as(c, factors[1]),
            _first(c),
            _ref(_leading(c)),
        ),
    )


def _product(real: Any) -> Any:
    matrix = _MATRICES[real]
    return types.void(types.float64, matrix, matrix, types.float64, matrix)


@_for_both(_product)
def gemm(alpha: float, a: Matrix, b: Matrix, beta: float, c: Matrix) -> None:
    """C <- alpha A B + beta C, with A (m x k), B (k x n), C (m x n)."""
    _multiply((_NO, _NO), (c.shape[1], c.shape[0], a.shape[0]), (alpha, beta), a, b, c)


@_for_both(_product)
def gemm_bt(alpha: float, a: Matrix, b: Matrix, beta: float, c: Matrix) -> None:
    """C <- alpha A B^T + beta C, with A (m x k), B (n x k), C (m x n)."""
    _multiply((_NO, _TRANSPOSED), (c.shape[1], c.shape[0], a.shape[0]), (alpha, beta), a, b, c)


@_for_both(_product)
def gemm_tt(alpha: float, a: Matrix, b: Matrix, beta: float, c: Matrix) -> None:
    """C <- alpha A^T B^T + beta C, with A (k x m), B (n x k), C (m x n)."""
    forms = (_TRANSPOSED, _TRANSPOSED)
    _multiply(forms, (c.shape[1], c.shape[0], a.shape[1]), (alpha, beta), a, b, c)


@_for_both(lambda real: types.void(_LETTERS, _MATRICES[real], _MATRICES[real]))
def _solve_all(
    form: tuple[np.uint8, np.uint8, np.uint8, np.uint8], triangle: Matrix, b: Matrix
) -> None:
    """Solve with a triangle for all columns (rows) of b. form : side, uplo, transa, diag."""
    _trsm(
        b,
        (
            _ref(form[0]),
            _ref(form[1]),
            _ref(form[2]),
            _ref(form[3]),
            _ref(_integer(b.shape[1])),
            _ref(_integer(b.shape[0])),
            _ref_as(b, 1.0),
            _first(triangle),
            _ref(_leading(triangle)),
            _first(b),
            _ref(_leading(b)),
        ),
    )


@_for_both(lambda real: types.void(_MATRICES[real], _MATRICES[real]))
def trsm_lower_unit(lower: Matrix, b: Matrix) -> None:
    """B <- L^-1 B, with L (m x m) the unit lower triangle of its argument and B (m x n)."""
    _solve_all((_LEFT, _LOWER, _NO, _UNIT), lower, b)


@_for_both(lambda real: types.void(_MATRICES[real], _MATRICES[real]))
def trsm_right_upper(upper: Matrix, b: Matrix) -> None:
    """B <- B U^-1, with U (n x n) the upper triangle of its argument and B (m x n)."""
    _solve_all((_RIGHT, _UPPER, _NO, _GENERAL), upper, b)


@_for_both(lambda real: types.void(_FORM, _MATRICES[real], _VECTORS[real]))
def _solve_one(form: tuple[np.uint8, np.uint8, np.uint8], triangle: Matrix, x: Vector) -> None:
    """Solve with a triangle for one vector. form : uplo, trans, diag."""
    _trsv(
        x,
        (
            _ref(form[0]),
            _ref(form[1]),
            _ref(form[2]),
            _ref(_integer(x.size)),
            _first(triangle),
            _ref(_leading(triangle)),
            _first(x),
            _ref(np.int32(1)),
        ),
    )


@_for_both(lambda real: types.void(_MATRICES[real], _VECTORS[real]))
def trsv_upper(upper: Matrix, x: Vector) -> None:
    """Solve U x = b in place, with U (m x m) the upper triangle of its argument."""
    _solve_one((_UPPER, _NO, _GENERAL), upper, x)


@_for_both(lambda real: types.void(_MATRICES[real], _VECTORS[real]))
def trsv_lower_t(lower: Matrix, x: Vector) -> None:
    """Solve L^T x = b in place, with L (m x m) the lower triangle of its argument."""
    _solve_one((_LOWER, _TRANSPOSED, _GENERAL), lower, x)


@_for_both(lambda real: types.void(_MATRICES[real], _VECTORS[real]))
def trsv_lower_unit(lower: Matrix, x: Vector) -> None:
    """Solve L x = b in place, with L (m x m) the unit lower triangle of its argument."""
    _solve_one((_LOWER, _NO, _UNIT), lower, x)


@_for_both(
    lambda real: types.void(types.uint8, _FACTORS, _MATRICES[real], _VECTORS[real], _VECTORS[real])
)
def _add_product(
    form: np.uint8, factors: tuple[float, float], a: Matrix, x: Vector, y: Vector
) -> None:
    """Update y <- alpha op(A) x + beta y. factors : alpha, beta."""
    _gemv(
        y,
        (
            _ref(form),
            _ref(_integer(a.shape[1])),
            _ref(_integer(a.shape[0])),
            _ref_as(y, factors[0]),
            _first(a),
            _ref(_leading(a)),
            _first(x),
            _ref(np.int32(1)),
            _ref_as(y, factors[1]),
            _first(y),
            _ref(np.int32(1)),
        ),
    )


def _vector_product(real: Any) -> Any:
    vector = _VECTORS[real]
    return types.void(types.float64, _MATRICES[real], vector, types.float64, vector)


@_for_both(_vector_product)
def gemv(alpha: float, a: Matrix, x: Vector, beta: float, y: Vector) -> None:
    """Update y <- alpha A x + beta y, with A (m x n)."""
    _add_product(_NO, (alpha, beta), a, x, y)


@_for_both(_vector_product)
def gemv_t(alpha: float, a: Matrix, x: Vector, beta: float, y: Vector) -> None:
    """Update y <- alpha A^T x + beta y, with A (m x n)."""
    _add_product(_TRANSPOSED, (alpha, beta), a, x, y)


@_for_both(lambda real: types.int64(_VECTORS[real]))
def iamax(x: Vector) -> int:
    """Index of the element of largest absolute value, counted from 0; -1 if x is empty.

    Where x holds a NaN the index is any legal one: BLAS leaves it open, and some implementations
    return 0 or size + 1.
    """
    if x.size == 0:
        return -1
    found = int(_iamax(x, (_ref(_integer(x.size)), _first(x), _ref(np.int32(1)))))
    return min(max(found, 1), x.size) - 1
