"""What tests of plots read of an SVG: the page of an example, its marks and its texts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache

from harness.report.plots import render
from tests.harness.report.plots.examples import EXAMPLES

SVG = "{http://www.w3.org/2000/svg}"


@cache
def page(name: str) -> str:
    """The example of a plot as SVG for a page."""
    return render.inlined(name, EXAMPLES[name](), "p-")


def tree(name: str) -> ET.Element:
    return ET.fromstring(page(name))


def marks(root: ET.Element) -> list[ET.Element]:
    return [one for one in root.iter() if one.get("data-row") is not None]


def texts(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
