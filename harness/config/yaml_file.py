"""YAML read without its traps, and with the line of every key for the error messages.

Differences to YAML 1.1 as PyYAML reads it: ``12:30`` stays text (not 750), only true and false are
booleans (not on, off, yes, no), and a key given twice is an error instead of silently lost.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import ConfigError

Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """SafeLoader without base-60 numbers and without yes/no booleans."""


_INTEGER = re.compile(r"^[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7_]+)$")
_FLOAT = re.compile(r"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9_]+|\.(?:inf|nan))$")
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rsplit(":", 1)[-1] not in ("int", "float", "bool", "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


@dataclass(frozen=True)
class Document:
    """The content of a YAML file and where each key of it stands."""

    name: str
    data: Any
    lines: dict[Path_, int] = field(repr=False)

    def where(self, path: Path_) -> str:
        """``jobs/quick.yaml:12: cases.0.kernel``, as far as the path is known.

        Of a document that is no file, its name.
        """
        if not self.lines:
            return self.name
        line = next(
            (self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 1
        )
        key = ".".join(str(part) for part in path)
        return f"{self.name}:{line}: {key}" if key else f"{self.name}:{line}"


def read(path: Path, name: str | None = None, *, anew: str = "") -> Document:
    """Read a YAML file; ConfigError if it cannot be read, is empty, or is not YAML.

    anew : the command that writes such a file, named where this one is empty.
    """
    label = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigError(label, f"cannot be read: {reason}") from error
    return parse(text, label, anew=anew)


def parse(text: str, name: str, *, anew: str = "") -> Document:
    """Parse YAML text; ``name`` stands for the file in messages."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(
            _yaml_place(name, error), f"is not YAML: {_yaml_reason(error)}"
        ) from error
    except RecursionError as error:
        raise ConfigError(name, "is nested too deep") from error
    if root is None:
        write = f"write one with `{anew}`" if anew else "write what it should hold"
        raise ConfigError(name, "is empty", fix=f"{write}, or delete it")
    lines: dict[Path_, int] = {}
    try:
        return Document(name, _Reader(name, lines).value(root, ()), lines)
    except RecursionError as error:
        raise ConfigError(name, "is nested without end (an alias contains itself)") from error


_FLOAT_TAG: Final = "tag:yaml.org,2002:float"


class _Reader:
    """Turns composed YAML nodes into Python values and notes the line of each path."""

    def __init__(self, name: str, lines: dict[Path_, int]) -> None:
        self._name = name
        self._lines = lines
        self._scalar = _Loader("")

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        try:
            return self._scalar.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            if node.tag == _FLOAT_TAG:  # PyYAML takes "._" for a number, and cannot read it
                return str(node.value)
            line = node.start_mark.line + 1
            reason = _yaml_reason(error) if isinstance(error, yaml.YAMLError) else str(error)
            raise ConfigError(f"{self._name}:{line}", f"is not YAML: {reason}") from error

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.value(key_node, (*path, "?"))
            line = key_node.start_mark.line + 1
            if not isinstance(key, Hashable):
                raise ConfigError(f"{self._name}:{line}", f"key {key!r} is no word")
            if str(key) in found:
                raise ConfigError(f"{self._name}:{line}", f"key {key!r} is given twice")
            found[str(key)] = self.value(value_node, (*path, str(key)))
            self._lines[(*path, str(key))] = line
        return found


def _yaml_place(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{name}:{mark.line + 1}" if mark is not None else name


def _yaml_reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
