"""From the SVG that matplotlib writes to one that can stand in a page, or alone.

What is changed: the rule for all elements of the page goes; styles become attributes, which a page
that allows no inline style still draws; ids that nothing refers to go, the others get a prefix;
marks of data carry ``data-row``; there is a title and a description; colours are variables.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.report.plots import palette

HALO: Final = "halo"
HALO_PX: Final = 3.0
_MARKS: Final = "marks:"
_SVG: Final = "{http://www.w3.org/2000/svg}"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_TURNED: Final = re.compile(r"^rotate\(-?0(\.0*)? ")
_SPACE: Final = re.compile(r"\s+")
_FONT: Final = "DejaVu Sans, Verdana, Arial, sans-serif"


@dataclass(frozen=True)
class About:
    """Title and description of a picture, and the prefix of its ids."""

    title: str
    description: str
    prefix: str


def marks(rows: Iterable[int]) -> str:
    """What an artist carries as its gid, so that its elements get their rows."""
    return _MARKS + ",".join(map(str, rows))


def themed(text: str, about: About) -> str:
    """For a page: colours are variables, the font is the page's."""
    root = _cleaned(text, about)
    for element in root.iter():
        for name in ("fill", "stroke"):
            colour = element.get(name, "")
            element.set(name, palette.VARIABLES[colour]) if colour in palette.VARIABLES else None
    return _text(root)


def alone(text: str, about: About) -> str:
    """For a file of its own."""
    root = _cleaned(text, about)
    root.set("font-family", _FONT)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_text(root)}\n'


def _cleaned(text: str, about: About) -> ET.Element:
    root = ET.fromstring(text)  # noqa: S314 - written by matplotlib a moment ago
    for element in list(root):
        if element.tag == f"{_SVG}metadata" or element.find(f"{_SVG}style") is not None:
            root.remove(element)
    for element in root.iter():
        _unstyle(element)
        _tidy(element)
        _mark(element)
    _name(root, about.prefix)
    _frame(root, about)
    return root


def _unstyle(element: ET.Element) -> None:
    """Properties become attributes; those of fonts are left to the root, but size and weight."""
    for one in element.attrib.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in one.partition(":"))
        if name and name not in ("font-family", "font-variant", "font-stretch"):
            element.set(name, value)


def _tidy(element: ET.Element) -> None:
    if _TURNED.match(element.get("transform", "")):
        del element.attrib["transform"]
    if "d" in element.attrib:
        element.set("d", _SPACE.sub(" ", element.attrib["d"]).strip())
    if element.get("id") == HALO:
        for text in element.iter(f"{_SVG}text"):
            text.set("paint-order", "stroke")
            text.set("stroke", palette.PAPER)
            text.set("stroke-width", f"{HALO_PX:g}")
            text.set("stroke-linejoin", "round")


def _mark(element: ET.Element) -> None:
    """The rows of an artist go to its dots, or to itself where it is one thing."""
    if not element.get("id", "").startswith(_MARKS):
        return
    rows = element.attrib.pop("id").removeprefix(_MARKS).split(",")
    found = list(element.iter(f"{_SVG}use")) or [element]
    if len(found) != len(rows):
        raise ValueError(f"{len(rows)} rows are shown by {len(found)} marks")
    for one, row in zip(found, rows, strict=True):
        one.set("class", "mark")
        one.set("data-row", row)


def _name(root: ET.Element, prefix: str) -> None:
    """Ids that something refers to get the prefix, the others go."""
    elements = list(root.iter())
    used = {name for element in elements for name in _referred(element)}
    for element in elements:
        if element.get("id") in used:
            element.set("id", prefix + element.attrib["id"])
        else:
            element.attrib.pop("id", None)
        for name, value in list(element.attrib.items()):
            element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
        if _HREF in element.attrib:
            target = element.attrib.pop(_HREF).removeprefix("#")
            element.set("href", f"#{prefix}{target}")


def _referred(element: ET.Element) -> Sequence[str]:
    found = [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]
    return [*found, element.get(_HREF, "").removeprefix("#")]


def _frame(root: ET.Element, about: About) -> None:
    """Size in px, a role, a title and a description."""
    for name in ("width", "height"):
        root.set(name, root.attrib[name].removesuffix("pt"))
    root.attrib.pop("version", None)
    root.set("class", "plot")
    root.set("role", "img")
    root.set("stroke-linejoin", "round")
    root.set("aria-labelledby", f"{about.prefix}title {about.prefix}desc")
    for i, (name, words) in enumerate((("title", about.title), ("desc", about.description))):
        element = ET.Element(f"{_SVG}{name}", {"id": f"{about.prefix}{name}"})
        element.text = words
        root.insert(i, element)


def _text(root: ET.Element) -> str:
    for element in root.iter():  # matplotlib's line breaks; those between words are kept
        if element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    ET.register_namespace("", _SVG.strip("{}"))
    return ET.tostring(root, encoding="unicode")
