"""Values for a kernel's parameters, checked against its own declaration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.config.units import QUANTITIES, quantity
from harness.errors import ConfigError, unknown
from kernels.contract import AUTO, Kernel, Parameter, Value, parameters


def checked(kernel: type[Kernel[Any]], name: str, value: object, where: str) -> Value:
    """One value for one parameter; ConfigError says what is wrong and what is legal."""
    declared = {one.name: one for one in parameters(kernel)}
    if name not in declared:
        raise unknown(where, f"parameter of {_short(kernel)}", name, declared)
    one = declared[name]
    if value == AUTO and one.auto:
        return AUTO
    legal = _in_bounds(one, _typed(one, value, where), where)
    return _absolute(str(legal)) if name in kernel.paths else legal


def _absolute(path: str) -> str:
    """A path, or "FILE:column", from the root of the file system: ranks start in another folder."""
    return f"{Path.cwd()}/{path}" if path and not path.startswith("/") else path


def from_text(kernel: type[Kernel[Any]], name: str, text: str, where: str) -> Value:
    """One value typed on the command line, where everything is text."""
    declared = {one.name: one for one in parameters(kernel)}
    if name not in declared:
        raise unknown(where, f"parameter of {_short(kernel)}", name, declared)
    return checked(kernel, name, _read(declared[name], text), where)


def _read(one: Parameter, text: str) -> object:
    if one.type is bool and text in ("true", "false"):
        return text == "true"
    if one.type in (int, float):
        try:
            return int(text.replace("_", ""))
        except ValueError:
            return _number(text)
    return text


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _typed(one: Parameter, value: object, where: str) -> Value:
    value = _in_base_unit(one, value, where)
    if one.type is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if one.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is one.type:
        return value
    hint = ""
    if isinstance(value, str) and isinstance(_number(value), float):
        hint = f" (YAML reads this as text: write {_plain(float(value))})"
    raise ConfigError(where, f"found {value!r}{hint}", known=_legal(one))


def _in_base_unit(one: Parameter, value: object, where: str) -> object:
    """A quantity with a unit, "1 GiB", as a number; everything else as it is."""
    if not isinstance(value, str) or one.type not in (int, float) or one.unit not in QUANTITIES:
        return value
    try:
        return quantity(value, one.unit)
    except ValueError as error:
        raise ConfigError(where, str(error), known=_legal(one)) from error


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number  # no int.is_integer before 3.12


def _in_bounds(one: Parameter, value: Value, where: str) -> Value:
    low = one.minimum is not None and isinstance(value, int | float) and value < one.minimum
    high = one.maximum is not None and isinstance(value, int | float) and value > one.maximum
    odd = bool(one.choices) and value not in one.choices
    not_finite = isinstance(value, float) and not math.isfinite(value)
    if low or high or odd or not_finite:
        raise ConfigError(where, f"found {value!r}", known=_legal(one))
    return value


def _legal(one: Parameter) -> str:
    """``n: int, at least 1 (matrix order)``."""
    text = f"{one.name} is {_ARTICLE[one.type]}"
    if one.choices:
        text += " of " + ", ".join(name or "''" for name in one.choices)
    if one.minimum is not None:
        text += f", at least {_plain(one.minimum)}"
    if one.maximum is not None:
        text += f", at most {_plain(one.maximum)}"
    if one.auto:
        text += ", or auto"
    return f"{text}: {one.help}"


_ARTICLE: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "one",
    bool: "true or false",
}


def _short(kernel: type[Kernel[Any]]) -> str:
    return kernel.__module__.split(".")[-2]
