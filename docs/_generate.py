"""Reference pages made from the code whenever the site is built: they never go out of date.

A hook of MkDocs (`on_files`); `pages()` alone is what the tests read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from harness.cli import main  # noqa: F401 - it registers every command
from harness.cli.app import app
from harness.config import cluster, suite
from harness.outcome import EXIT_CODES
from harness.report import schema
from kernels import listing
from kernels.contract import parameters


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference pages."""
    for name, text in pages().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def pages() -> dict[str, str]:
    """The text of each page, by its name."""
    return {
        "commands": "\n".join(_commands()),
        "kernels": "\n".join(_kernels()),
        "suite": "\n".join(_keys("Suite files", suite.Suite)),
        "cluster": "\n".join(_keys("Cluster file", cluster.ClusterFile)),
        "exit-codes": "\n".join(_exit_codes()),
        "schemas": "\n".join(_schemas()),
    }


_KINDS: Final = {
    "string": "text", "integer": "integer", "number": "number", "boolean": "true or false"
}  # fmt: skip
_CODE: Final = re.compile(r"(`[^`]*`)")


def _row(*cells: object) -> str:
    return "| " + " | ".join(_cell(str(one)) for one in cells) + " |"


def _cell(text: str) -> str:
    """Text in a cell; within code nothing is escaped but what ends a cell."""
    parts = _CODE.split(text.replace("``", "`").replace("|", "\\|").replace("\n", " "))
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;") for p in parts)


def _table(*head: str) -> list[str]:
    return [_row(*head), _row(*("---" for _ in head))]


def _commands() -> Iterator[str]:
    yield "# Commands\n\nEvery command has `--help`.\n"
    yield from _of_group(typer.main.get_command(app), "qyran")


def _of_group(group: Any, prefix: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        words = f"{prefix} {name}"
        if hasattr(command, "commands"):
            yield f"## {words}\n\n{command.help or ''}\n"
            yield from _of_group(command, words)
            continue
        yield f"## {words}\n\n{command.help or ''}\n"
        yield from _table("argument or flag", "meaning", "default")
        for one in command.params:
            flags = ", ".join(f"`{flag}`" for flag in (*one.opts, *one.secondary_opts))
            silent = one.default in (None, False, ()) or callable(one.default)
            default = "" if silent else one.default
            yield _row(flags, (getattr(one, "help", "") or "").replace("\\[", "["), default)
        yield ""


def _kernels() -> Iterator[str]:
    yield "# Kernels\n"
    for name in listing.names():
        kernel = listing.load(name)
        yield f"## {name}\n\n{kernel.title} (group `{listing.group(name)}`).\n"
        yield f"Verified: {_cell(kernel.verification)}.\n"
        yield from _table("parameter", "default", "unit", "meaning")
        for one in parameters(kernel):
            yield _row(f"`{one.name}`", one.default, one.unit, one.help)
        yield ""


def _keys(title: str, model: Any) -> Iterator[str]:
    """The keys of a file, a section for each part of it, from its JSON Schema."""
    whole = model.model_json_schema(by_alias=True)
    yield f"# {title}\n"
    for name, part in ({model.__name__: whole} | whole.get("$defs", {})).items():
        yield f"## {name}\n\n{part.get('description', '')}\n"
        yield from _table("key", "kind", "default", "meaning")
        for key, one in part.get("properties", {}).items():
            default = "needed" if key in part.get("required", ()) else _default(one)
            yield _row(f"`{key}`", _kind(one), default, one.get("description", ""))
        yield ""


def _default(one: dict[str, Any]) -> str:
    """As it would be typed; nothing for what is empty, or has a section with its defaults."""
    value = one.get("default")
    return "" if value in (None, "", [], {}) or "$ref" in one else f"`{json.dumps(value)}`"


def _kind(one: dict[str, Any]) -> str:
    """In the words of YAML: ``list of Case``, ``mapping of names to Cluster``, ``text``."""
    if "$ref" in one:
        return str(one["$ref"]).rpartition("/")[2]
    if "enum" in one:
        return " or ".join(f"`{each}`" for each in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    several = [_kind(each) for each in one.get("anyOf", ()) if each.get("type") != "null"]
    if several:
        return " or ".join(dict.fromkeys(several))
    parts = {"array": ("list", "of", "items"),
             "object": ("mapping", "of names to", "additionalProperties")}  # fmt: skip
    if one.get("type") in parts:
        name, of, key = parts[one["type"]]
        inner = one.get(key)
        known = _kind(inner) if isinstance(inner, dict) and inner else ""
        return f"{name} {of} {known}" if known not in ("", "any") else name
    return _KINDS.get(str(one.get("type")), "any")


def _exit_codes() -> Iterator[str]:
    yield "# Exit codes\n"
    yield from _table("outcome of a case", "exit code")
    for outcome, code in EXIT_CODES.items():
        yield _row(f"`{outcome}`", code)
    yield "\nUsage or configuration: 2. A corrupt file: 5. Interrupted: 130."
    yield "A run ends with the code of its worst case."


def _schemas() -> Iterator[str]:
    yield "# Schemas\n\nWhat `--json` prints, in `harness/report/schemas/`.\n"
    yield from _table("file", "what it describes")
    for one in schema.ALL:
        yield _row(f"`{schema.file(one).name}`", (one.__doc__ or "").strip().splitlines()[0])
