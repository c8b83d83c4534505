"""What to do about a file of measurements that cannot be read as it is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

LONGEST: Final = 255
"""Characters of a name; no host name is longer."""
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def of_name(name: str) -> str:
    """What is wrong with a name that would be printed, "" for nothing."""
    if len(name) > LONGEST:
        return f"has {len(name)} characters, {LONGEST} at most"
    strange = next((one for one in name if not one.isprintable()), None)
    return "" if strange is None else f"has the character {strange!r}, which cannot be printed"


def of_value(value: object) -> str:
    """What to write in place of a value that is no number, "" where nobody can tell."""
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if re.fullmatch(r"[-+]?\d{1,3},\d{3}", text):
        whole, part = text.split(",")
        return f"a point and no comma: {whole}{part} or {whole}.{part}"
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?[\d_]+(\.\d+)?", text):
        return f"no separators between digits: {text.replace(',', '').replace('_', '')}"
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return f"a point, no comma: {text.replace(',', '.')}"
    if said := re.fullmatch(r"([-+\d.eE]+)\s*([^\d\s].*)", text):
        return f"the number alone, {said[1]}; its unit belongs into the column unit"
    return ""


def of_head(head: str) -> str:
    """What to do about a first line without the columns that are needed."""
    for sign, called in _SEPARATORS.items():
        if head.count(sign) >= 2 and head.count(",") < 2:
            return f"columns are separated by commas, here by {called}"
    return 'the first line names the columns; docs/accept.md, "The file", has an example'


def undecodable(path: Path) -> tuple[str, str]:
    """Where a file is no UTF-8 text, as ``fleet.csv:12``, and how to make it so."""
    name = shlex.quote(str(path))
    try:
        content = path.read_bytes()
    except OSError:  # a pipe that was read already
        return str(path), ""
    if content.startswith(_UTF16):
        return str(path), f"iconv -f UTF-16 -t UTF-8 {name} > utf8.csv"
    if b"\0" in content:  # no text in any encoding
        return str(path), ""
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return f"{path}:{number}", f"iconv -f ISO-8859-1 -t UTF-8 {name} > utf8.csv"
    return str(path), ""
