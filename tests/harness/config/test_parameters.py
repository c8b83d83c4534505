"""Values for a kernel's parameters, from YAML and from the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.config.parameters import checked, from_text
from harness.errors import ConfigError
from kernels import listing
from kernels.contract import AUTO, Kernel, Value, parameter, parameters


@dataclass(frozen=True, kw_only=True)
class Example(Kernel[None]):
    """Declares one parameter of every kind; never instantiated."""

    n: int = parameter(unit="1", help="size", minimum=1, maximum=100)
    ratio: float = parameter(0.5, unit="1", help="a share", minimum=0.0)
    dtype: str = parameter("f8", unit="", help="type", choices=("f8", "f4"))
    check: bool = parameter(True, unit="", help="a switch")
    memory: int = parameter(0, unit="B", help="a limit", minimum=0)
    wait: float = parameter(0.0, unit="s", help="a time")
    data: str = parameter("", unit="", help="a file")
    paths = ("data",)


@pytest.fixture(autouse=True)
def _in_a_kernel_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Example, "__module__", "kernels.group.example.kernel")


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("n", 1, 1),
        ("n", 100, 100),
        ("n", 42.0, 42),
        ("n", AUTO, AUTO),
        ("ratio", 2, 2.0),
        ("ratio", 0.0, 0.0),
        ("dtype", "f4", "f4"),
        ("check", False, False),
        ("memory", "1 GiB", 2**30),
        ("memory", 7, 7),
        ("wait", "2 min", 120.0),
    ],
)
def test_legal(name: str, given: object, value: Value) -> None:
    found = checked(Example, name, given, "here")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "known"),
    [
        ("n", 0, "at least 1, at most 100, or auto: size"),
        ("n", 101, "at most 100"),
        ("n", True, "a whole number"),
        ("n", 1.5, "a whole number"),
        ("n", None, "a whole number"),
        ("n", [1, 2], "a whole number"),
        ("n", math.nan, "a whole number"),
        ("n", math.inf, "a whole number"),
        ("ratio", -0.1, "at least 0"),
        ("ratio", math.nan, "a number"),
        ("ratio", math.inf, "a number"),
        ("ratio", AUTO, "a number"),
        ("ratio", False, "a number"),
        ("dtype", "f2", "one of f8, f4: type"),
        ("dtype", 8, "one of f8, f4"),
        ("check", "yes", "true or false"),
        ("check", 1, "true or false"),
        ("memory", "1 Gib", "memory is a whole number, at least 0: a limit"),
        ("wait", "soon", "a number"),
    ],
)
def test_illegal(name: str, given: object, known: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(Example, name, given, "s.yaml:3: n")
    assert caught.value.where == "s.yaml:3: n"
    assert repr(given) in caught.value.found
    assert known in caught.value.known
    assert caught.value.known.startswith(f"{name} is ")


@pytest.mark.parametrize("given", ["1.5 B", "-1 B"])
def test_a_quantity_is_held_against_type_and_bounds(given: str) -> None:
    with pytest.raises(ConfigError, match=r"(?s)found -?1.*known: memory is a whole"):
        checked(Example, "memory", given, "here")


def test_a_path_is_where_the_user_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks start in another folder."""
    monkeypatch.chdir(tmp_path)
    for given, wanted in {
        "": "",
        "/data/a.h5:/x": "/data/a.h5:/x",
        "a.h5:/x": f"{tmp_path}/a.h5:/x",
        "../a.csv:b": f"{tmp_path}/../a.csv:b",
    }.items():
        assert checked(Example, "data", given, "here") == wanted
        assert from_text(Example, "data", given, "here") == wanted


def test_a_number_that_yaml_reads_as_text() -> None:
    with pytest.raises(ConfigError, match=r"'1e6' \(YAML reads this as text: write 1000000\)"):
        checked(Example, "n", "1e6", "here")


def test_unknown_name() -> None:
    with pytest.raises(ConfigError) as caught:
        checked(Example, "raito", 1, "here")
    assert caught.value.found == "unknown parameter of example 'raito'; did you mean 'ratio'?"
    assert caught.value.known == "n, ratio, dtype, check, memory, wait, data"
    with pytest.raises(ConfigError, match="did you mean 'dtype'"):
        from_text(Example, "dtyp", "f8", "--set dtyp")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n", "42", 42),
        ("n", "4e1", 40),
        ("n", "1_0", 10),
        ("n", "auto", AUTO),
        ("ratio", "1", 1.0),
        ("ratio", "1e-3", 1e-3),
        ("dtype", "f4", "f4"),
        ("check", "true", True),
        ("check", "false", False),
        ("memory", "1GiB", 2**30),
        ("memory", "4096", 4096),
        ("wait", "90", 90.0),
    ],
)
def test_command_line(name: str, text: str, value: Value) -> None:
    found = from_text(Example, name, text, "here")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n", "many"),
        ("n", ""),
        ("n", "nan"),
        ("n", "1.5"),
        ("n", "1e3"),
        ("n", "9" * 5000),
        ("ratio", "inf"),
        ("ratio", "nan"),
        ("dtype", "F8"),
        ("check", "True"),
        ("check", "1"),
    ],
)
def test_command_line_refuses(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match="known: "):
        from_text(Example, name, text, "--set")


@pytest.mark.parametrize("name", listing.names())
def test_defaults_of_every_kernel_are_legal(name: str) -> None:
    kernel: type[Kernel[Any]] = listing.load(name)
    for one in parameters(kernel):
        assert checked(kernel, one.name, one.default, "here") == one.default
        if one.default != AUTO and one.type is not bool:
            assert from_text(kernel, one.name, str(one.default), "here") == one.default


def test_a_choice_of_nothing_can_be_seen() -> None:
    with pytest.raises(ConfigError) as caught:
        checked(listing.load("kmeans"), "input", "sales.csv:customer", "--set input")
    assert caught.value.known == "input is one of '': none: points are generated"
