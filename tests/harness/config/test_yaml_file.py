"""YAML without its traps, and the place of every key."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.config.yaml_file import parse, read
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"),
        ("1:00:00", "1:00:00"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("1e6", "1e6"),
        ("1.0e6", "1.0e6"),
        ("1.0e+6", 1e6),
        ("0.5", 0.5),
        (".5", 0.5),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("42", 42),
        ("-42", -42),
        ("0", 0),
        ("1_000", 1000),
        ("017", "017"),
        ("0o17", 15),
        ("0x1f", 31),
        ("2026-11-23", "2026-11-23"),
        ("4.608 TF", "4.608 TF"),
        ('"42"', "42"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    found = parse(f"key: {text}", "f").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(parse("key: .nan", "f").data["key"])


def test_lines_of_keys_and_items() -> None:
    document = parse("a: 1\n\nb:\n  - x: 2\n    y:\n      z: 3\n  - w: 4\n", "f.yaml")
    assert document.where(("a",)) == "f.yaml:1: a"
    assert document.where(("b", 0, "x")) == "f.yaml:4: b.0.x"
    assert document.where(("b", 0, "y")) == "f.yaml:5: b.0.y"
    assert document.where(("b", 0, "y", "z")) == "f.yaml:6: b.0.y.z"
    assert document.where(("b", 1)) == "f.yaml:7: b.1"
    assert document.where(("b", 1, "missing")) == "f.yaml:7: b.1.missing"
    assert document.where(()) == "f.yaml:1"


def test_an_empty_file_is_written_anew_by_the_command_that_writes_it() -> None:
    with pytest.raises(ConfigError) as raised:
        parse("", "cluster.yaml", anew="qyran init")
    assert "write one with `qyran init`" in raised.value.fix
    with pytest.raises(ConfigError) as raised:
        parse("", "my.yaml")
    assert "qyran init" not in raised.value.fix


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: is empty"),
        ("# only a comment\n", "f: is empty"),
        ("a: 1\nb: 2\na: 3\n", "f:3: key 'a' is given twice"),
        ("a:\n  b: 1\n  b: 2\n", "f:3: key 'b' is given twice"),
        ("1: a\n'1': b\n", "f:2: key '1' is given twice"),
        ("? [a, b]\n: 1\n", "f:1: key ['a', 'b'] is no word"),
        ("a: [1, 2\n", "is not YAML"),
        ("a: 1\n b: 2\n", "f:2: is not YAML"),
        ("\tkey: 1\n", "f:1: is not YAML"),
        ("a: b: c\n", "f:1: is not YAML"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("a: *unknown\n", "f:1: is not YAML"),
        ("a: !!python/object/apply:os.system ['true']\nb: !!python/name:os.system\n", "not YAML"),
        ("a: 0x_\n", "f:1: is not YAML"),
        ("a: \0\n", "is not YAML"),
        ("a: &a [*a]\n", "f: is nested without end"),
        ("[" * 5000, "f: is nested too deep"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("имя: қыран\n", encoding="utf-8")
    document = read(path)
    assert document.data == {"имя": "қыран"}
    assert document.name == str(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "latin-1"])
def test_a_file_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "latin-1":
        path.write_bytes(b"a: \xe9\n")
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        read(path)
    assert str(path) in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TREES = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), TREES, min_size=1, max_size=4))
def test_what_pyyaml_writes_is_read_back(tree: object) -> None:
    assert parse(yaml.safe_dump(tree), "f").data == tree


def test_a_dot_that_pyyaml_takes_for_a_number_is_a_word() -> None:
    assert parse("a: ._\n._: 1.5", "f").data == {"a": "._", "._": 1.5}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_way(text: str) -> None:
    try:
        parse(text, "f")
    except ConfigError as error:
        assert str(error).startswith("f")  # noqa: PT017 - both ends are right
